"""Batch: a whole feature set, built part by part on one machine or on Spark, and published.

In: a snapshot, a use case, and the day on which its gateways must hold.
Out: a published feature set; or a refusal that says why.
Callers: outsiders through `matrix` and `erasure`; the rooms `online` and `commands`.
"""
