"""Additive: models that add up one number for each indicator, a logistic regression or a card of points.

In: the terms of such a model, and rows of a matrix.
Out: log-odds, and what each indicator adds to them in closed form; the text that is the model's file.
Callers: the rooms below; other packages meet such a model as any other (`bundle.model`).
"""
