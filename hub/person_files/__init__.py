"""Person files: any files of people, linked by a mapping outside a partnership, with nothing left behind.

In: CSV, workbook or Parquet files and a mapping of their columns.
Out: each row with the number of its person, and how the linkage went.
Callers: the commands of the hub.
"""
