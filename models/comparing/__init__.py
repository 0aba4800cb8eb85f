"""Comparing: several bundles beside each other, and what would change for whom if another one were used.

In: published bundles, and the feature sets that they were tested on.
Out: paired differences, who is on which list, by group, with small numbers withheld; one page.
Callers: the room `commands`.
"""
