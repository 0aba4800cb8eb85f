"""Documentation: the pages that are generated from the code, so that they cannot say anything else than it does.

In: declarations, command lines, tables and lists of every package.
Out: the files under `docs/` that begin with a note that they are generated.
Callers: `make docs` and `make check`.
"""
