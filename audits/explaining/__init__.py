"""Explaining: which indicators move a score, over everybody and for one child, in words.

In: a model and its rows.
Out: shares with intervals, examples that are nobody, reasons.
Callers: outsiders through `reasons`; the rooms below.
"""
