"""Models: a feature set becomes a calibrated LightGBM model in a bundle whose digest is its name.

In: a feature set and its use case (split, capacity, simple rule, seed); or any table, for what never scores anybody.
Out: a model bundle in the workspace and in MLflow, with metrics and their intervals beside simpler ways.
Callers: `audits` judges a bundle; `service` scores with one, after a decision names its digest.
"""
