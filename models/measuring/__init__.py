"""Measuring: ranks, calibration, figures and thresholds of scores, with intervals.

In: scores, outcomes and weights of resampling.
Out: figures that say their n and their interval, or why there is none.
Callers: outsiders through `metrics` and `thresholds`; the rooms below.
"""
