"""The gate: what must be true, at this moment, before anything is scored for a purpose, and who may be told why.

In: a purpose and the moment; the ledger, the published artefacts and the partnership's files.
Out: what a score may use, each part read once and checked by its digest, or the rule that refuses.
Callers: `service.scoring`, through `gate` and `audience`.
"""
