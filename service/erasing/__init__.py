"""Erasing: a person taken out of every package's artefacts, in one order, and the record of it.

In: whom, who asks, why.
Out: what was written anew, and what had to be withdrawn.
Callers: `service.commands`.
"""
