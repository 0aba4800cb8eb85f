"""Rules: the table of states and moves, what each move needs, who may do what, the canvas, the policy. Pure.

In: values.
Out: values, or the rule that refuses.
Callers: outsiders through `canvas` and `policy`; every room below.
"""
