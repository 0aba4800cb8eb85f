"""How good the model is beside the simple rule, as it may leave: the bundle's own figures on the test dates."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from audits import disclosure
from audits.disclosure import SMALLEST, WITHHELD
from audits.fairness.by_group import stated
from audits.limits import calibration
from audits.looks import Looks
from audits.phrases import SMALL_NUMBERS, inside
from features.declarations.catalogue import Indicator
from hub.figures import Figure, from_json
from models.bundle.bundles import Bundle
from models.fitting.baselines import LOGISTIC_REGRESSION, SIMPLE_RULE
from models.fitting.fitting import MODEL
from models.measuring.metrics import HEADLINE, METRICS, ORDER_METRICS
from models.measuring.thresholds import BANDS

MODELS = {MODEL: "The model", SIMPLE_RULE: "The simple rule", LOGISTIC_REGRESSION: "A logistic regression"}
_SHARES = ("precision_at_capacity", "recall_at_capacity")


def as_json(bundle: Bundle, looks: Looks) -> dict[str, Any]:
    """Return the figures of the model and the two simpler ones, the bands, and whether the probabilities hold."""
    return {
        "verdict": bundle.verdict,
        "verdict_on": HEADLINE,
        "simple_rule": simple_rule(bundle),
        "figures": [_metric(bundle, name, looks.matrix.day_count) for name in METRICS],
        "bands": _bands(bundle, looks),
        "calibration": [
            one.as_json() for one in calibration.steps(looks.probabilities, looks.outcome, looks.matrix.people)
        ],
        "dates": _dates(looks),
    }


def simple_rule(bundle: Bundle) -> str:
    """Return the simple rule in plain words."""
    rule = bundle.use_case.simple_rule
    indicator: Indicator = next(one for one in bundle.indicators if one.name == rule.indicator)
    return f"{'highest' if rule.highest_first else 'lowest'} first: {inside(indicator.plain)}"


def _metric(bundle: Bundle, name: str, dates: int) -> dict[str, Any]:
    found = {model: bundle.figure(name, model) for model in MODELS}
    shown = {model: name not in _SHARES or _may_show_shares(bundle, model, dates) for model in found}
    differences = {
        other: stated(bundle.difference(name, other), shown=shown[MODEL] and shown[other])
        for other in (SIMPLE_RULE, LOGISTIC_REGRESSION)
        if name in ORDER_METRICS
    }
    return {
        "name": name,
        "plain": METRICS[name],
        "is_share": name in _SHARES,
        "models": {model: stated(figure, shown=shown[model]) for model, figure in found.items()},
        "differences": differences,
    }


def _may_show_shares(bundle: Bundle, model: str, dates: int) -> bool:
    """Say whether both shares of a model's offers may leave; each could be worked out from the other.

    10 looks a date are surely 10 people. Counted are those whom offers reach, offers that reach others, and those whom
    no offer reaches.
    """
    precision, recall = (bundle.figure(name, model) for name in _SHARES)
    if not isinstance(precision, Figure) or not isinstance(recall, Figure):
        return True
    reached = precision.value * precision.n
    counts = (reached, precision.n - reached, recall.n - reached)
    return disclosure.may_show_rate(*sorted(int(one / dates + 1e-6) for one in counts)[:2])


def _bands(bundle: Bundle, looks: Looks) -> list[dict[str, Any]]:
    inside_band = [looks.bands == name for name in BANDS]
    people = [
        [looks.people_where(rows & looks.outcome), looks.people_where(rows & ~looks.outcome)] for rows in inside_band
    ]
    size = [looks.people_where(rows) for rows in inside_band]
    held = disclosure.held_back(np.array(people), np.array(size)) or (True,) * len(BANDS)
    sizes = disclosure.sizes(size, held) if not all(held) else (WITHHELD,) * len(BANDS)
    plain: Mapping[str, str] = {band["name"]: band["plain"] for band in bundle.thresholds.as_json()["bands"]}
    return [
        {
            "name": name,
            "plain": plain[name],
            "people": shown_size,
            "per_date": stated(from_json(bundle.metrics["bands"][name]["per_date"]), shown=not back),
            "with_outcome": stated(from_json(bundle.metrics["bands"][name]["with_outcome"]), shown=not back),
        }
        for name, back, shown_size in zip(BANDS, held, sizes, strict=True)
    ]


def _dates(looks: Looks) -> list[dict[str, Any]]:
    """Return, for each test date, how many looks there were and after how many the outcome followed."""
    days, code = np.unique(looks.matrix.days, return_inverse=True)
    size = np.bincount(code)
    with_it = np.bincount(code, weights=looks.outcome).astype(np.int64)
    held = disclosure.held_back(np.column_stack([with_it, size - with_it]), size)
    return [
        {
            "as_of_date": str(day),
            "looks": int(many) if held is not None and many >= SMALLEST else SMALL_NUMBERS,
            "with_outcome": SMALL_NUMBERS if held is None or back else int(outcomes),
        }
        for day, many, outcomes, back in zip(days, size, with_it, held or [True] * len(days), strict=True)
    ]
