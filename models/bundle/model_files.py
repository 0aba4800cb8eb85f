"""The files that every trained model leaves, whatever it was trained on, and the figures that its record states."""

import json
from collections.abc import Mapping
from typing import Any

from models import figures
from models.figures import NotComputed, Stated
from models.measuring import observed_expected
from models.measuring.calibration import Calibration
from models.measuring.capacities import AT_CAPACITY, BEST_POSSIBLE
from models.measuring.net_benefit import DIFFERENCE, EVERYBODY
from models.measuring.smooth_calibration import Distance, distance_of
from models.measuring.thresholds import Thresholds
from models.opponents import OPPONENTS

MODEL_FILE = "model.txt"


def model_files(
    text: str,
    calibration: Calibration,
    thresholds: Thresholds,
    metrics: Mapping[str, Any],
    golden: Mapping[str, Any],
) -> dict[str, bytes]:
    """Return the bytes of each file by its name."""
    return {
        MODEL_FILE: text.encode("utf-8"),
        "calibration.json": pretty(calibration.as_json()),
        "thresholds.json": pretty(thresholds.as_json()),
        "metrics.json": pretty(metrics),
        "golden.json": pretty(golden),
    }


def pretty(value: Any) -> bytes:
    """Return a JSON value as a file that people can read: equal values give equal bytes."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")


class StatedFigures:
    """Reads the figures of a record: whatever has `metrics`, as training writes them."""

    metrics: Mapping[str, Any]

    def figure(self, metric: str, model: str = "model") -> Stated:
        """Return a number on the test dates, such as `figure("auc")` or `figure("auc", "simple_rule")`."""
        return figures.from_json(self.metrics["figures"][model][metric])

    @property
    def calibration_choice(self) -> Mapping[str, Any]:
        """What the record says of how the calibration was chosen; empty of an update, which keeps it."""
        found: Mapping[str, Any] = self.metrics.get("calibration_choice", {})
        return found

    def at_capacities(self) -> Mapping[int, Mapping[str, Mapping[str, Stated]]]:
        """Return, by places at each date and way, the figures of `capacities.AT_CAPACITY` on the test dates."""
        return {
            entry["places"]: {
                name: {key: figures.from_json(entry["ways"][name][key]) for key in AT_CAPACITY}
                for name in ("model", *self.opponents, BEST_POSSIBLE)
            }
            for entry in self.metrics["capacities"]
        }

    def net_benefits(self) -> Mapping[float, Mapping[str, Stated]]:
        """Return, by threshold, the net benefits on the test dates: of each way, of everybody, and the difference."""
        found = {}
        for entry in self.metrics["net_benefit"]:
            ways = {name: entry["ways"][name] for name in ("model", *self.opponents) if name in entry["ways"]}
            others = {name: entry[name] for name in (EVERYBODY, DIFFERENCE)}
            found[entry["threshold"]] = {name: figures.from_json(one) for name, one in {**ways, **others}.items()}
        return found

    def observed_over_expected(self) -> Mapping[str, Stated]:
        """Return rows with the outcome / those expected on the test dates, by `observed_expected.NAMES`."""
        said = self.metrics["observed_over_expected"]
        return {name: figures.from_json(said[name]) for name in observed_expected.NAMES if name in said}

    def calibration_curve(self) -> list[tuple[float, Stated]]:
        """Return the smooth calibration curve on the test dates: what was expected, and what was observed."""
        points = self.metrics["smooth_calibration"]["curve"]
        return [(one["expected"], figures.from_json(one["observed"])) for one in points]

    def calibration_distances(self) -> Mapping[str, Distance | NotComputed]:
        """Return how far that curve lies off, on average ("ici") and for nine of ten rows at most ("e90")."""
        said = self.metrics["smooth_calibration"]
        return {name: distance_of(said[name]) for name in ("ici", "e90")}

    @property
    def opponents(self) -> tuple[str, ...]:
        """The simpler ways that stand beside it, in the order in which they are told."""
        return tuple(name for name in OPPONENTS if name in self.metrics["figures"])

    def difference(self, metric: str, other: str = "simple_rule") -> Stated:
        """Return the model's number minus the simpler model's, on the test dates."""
        return figures.from_json(self.metrics["differences"]["model"][other][metric])

    @property
    def verdicts(self) -> Mapping[str, str]:
        """For each simpler way: whether the model "beats" it, "does not beat" it, or one "cannot tell"."""
        said = self.metrics["verdict"]["against"]
        return {name: said[name] for name in self.opponents}

    @property
    def verdict(self) -> str:
        """The least of `verdicts`: a model is worth having where it beats every simpler way."""
        said = set(self.verdicts.values())
        return next(one for one in ("does not beat", "cannot tell", "beats") if one in said)
