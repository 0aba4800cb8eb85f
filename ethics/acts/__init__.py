"""Acts: what people do: propose, answer, recommend, decide, withdraw; and whether a decision holds now.

In: who acts, on which proposal, with which words and evidence.
Out: one row with its entry in the ledger, or a refusal that leaves nothing behind.
Callers: outsiders through `approvals`, `proposals`, `decisions` and `verification`; the commands.
"""
