"""Levels: how often each outcome of the framework came, in whom, and what the label truly counts.

In: a snapshot and the outcomes framework.
Out: counts with intervals, small ones withheld, their picture and page; a card of each label.
Callers: outsiders through `label_cards`; the room `leakage` for how late outcomes are recorded.
"""
