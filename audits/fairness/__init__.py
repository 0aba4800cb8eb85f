"""Fairness: rates of each group, differences between groups and what may be said of them.

In: looks: who was offered help, what then happened, and the groups.
Out: rates and comparisons with intervals and verdicts; a check against Fairlearn's own figures.
Callers: rooms of this package only.
"""
