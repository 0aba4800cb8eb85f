"""Leakage: whatever of the future can be seen in a feature set, each kind looked for by itself.

In: a snapshot, a use case and rows made of them; earlier snapshots, where there are any.
Out: findings with their numbers, or why a check could not be made.
Callers: outsiders through `leaks`; the rooms `batch` and `commands`.
"""
