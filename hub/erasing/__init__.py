"""Erasing: a person is taken out of everything in the workspace, or a delivery is taken back.

In: whom or what, who asks and why.
Out: rewritten artefacts, tombstones that keep a person out, entries in the ledger; a dry run that says what would go.
Callers: outsiders through `erasure`, `rewriting` and `lookup`; the commands of the hub.
"""
