"""Indicators: a snapshot becomes one row of explained numbers for each (person_id, as_of_date).

In: a published snapshot, `indicators.yaml` and one use case.
Out: a feature set (matrix and audit groups, as Parquet with a manifest of digests), or one child's vector online.
Callers: `models`, `audits` and `service` read feature sets and vectors; nothing here reads the identity store.
"""
