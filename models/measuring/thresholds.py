"""Bands: what a probability suggests, set on the `choose` dates so that offers match the places there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.figures import NotComputed, Stated
from models.measuring.metrics import SMALLEST_CLASS, JudgedRows, ModelAnswers
from models.measuring.ranking import foremost
from models.resampling import RESAMPLES, Floats, bootstrap

OFFER_HELP = "offer_help"
TALK_ABOUT_IT = "talk_about_it"
NO_SUGGESTION = "no_suggestion"
BANDS = (OFFER_HELP, TALK_ABOUT_IT, NO_SUGGESTION)
"""Names of the bands, most need of help first."""

TALK_TIMES = 3
"""The first two bands together hold so many times the capacity."""

LEVEL_RULE = "those who are level at the cut and more than the places left are not suggested"
"""What happens at the cut: offers never exceed the places."""

_PLAIN = {
    OFFER_HELP: "Offer help: among those for whom there are places at each date of looking",
    TALK_ABOUT_IT: f"Talk about it: up to {TALK_TIMES} times as many people as there are places",
    NO_SUGGESTION: "No suggestion from the model; what people know comes first",
}
# Probabilities closer than this are level: the same trees may differ in the last bits on another processor.
_LEVEL_DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Two cuts of the calibrated probability; a probability at a cut belongs to the higher band.

    Attributes:
        offer_help: at least this: offer help.
        talk_about_it: at least this: talk about it. Not above `offer_help`.
        capacity: places at each date of looking.
        on_choose: people per date of looking in each band, on `choose`.
        level: rows of `choose` that stand level at the offer cut and are more than the places left: none is offered.
    """

    offer_help: float
    talk_about_it: float
    capacity: int
    on_choose: Mapping[str, float]
    level: int = 0

    def codes(self, probabilities: Floats) -> np.ndarray[Any, np.dtype[np.intp]]:
        """Return the index in BANDS of each probability."""
        return np.where(probabilities >= self.offer_help, 0, np.where(probabilities >= self.talk_about_it, 1, 2))

    def bands(self, probabilities: Floats) -> list[str]:
        """Return the band of each probability."""
        return [BANDS[code] for code in self.codes(probabilities)]

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form: bands in order, each with its lower cut and plain words."""
        cuts = {OFFER_HELP: self.offer_help, TALK_ABOUT_IT: self.talk_about_it, NO_SUGGESTION: 0.0}
        bands = [
            {"name": name, "plain": _PLAIN[name], "at_least": cuts[name], "on_choose_per_date": self.on_choose[name]}
            for name in BANDS
        ]
        return {
            "bands": bands,
            "capacity": self.capacity,
            "set_on": "choose",
            "level_at_cut": self.level,
            "rule_for_level": LEVEL_RULE,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Thresholds":
        """Return the thresholds whose JSON form is `value`."""
        by_name = {band["name"]: band for band in value["bands"]}
        return cls(
            float(by_name[OFFER_HELP]["at_least"]),
            float(by_name[TALK_ABOUT_IT]["at_least"]),
            int(value["capacity"]),
            {name: float(by_name[name]["on_choose_per_date"]) for name in BANDS},
            int(value["level_at_cut"]),
        )


def cut(probabilities: Floats, places: int) -> float:
    """Return the lowest cut at which no more than `places` people are at or above it.

    It lies midway between two neighbouring probabilities. People who are level are never parted: where they are more
    than the places left, none of them is taken in, so that offers never exceed the places. Where already the foremost
    are, the cut is 1, which nobody reaches: a model that tells nobody apart suggests nobody. When there are places for
    everyone, the cut is 0.

    Args:
        probabilities: calibrated, one a row; at least one.
        places: how many offers there are over all these rows; at least 1.
    """
    values, counts = np.unique(np.round(probabilities, _LEVEL_DECIMALS), return_counts=True)
    at_or_above = np.cumsum(counts[::-1])[::-1]
    fitting = np.flatnonzero(at_or_above <= places)
    if not len(fitting):
        return 1.0
    first = int(fitting[0])
    return 0.0 if first == 0 else float((values[first - 1] + values[first]) / 2)


def fit(probabilities: Floats, dates: int, capacity: int) -> Thresholds:
    """Set both cuts, so that the average date to choose on has `capacity` (three times: `TALK_TIMES`) people.

    Args:
        probabilities: calibrated, of all looks of these dates.
        dates: how many as-of dates they come from.
        capacity: places at each date.
    """
    offer = cut(probabilities, capacity * dates)
    talk = cut(probabilities, TALK_TIMES * capacity * dates)
    below = np.round(probabilities[probabilities < offer], _LEVEL_DECIMALS)
    level = int((below == below.max()).sum()) if len(below) else 0
    left = capacity * dates - int((probabilities >= offer).sum())
    found = Thresholds(offer, talk, capacity, {})
    counts = np.bincount(found.codes(probabilities), minlength=len(BANDS))
    per_date = {name: round(float(count) / dates, 6) for name, count in zip(BANDS, counts, strict=True)}
    return Thresholds(offer, talk, capacity, per_date, level if 0 < left < level else 0)


def by_date(
    case: JudgedRows, thresholds: Thresholds, judged: ModelAnswers, days: Sequence[str]
) -> list[dict[str, Any]]:
    """Return, for each date, who is above the cut beside who would be offered the places one by one.

    Figures "at capacity" are about the first of each date, as many as there are places; those of bands are about all
    above a cut that was set on other dates. `both` says how far they are the same rows; of rows that are level at the
    last place, the earlier in the matrix is counted.

    Returns:
        One entry a date: `as_of_date`, `rows`, `places`, `offered` (above the cut), `both`.
    """
    above = thresholds.codes(judged.certain) == 0
    with_place = foremost(judged.scores, case.dates, case.capacity)
    found = []
    for code, day in enumerate(days):
        here = np.flatnonzero(case.dates == code)
        first = with_place[case.dates[with_place] == code]
        found.append(
            {
                "as_of_date": day,
                "rows": len(here),
                "places": min(case.capacity, len(here)),
                "offered": int(above[here].sum()),
                "both": int(above[first].sum()),
            }
        )
    return found


def measure(
    case: JudgedRows, thresholds: Thresholds, probabilities: Floats, *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, dict[str, Stated]]:
    """Say what the cuts, set on `choose`, did on other dates.

    Returns:
        For each band: `per_date` (people per date of looking), `with_outcome` (share of the band with the outcome, n:
        rows in the band) and `of_outcomes` (share of all with the outcome who are in it, n: all with it).
    """
    codes = thresholds.codes(probabilities)
    inside = [(codes == code).astype(np.float64) for code in range(len(BANDS))]
    dates = len(np.unique(case.dates))

    def statistic(weights: Floats) -> dict[str, Floats]:
        found = {}
        positives = weights @ case.outcomes
        with np.errstate(invalid="ignore", divide="ignore"):
            for name, one in zip(BANDS, inside, strict=True):
                members, reached = weights @ one, weights @ (one * case.outcomes)
                found[f"{name}.per_date"] = members / dates
                found[f"{name}.with_outcome"] = reached / members
                found[f"{name}.of_outcomes"] = reached / positives
        return found

    estimates = bootstrap(statistic, case.families, resamples=resamples, seed=seed)
    figures: dict[str, dict[str, Stated]] = {}
    for name, one in zip(BANDS, inside, strict=True):
        sizes = {"per_date": len(codes), "with_outcome": int(one.sum()), "of_outcomes": int(case.outcomes.sum())}
        figures[name] = {
            key: NotComputed(n, f"fewer than {SMALLEST_CLASS}")
            if n < SMALLEST_CLASS
            else estimates[f"{name}.{key}"].stated(n, "nobody is in it", "people" if key == "per_date" else "")
            for key, n in sizes.items()
        }
    return figures
