"""The service: the command line, the journey through all stages, and the scoring endpoint behind the gate.

In: a request for one person and one purpose, or a command.
Out: a score with its reasons, or a refusal that says which rule refused; each is in the ledger before it leaves.
Callers: practitioner systems over HTTP, analysts and operators through `sentinel`; no package imports this one.
"""
