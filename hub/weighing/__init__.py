"""Weighing: how much a pair of records speaks for one person, for strangers, and for brothers and sisters.

In: the table `record` with what the records themselves say of names, days, places and identifiers.
Out: levels of comparisons, blocks, chance, what was learnt, and weights in bits.
Callers: the rooms `linking`, `person_files` and `quality`; no other package.
"""
