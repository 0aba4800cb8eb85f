"""Record: trainings in MLflow, for people who compare them; nothing is ever approved or loaded from there.

In: a published bundle and its figures.
Out: runs, their files and tags.
Callers: outsiders through `tracking`; the rooms `fitting` and `commands`.
"""
