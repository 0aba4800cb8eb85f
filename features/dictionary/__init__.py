"""Dictionary: every indicator in plain words, with its law, windows, danger and where it is used.

In: the catalogue and the use cases.
Out: sentences and records for pages and commands.
Callers: rooms of this package only.
"""
