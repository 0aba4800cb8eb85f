"""Staging: the extracts: what one delivery of one source says, with the day from which each fact was known.

In: mapped rows, and the extracts that a delivery follows.
Out: published extracts, which of them count, how far each source has reported, and what a delivery takes away.
Callers: outsiders through `extracts` and `reporting`; every room of the hub below.
"""
