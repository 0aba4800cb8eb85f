"""Fitting: from a feature set to a published bundle: opponents, candidates, the choice, calibration, figures.

In: a feature set, a use case, a seed; or a bundle that is made again.
Out: one training: bundle, figures, pictures, a run in MLflow.
Callers: outsiders through `training`, `fitting` and `baselines`; the commands.
"""
