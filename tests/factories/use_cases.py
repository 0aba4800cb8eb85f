"""Use cases and indicators with ordinary values where a test says nothing."""

from typing import Any

from features.declarations.catalogue import Indicator
from features.declarations.outcomes import Framework, Headline, Outcome
from features.declarations.use_cases import UseCase

SINCE = {"since": "2010-01-01", "why": "records of this kind begin in 2010"}


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


def outcome(name: str = "began_social_work_help", **said: Any) -> Outcome:
    """Return an outcome with its label card: a child in need episode begins, unless the test says otherwise."""
    ordinary = {
        "name": name,
        "title": "Children who began to have help",
        "plain": "A child in need episode began",
        "headline": "children_safe_from_abuse_and_exploitation",
        "better_when": "fewer",
        "events": {"types": ["cin_start"]},
        "decided_by": "a social work manager",
        "known_bias": "a referral is a service's act",
    }
    return Outcome.model_validate(ordinary | SINCE | said)


def framework(*outcomes: Outcome, purpose: str = "early_help") -> Framework:
    """Return a framework of these outcomes; the other headlines are not measured."""
    measured = {one.headline for one in outcomes}
    left = {one: "no source of the test tells of it" for one in Headline if one not in measured}
    return Framework(purpose=purpose, outcomes=outcomes, not_measured=left)


def files(found: UseCase) -> dict[str, Any]:
    """Return what stands in a partnership's files for a use case: its own file and outcomes.yaml, by path."""
    written = found.model_dump(mode="json", exclude_defaults=True)
    return {
        f"use_cases/{found.name}.yaml": written | {"outcome": found.outcome.name, "indicators": found.indicator_names},
        "outcomes.yaml": framework(found.outcome, purpose=found.purpose).model_dump(mode="json", exclude_defaults=True),
    }


def use_case(**said: Any) -> UseCase:
    """Return a use case about everyone, looking on three dates, unless the test says otherwise."""
    ordinary = {
        "name": "early_help_offer",
        "title": "Who would gain from an offer of early help",
        "purpose": "early_help",
        "tier": "secondary",
        "help_offered": "A conversation with a family worker",
        "cohort": SINCE | said.pop("cohort", {"plain": "Every child the hub knows"}),
        "as_of": {"kind": "dates", "dates": ["2023-01-01", "2023-07-01", "2024-01-01"]},
        "outcome": outcome(),
        "horizon_days": 90,
        "indicators": [indicator()],
        "simple_rule": {"indicator": "incidents"},
        "capacity": 10,
        "validation": {
            "train": {"first": "2023-01-01", "until": "2023-02-01"},
            "choose": {"first": "2023-07-01", "until": "2023-08-01"},
            "test": {"first": "2024-01-01", "until": "2024-02-01"},
        },
        "groups": [{"name": "sex", "plain": "Sex", "column": "person.sex"}],
    }
    return UseCase.model_validate(ordinary | said)
