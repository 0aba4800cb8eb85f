"""Limits: what the model does not know, where it was not tried, what its data leaves out.

In: a bundle, its feature set, and what they record of leaks, linkage and coverage.
Out: statements with their numbers.
Callers: rooms of this package only.
"""
