"""Contributions: what each indicator adds to a model's log-odds, exactly, by a kernel of our own.

In: LightGBM's native text of a model and the booster made from it, and rows of a matrix.
Out: Shapley values that sum to the log-odds; outside the kernel's limits LightGBM's own, and why.
Callers: the rooms below; other packages ask a model for them (`bundle.model`).
"""
