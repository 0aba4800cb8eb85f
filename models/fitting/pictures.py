"""Pictures of a training, as SVG text: the same bytes for the same numbers. Each has its numbers in `metrics.json`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from models import figures as stated
from models.bundle.bundles import Bundle
from models.figures import Stated
from models.fitting import explained_pictures
from models.measuring.metrics import JudgedRows, ModelAnswers
from models.measuring.ranking import TopOfEachDate
from models.svg import INK, text_of, words_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from models.fitting.fitting import Fitted, Judgement

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
    """Return SVG by file name: how probabilities hold, whom offers reach and find, and what the model goes by."""
    people = words_of(bundle.use_case.people)
    return {
        "calibration.svg": calibration(bundle.metrics["expected_and_observed"], bundle.calibration_curve()),
        "precision.svg": offers(
            fitted.case, fitted.judged, "Offers that reach someone with the outcome", people, precision=True
        ),
        "reached.svg": offers(
            fitted.case, fitted.judged, "Of those with the outcome, offered help", people, precision=False
        ),
        "net_benefit.svg": net_benefit(bundle.net_benefits(), bundle.thresholds.offer_help, people),
        **explained_pictures.draw(bundle.metrics["importance"], fitted.explained),
    }


def calibration(table: Sequence[Mapping[str, Any]], curve: Sequence[tuple[float, Stated]]) -> str:
    """Draw expected against observed shares with their intervals, and the smooth curve with its band.

    What was not computed is left out.
    """
    figure, axes = _canvas("Do the probabilities hold? Test dates", "Expected share with the outcome", "Observed share")
    points = [(at, one) for at, one in curve if isinstance(one, stated.Figure)]
    smooth = [at for at, _ in points]
    known = [entry for entry in table if "value" in entry["observed"]]
    expected = [entry["expected"] for entry in known]
    observed = [entry["observed"]["value"] for entry in known]
    lows = [max(0.0, entry["observed"]["value"] - entry["observed"]["low"]) for entry in known]
    highs = [max(0.0, entry["observed"]["high"] - entry["observed"]["value"]) for entry in known]
    largest = max([*expected, *smooth, *(entry["observed"]["high"] for entry in known), 0.01])
    axes.plot([0, largest], [0, largest], color=INK, linewidth=1, linestyle="dotted", label="As expected")
    axes.plot(smooth, [one.value for _, one in points], color="#0072B2", linewidth=2, label="Smooth, with 95 % band")
    floor, ceiling = ([getattr(one, end) for _, one in points] for end in ("low", "high"))
    axes.fill_between(smooth, floor, ceiling, color="#0072B2", alpha=0.15, linewidth=0)
    axes.errorbar(expected, observed, yerr=[lows, highs], fmt="o", color=INK, capsize=3, label="In groups, 95 %")
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
    axes.axvline(case.capacity, color=INK, linewidth=1, label=f"Places there are: {case.capacity}")
    axes.set_ylim(bottom=0)
    return _svg(figure, axes)


def net_benefit(found: Mapping[float, Mapping[str, Stated]], cut: float, people: str) -> str:
    """Draw decision curves, the model's with its interval; what was not computed is left out.

    Args:
        found: by threshold and way; see `StatedFigures.net_benefits`.
        cut: where the first band begins, which is marked.
        people: what the use case calls the people.
    """
    figure, axes = _canvas(
        "Is it worth more than offering to everybody, or to nobody?",
        "Probability from which on help is offered",
        f"Reached, net of offers to others, of 1,000 looks at {people}",
    )
    ways = dict.fromkeys(way for by_way in found.values() for way in by_way if way in _STYLES)
    for way in ("everybody", *ways):
        known = [(at, one) for at, by in found.items() if isinstance(one := by.get(way), stated.Figure)]
        colour, line, label = _STYLES.get(way, (INK, (0, (2, 2)), "Everybody"))
        axes.plot(
            [at for at, _ in known], [1000 * one.value for _, one in known], color=colour, linestyle=line, label=label
        )
        if way == "model":
            lows, highs = ([1000 * getattr(one, end) for _, one in known] for end in ("low", "high"))
            axes.fill_between([at for at, _ in known], lows, highs, color=colour, alpha=0.15, linewidth=0)
    axes.axhline(0, color=INK, linewidth=1, label="Nobody")
    if 0 < cut < 1:
        axes.axvline(cut, color="#999999", linewidth=1, label=f"First band begins: {cut:.3f}")
    shown = [one for by in found.values() for way, one in by.items() if way in _STYLES]
    most = max([1000 * one.high for one in shown if isinstance(one, stated.Figure)], default=1.0)
    axes.set_ylim(-0.3 * most, 1.05 * most)
    axes.set_xlim(0, max([cut if cut < 1 else 0, *(at for at, by in found.items() if by["model"].computed), 0.01]))
    return _svg(figure, axes)


def _canvas(title: str, x: str, y: str) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=11, color=INK)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _svg(figure: "Figure", axes: "Axes") -> str:
    axes.legend(frameon=False, fontsize=9)
    return text_of(figure)
