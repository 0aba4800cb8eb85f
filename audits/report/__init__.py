"""Report: the evidence as a page that needs nothing else, with pictures and the same numbers in tables.

In: evidence.
Out: HTML.
Callers: rooms of this package only.
"""
