"""Kernel: all windows, types and measures of all dates of a person, in one pass of compiled code.

In: a person's events, sorted and coded, and the plan of columns.
Out: one row of numbers per (person_id, as_of_date), the same bits in batch, online and on Spark.
Callers: rooms of this package; kernels of other packages are compiled as this one is, by `compilation`.
"""
