"""Linking: which records are one person, from pairs to clusters to people, and how sure that is.

In: the newest extracts' records of identity, and the pairs and people of the linkage before.
Out: the person map and a report: precision and recall where truth is known, by group, and what was set aside.
Callers: outsiders through `linkage`; the rooms `person_files`, `publishing` and `quality`.
"""
