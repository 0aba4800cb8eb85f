"""What must hold before a model is held against newer rows."""

import datetime
from typing import Any

from features.declarations.use_cases import UseCase
from features.rows.feature_sets import FeatureSet
from hub.errors import ConfigurationError, StateError
from hub.yaml_documents import Document
from models.bundle.bundles import Bundle
from models.fitting.parted import Parted

_SAME = {
    "name": "name",
    "purpose": "purpose",
    "cohort": "rule of who is eligible",
    "outcome": "outcome",
    "horizon_days": "horizon",
    "indicators": "indicators",
}
"""What must be as it was, for the old model to mean the same: dates, places and groups may have changed."""
_WORDS = {"plain", "title", "why", "why_fair", "proxy_danger", "missing", "known_bias"}
"""Words for readers, which may be put better."""


def require_same_meaning(old: Bundle, feature_set: FeatureSet) -> None:
    """Check that the old model means the same for the newer rows.

    Raises:
        ConfigurationError: it names what is otherwise.
    """
    before, now = old.use_case, feature_set.use_case
    said = [words for name, words in _SAME.items() if _meaning(before, name) != _meaning(now, name)]
    if old.facts.partnership != feature_set.facts.partnership:
        said.append("partnership")
    if said:
        raise ConfigurationError(
            f"The feature set {feature_set.digest[:12]} is of another {', '.join(said)} than the bundle "
            f"{old.digest[:12]}: what was learned then says nothing of it.",
            "Train anew, or build the feature set for the use case as it was.",
        )


def _meaning(use_case: UseCase, name: str) -> Any:
    """Return a part of a use case as plain values, without words for readers."""
    found = getattr(use_case, name)
    several = found if isinstance(found, tuple) else (found,)
    return [one.model_dump(exclude=_WORDS) if isinstance(one, Document) else one for one in several]


def require_not_learned_from(old: Bundle, parted: Parted) -> None:
    """Check that every date of `choose` is later than what the old model learned from, its horizons ended.

    Raises:
        StateError: it names both dates.
    """
    last = max(old.facts.splits.choose)
    free = last + datetime.timedelta(days=old.use_case.horizon_days)
    first = parted.dates.choose[0]
    if first < free:
        raise StateError(
            f"The bundle {old.digest[:12]} learned from outcomes of looks until {last}, which end before {free}; the "
            f"part choose begins on {first}.",
            f"Let `choose` in the use case's `validation` begin on {free} or later, and build the feature set anew.",
        )
