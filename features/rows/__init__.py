"""Rows: who is looked at when, with indicators, outcome, groups and coverage: what a feature set holds.

In: a snapshot and a use case.
Out: partitions of people, rows of them, and the way to open a published feature set.
Callers: outsiders through `feature_sets`; every room below.
"""
