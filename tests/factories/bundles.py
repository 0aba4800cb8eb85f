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
