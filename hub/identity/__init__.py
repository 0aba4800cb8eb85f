"""Identity: what names people, kept in one place that only the hub opens, and the pseudonyms that go out instead.

In: names, dates of birth and identifiers of agencies, from `intake`; who is one person, from `linking`.
Out: keyed pseudonyms, the person map and its history.
Callers: rooms of the hub only; no other package.
"""
