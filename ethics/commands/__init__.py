"""Commands: `sentinel ethics` and `sentinel ledger`.

In: the words of a command line.
Out: tables for people or JSON for scripts, and an exit code.
Callers: `service.commands`.
"""
