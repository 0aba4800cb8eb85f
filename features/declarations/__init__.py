"""Declarations: the indicators, outcomes and use cases of a partnership, as checked values.

In: `indicators.yaml`, `outcomes.yaml` and `use_cases/`.
Out: the catalogue, cohorts, outcomes, schedules, splits, and what each of them reads.
Callers: outsiders through `catalogue`, `use_cases`, `outcomes`, `validation` and `needs`; every room below.
"""
