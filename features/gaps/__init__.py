"""Gaps: what a use case could read and may not, what ends soon, what is missing, and for which need.

In: the partnership's gateways, sources, outcomes and use cases, and a day.
Out: a record of gaps, its picture and its page.
Callers: rooms of this package only.
"""
