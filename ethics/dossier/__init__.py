"""Dossier: everything about one proposal, for whoever has to read it.

In: a proposal.
Out: plain values, and text for people.
Callers: rooms of this package only.
"""
