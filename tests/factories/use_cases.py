"""Use cases and indicators with ordinary values where a test says nothing."""

from typing import Any

from features.catalogue import Indicator
from features.use_cases import UseCase


def indicator(name: str = "incidents", **said: Any) -> Indicator:
    """Return an indicator: a count of the person's own police incidents, unless the test says otherwise."""
    ordinary = {
        "name": name,
        "plain": f"Times something happened ({name})",
        "unit": "times",
        "sources": ["police"],
        "events": {"types": ["incident"]},
        "measure": "count",
        "kind": "risk",
        "direction": "raises",
        "missing": "nothing was recorded",
        "why_fair": "recorded in the same way for everyone in the county",
    }
    return Indicator.model_validate(ordinary | said)


def use_case(**said: Any) -> UseCase:
    """Return a use case about everyone, looking on three dates, unless the test says otherwise."""
    ordinary = {
        "name": "early_help_offer",
        "title": "Who would gain from an offer of early help",
        "purpose": "early_help",
        "tier": "secondary",
        "help_offered": "A conversation with a family worker",
        "cohort": {"plain": "Every child the hub knows"},
        "as_of": {"kind": "dates", "dates": ["2023-01-01", "2023-07-01", "2024-01-01"]},
        "outcome": {
            "plain": "A child in need episode began",
            "events": {"types": ["cin_start"]},
            "decided_by": "a social work manager",
            "known_bias": "a referral is a service's act",
        },
        "horizon_days": 90,
        "indicators": ["incidents"],
        "simple_rule": {"indicator": "incidents"},
        "capacity": 10,
        "split": {
            "train": {"first": "2023-01-01", "until": "2023-02-01"},
            "choose": {"first": "2023-07-01", "until": "2023-08-01"},
            "test": {"first": "2024-01-01", "until": "2024-02-01"},
        },
        "groups": [{"name": "sex", "plain": "Sex", "column": "person.sex"}],
    }
    return UseCase.model_validate(ordinary | said)
