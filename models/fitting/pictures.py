"""Pictures of a training, as SVG text: the same bytes for the same numbers. Each has its numbers in `metrics.json`."""

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from models.bundle.bundles import Bundle
from models.measuring.metrics import JudgedRows, ModelAnswers
from models.measuring.ranking import TopOfEachDate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from models.fitting.fitting import Fitted, Judgement

_INK = "#222222"
# Colours that people with any kind of colour vision can tell apart (Okabe and Ito 2008), and lines that differ too.
_STYLES: Mapping[str, tuple[str, Any, str]] = {
    "model": ("#0072B2", "solid", "Model"),
    "logistic_regression": ("#D55E00", "dashed", "Logistic regression"),
    "points_card": ("#009E73", "dashdot", "Card of points"),
    "simple_rule": ("#555555", "dotted", "Simple rule"),
    "best_indicator": ("#CC79A7", (0, (5, 1, 1, 1, 1, 1)), "Best single indicator"),
    "prevalence": ("#999999", (0, (1, 4)), "By lot"),
}
_POINTS = 40


def draw(fitted: "Fitted | Judgement", bundle: Bundle) -> dict[str, str]:
    """Return SVG by file name: how probabilities hold, whom offers reach, and whom they find."""
    people = bundle.use_case.people
    return {
        "calibration.svg": calibration(bundle.metrics["expected_and_observed"]),
        "precision.svg": offers(
            fitted.case, fitted.judged, "Offers that reach someone with the outcome", people, precision=True
        ),
        "reached.svg": offers(
            fitted.case, fitted.judged, "Of those with the outcome, offered help", people, precision=False
        ),
    }


def calibration(table: Sequence[Mapping[str, Any]]) -> str:
    """Draw expected against observed shares with their intervals; groups that were not computed are left out."""
    figure, axes = _canvas("Do the probabilities hold? Test dates", "Expected share with the outcome", "Observed share")
    known = [entry for entry in table if "value" in entry["observed"]]
    expected = [entry["expected"] for entry in known]
    observed = [entry["observed"]["value"] for entry in known]
    lows = [max(0.0, entry["observed"]["value"] - entry["observed"]["low"]) for entry in known]
    highs = [max(0.0, entry["observed"]["high"] - entry["observed"]["value"]) for entry in known]
    largest = max([*expected, *(entry["observed"]["high"] for entry in known), 0.01])
    axes.plot([0, largest], [0, largest], color=_INK, linewidth=1, linestyle="dotted", label="As expected")
    axes.errorbar(expected, observed, yerr=[lows, highs], fmt="o", color="#0072B2", capsize=3, label="Observed, 95 %")
    return _svg(figure, axes)


def offers(case: JudgedRows, judged: Mapping[str, ModelAnswers], what: str, people: str, *, precision: bool) -> str:
    """Draw precision (or recall) against the number of offers at each date of looking, for each model.

    Args:
        case: the test rows; its capacity is marked.
        judged: the models' answers.
        what: title of the vertical axis.
        people: what the use case calls the people.
        precision: draw precision; else recall.
    """
    figure, axes = _canvas(f"{what}. Test dates", f"Offers at each date of looking ({people})", "Share")
    most = min(int(np.bincount(case.dates).max()), 4 * case.capacity)
    places = np.unique(np.linspace(max(1, case.capacity // 10), most, _POINTS).astype(int))
    ones = np.ones((1, len(case.outcomes)))
    for name, one in judged.items():
        colour, line, label = _STYLES[name]
        found = [
            TopOfEachDate(one.scores, case.outcomes, case.dates, int(k)).precision_and_recall(ones) for k in places
        ]
        shares = [float((pair[0] if precision else pair[1])[0]) for pair in found]
        axes.plot(places, shares, color=colour, linestyle=line, linewidth=2, label=label)
    axes.axvline(case.capacity, color=_INK, linewidth=1, label=f"Places there are: {case.capacity}")
    axes.set_ylim(bottom=0)
    return _svg(figure, axes)


def _canvas(title: str, x: str, y: str) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=11, color=_INK)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _svg(figure: "Figure", axes: "Axes") -> str:
    import matplotlib as mpl

    axes.legend(frameon=False, fontsize=9)
    stream = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "sentinel"}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": "Sentinel"})
    return stream.getvalue()
