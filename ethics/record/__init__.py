"""The ethics group's record: its rows, and whether each of them is what its entry in the ledger says.

In: the database that the ledger stands in.
Out: rows of proposals, answers, recommendations, decisions and withdrawals, checked against their entries.
Callers: the other rooms of `ethics`, and the command line of the ledger through `verification`.
"""
