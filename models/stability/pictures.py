"""The picture of a model's instability, as SVG text: the same bytes for the same numbers, and no mark for anybody."""

import numpy as np

from models.measuring.calibration import sigmoid
from models.measuring.stability import LikelyRanges
from models.svg import INK, text_of, words_of

_BAND = "#56B4E9"  # Okabe and Ito 2008
_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)


def picture(ranges: LikelyRanges, *, cut: float, people: str) -> str:
    """Draw between which probabilities other models would be, against the model's own, on a scale of log-odds.

    Args:
        ranges: of each level.
        cut: the probability from which help is offered.
        people: what the use case calls them.
    """
    from matplotlib.figure import Figure

    title = f"Where models of other families would be ({ranges.refits} refits)"
    edges = [one.start for one in ranges.levels[1:]] or [0.0]
    at = np.linspace(min(edges) - 1, max(edges) + 1, 400)
    own = sigmoid(at)
    low, high = np.array([ranges.around(float(one)) for one in own]).T
    figure = Figure(figsize=(6.4, 5.2), layout="constrained")
    axes = figure.add_subplot()
    axes.fill_between(own, low, high, color=_BAND, alpha=0.5, linewidth=0, label=f"19 of 20 {words_of(people)}, about")
    axes.plot(own, own, color=INK, linestyle="dotted", label="As this model says")
    axes.axvline(cut, color=INK, linewidth=1, linestyle="dashed", label="Help is offered from here")
    ticks = [one for one in _TICKS if low.min() <= one <= high.max()]
    for side in ("x", "y"):
        axes.set(**{f"{side}scale": "logit"})
        axis = axes.xaxis if side == "x" else axes.yaxis
        axis.set_ticks(ticks, labels=[f"{one:.0%}" for one in ticks])
        axis.set_ticks([], minor=True)
    axes.set_title(title, loc="left", fontsize=11)
    axes.set_xlabel("Probability by this model")
    axes.set_ylabel("Probability by another")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    return text_of(figure, title)
