"""Tables: any Parquet or CSV file as rows to learn from, without a partnership.

In: two files of one shape, and which of their columns is the outcome, the person, the family, the date, a group.
Out: numbers with the parts of a split, groups apart from them, and everything about the files that must be said.
Callers: `fitting` and the commands.
"""
