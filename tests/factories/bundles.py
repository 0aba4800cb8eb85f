"""Bundles published without MLflow."""

from typing import Any

from hub.workspace import Workspace
from models.bundle import bundles
from models.bundle.bundles import Bundle, Contents

RUN = {"run_id": "r", "experiment": "e"}


def bundle_facts(**said: Any) -> dict[str, Any]:
    """Return what a bundle says of itself, and what is `said` otherwise."""
    ordinary = {
        "schema_version": bundles.SCHEMA_VERSION,
        "partnership": "example",
        "snapshot": "5" * 64,
        "feature_set": "6" * 64,
        "known_to": "2024-12-31",
        "use_case": "early_help_offer",
        "use_case_digest": "7" * 64,
        "purpose": "early_help",
        "seed": 0,
        "algorithm": "lightgbm",
        "candidate": "small",
        "parameters": {"learning_rate": 0.05, "num_leaves": 31, "monotone_constraints": [1, 0]},
        "rounds": 10,
        "never_missing": [],
        "libraries": {"python": "3.11"},
        "splits": {
            "train": ["2021-01-01"],
            "choose": ["2022-01-01"],
            "test": ["2023-01-01"],
            "dropped": [{"as_of_date": "2024-01-01", "reason": "its horizon is not complete in the snapshot"}],
        },
    }
    return ordinary | said


def published(workspace: Workspace, contents: Contents, *, by: str = "ana") -> Bundle:
    """Publish what a training gave."""
    return bundles.publish(workspace, contents, trained_by=by, run=RUN)


def update_facts(**said: Any) -> dict[str, Any]:
    """Return what a bundle says of how it came from an earlier one, and what is `said` otherwise."""
    figure = {"value": 0.1, "low": 0.0, "high": 0.2, "n": 900, "unit": ""}
    ordinary = {
        "asked": "auto",
        "step": "intercept",
        "closed_test": "intercept",
        "why": "Of 900 rows of 400 families: that nothing need change is rejected.",
        "tests": [{"step": "nothing", "statistic": 9.5, "degrees": 4, "design_effect": 1.25, "p": 0.01}],
        "rows": 900,
        "families": 400,
        "families_with_outcome": 60,
        "terms": 2,
        "intercept": figure,
        "slope": figure,
        "order": {"unchanged": True, "rows": 2000, "dates": 4, "moved": 0, "places": 160, "places_kept": 160},
        "earlier": {"bundles": ["8" * 64], "feature_sets": ["6" * 64], "snapshots": ["5" * 64]},
    }
    return ordinary | said
