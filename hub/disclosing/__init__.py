"""Disclosing: which numbers of people may leave, and which are withheld so that no small one is found out.

In: numbers, and how those that are told together add up.
Out: each of them as it may be shown; the fewest others withheld with the small ones.
Callers: outsiders through `disclosure` and `withheld_cells`; every room of the hub below.
"""
