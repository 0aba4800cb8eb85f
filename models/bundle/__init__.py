"""Bundle: a fitted model as files whose digest is its name.

In: a fitted booster, its calibration, thresholds and record.
Out: a published bundle; and a model that gives probabilities and contributions, opened from checked bytes.
Callers: outsiders through `bundles`, `model` and `trainings`; the rooms below.
"""
