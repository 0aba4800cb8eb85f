"""Commands: `sentinel features` and the parts of `sentinel hub` that read use cases.

In: the words of a command line.
Out: tables for people or JSON for scripts, and an exit code.
Callers: `service.commands`.
"""
