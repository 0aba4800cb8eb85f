"""Stability: what of a published model would be otherwise, had it been learned from other rows or columns.

In: a bundle and the feature set that it was learned from.
Out: figures of refits, with n and bounds, for tables, JSON and pictures; nothing is published.
Callers: the commands of models.
"""
