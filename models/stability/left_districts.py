"""Each district left out: the model learned from all others, and tested on it (internal-external validation).

    found = districts(subject, "district")

As Steyerberg and Harrell, Journal of Clinical Epidemiology 2016;69:245-7. Beside each figure stands that of the model
that learned from everybody. Which district codes differently, `models.measuring.districts` says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.rows.feature_sets import NOT_RECORDED
from hub.errors import ConfigurationError
from hub.progress import Progress, silent
from models.figures import NotComputed, Stated
from models.fitting.refits import Learner
from models.measuring import calibration
from models.measuring.calibration import sigmoid
from models.measuring.districts import DistrictTest, told_apart
from models.measuring.metrics import SMALLEST_CLASS, JudgedRows
from models.measuring.ranking import TopOfEachDate
from models.resampling import Codes, Floats, bootstrap
from models.stability.subjects import Subject

FIGURES = ("calibration_slope", "observed_to_expected", "recall_at_capacity")
"""Slope: 1 where probabilities are spread as they should be. Ratio: 1 where as many have the outcome as expected."""
_COLUMN = "area.local_authority"
_NO_NUMBER = "no line can be fitted, or nobody has the outcome"


@dataclass(frozen=True, slots=True)
class LeftDistrict:
    """One district.

    Attributes:
        rows: its test rows.
        people: whose they are.
        places: its share of the places of a date, by its share of the rows.
        without: its figures by the model that learned from the others.
        with_everybody: by the model itself.
        apart: whether it codes differently, or why that is not told.
    """

    rows: int
    people: int
    places: int
    without: Mapping[str, Stated]
    with_everybody: Mapping[str, Stated]
    apart: DistrictTest | NotComputed

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        test = self.apart
        told = test.as_json() if isinstance(test, NotComputed) else _told(test)
        return {
            "rows": self.rows,
            "people": self.people,
            "places": self.places,
            "without": {name: one.as_json() for name, one in self.without.items()},
            "with_everybody": {name: one.as_json() for name, one in self.with_everybody.items()},
            "apart": told,
        }


def group_of_districts(subject: Subject, asked: str | None) -> str | None:
    """Return the name of the group that is the district: the one asked for, else the one made of local authorities.

    Raises:
        ConfigurationError: the use case has no group of that name.
    """
    groups = subject.bundle.use_case.groups
    if asked is None:
        return next((one.name for one in groups if one.column == _COLUMN), None)
    if asked not in {one.name for one in groups}:
        known = ", ".join(one.name for one in groups)
        raise ConfigurationError(f"The use case has no group {asked}.", f"Its groups are: {known}.")
    return asked


def districts(subject: Subject, group: str, progress: Progress = silent) -> dict[str, LeftDistrict]:
    """Leave each district out of `train` and `choose`, and test on it the model that learned from the others.

    Args:
        subject: the bundle and its rows.
        group: the group that is the district; rows without one are learned from, and no district.
        progress: told of each refit.
    """
    labels = np.array(subject.feature_set.groups()[group].to_pylist(), dtype=str)
    of = {name: labels[rows] for name, rows in subject.parted.rows.items()}
    known = [str(one) for one in np.unique(of["test"]) if one != NOT_RECORDED]
    rows, seed = subject.rows, subject.bundle.facts.seed
    learn, expected = Learner.of(subject.recipe, rows.train), np.full(len(of["test"]), np.nan)
    for number, name in enumerate(known):
        progress(f"Learning without {name}", number, len(known))
        left, again = (np.flatnonzero(of[part] != name) for part in ("train", "choose"))
        outcomes = rows.train.outcomes[left], rows.choose.outcomes[again]
        if all(len(one) and 0 < one.sum() < len(one) for one in outcomes):
            inside = of["test"] == name
            expected[inside] = learn(left, rows.choose, again, seed=seed).log_odds(rows.test.values[inside])
    asked = np.flatnonzero(~np.isnan(expected))
    place = np.searchsorted(known, of["test"][asked])
    families = subject.case.families[asked]
    told = told_apart(subject.case.outcomes[asked], sigmoid(expected[asked]), place, families) if len(asked) else {}
    no_refit = NotComputed(0, "without it all have one outcome")
    return {
        name: _figures(subject, np.flatnonzero(of["test"] == name), expected, told.get(number, no_refit))
        for number, name in enumerate(known)
    }


def _figures(subject: Subject, inside: Codes, expected: Floats, apart: DistrictTest | NotComputed) -> LeftDistrict:
    part = subject.rows.test.take(inside)
    dates = subject.dates[inside]
    places = max(1, round(subject.capacity * len(inside) / len(subject.dates)))
    case = JudgedRows(part.outcomes, part.people, part.families, np.unique(dates, return_inverse=True)[1], places)
    why = _too_few(case) or ("" if np.isfinite(expected[inside]).all() else "without it all have one outcome")
    if why:
        none = dict.fromkeys(FIGURES, NotComputed(len(inside), why))
        return LeftDistrict(len(inside), part.people_count, places, none, none, NotComputed(len(inside), why))
    seed = subject.bundle.facts.seed
    without, everybody = (_stated(case, one, seed) for one in (expected[inside], subject.log_odds[inside]))
    return LeftDistrict(len(inside), part.people_count, places, without, everybody, apart)


def _too_few(case: JudgedRows) -> str:
    for words, has in (("with", case.outcomes > 0), ("without", case.outcomes == 0)):
        if len(np.unique(case.people[has])) < SMALLEST_CLASS:
            return f"fewer than {SMALLEST_CLASS} people {words} the outcome"
    return ""


def _stated(case: JudgedRows, log_odds: Floats, seed: int) -> dict[str, Stated]:
    top = TopOfEachDate(log_odds, case.outcomes, case.dates, case.capacity)
    probabilities = sigmoid(log_odds)

    def statistic(weights: Floats) -> dict[str, Floats]:
        slope, _ = calibration.line(log_odds, case.outcomes, weights)
        ratio = (weights @ case.outcomes) / (weights @ probabilities)
        _, recall = top.precision_and_recall(weights)
        return dict(zip(FIGURES, (slope, ratio, recall), strict=True))

    found = bootstrap(statistic, case.families, seed=seed)
    sizes = dict.fromkeys(FIGURES, len(case.outcomes)) | {"recall_at_capacity": int(case.outcomes.sum())}
    return {name: one.stated(sizes[name], _NO_NUMBER) for name, one in found.items()}


def _told(test: DistrictTest) -> dict[str, Any]:
    return {
        "observed_to_expected": round(test.ratio, 6),
        "of_the_others": round(test.others, 6),
        "p": round(test.p, 6),
        "codes_differently": test.named,
    }
