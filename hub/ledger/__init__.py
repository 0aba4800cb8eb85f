"""The ledger: one append-only chain of everything that was published, decided, scored and refused, anchored outside.

In: what happened, as kind, actor and facts, inside the transaction of whatever record stands above.
Out: entries that are chained and anchored, and whether the chain is still the one that was written.
Callers: every package through `store`, `ledger`, `publications`, `verification` and, for a record's tables, `tables`.
"""
