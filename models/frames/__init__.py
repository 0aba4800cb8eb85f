"""Frames: feature sets, bundles and figures as pandas and scikit-learn know them, for notebooks.

In: a workspace and the digest of a feature set or a bundle.
Out: DataFrames, and a classifier whose answers are the bundle's own; nothing is worked out a second time.
Callers: notebooks and analysts' own code, through `frames`; no other package.
"""
