"""Pictures of what a model goes by: how much, for whom, and how what it adds hangs on the number.

Dots are rows of the test dates, for analysts who have the rows themselves; no name or identifier stands beside them.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from models.figures import Figure, from_json
from models.fitting.judging import ExplainedRows
from models.resampling import Floats
from models.svg import BLUE, INK, text_of, words_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN, DEPENDING = 12, 6
"""So many indicators are drawn in each picture."""
_DOTS = 400
_DPI = 150
_LOW_TO_HIGH = "cividis"  # one that people with any kind of colour vision can read


def draw(told: Sequence[Mapping[str, Any]], rows: ExplainedRows) -> dict[str, str]:
    """Return SVG by file name.

    Args:
        told: the record's "importance", largest first.
        rows: some of the test rows, and what each indicator adds.
    """
    names = [one["indicator"] for one in told if one["mean_size"].get("value", 0) > 0]
    if not names:
        return {}
    return {
        "importance.svg": importance([one for one in told if one["indicator"] in names[:SHOWN]], rows),
        "dependence.svg": dependence(names[:DEPENDING], rows),
    }


def importance(told: Sequence[Mapping[str, Any]], rows: ExplainedRows) -> str:
    """Draw mean sizes with their intervals and ranks among refits, and beside them what is added to each row."""
    from matplotlib.figure import Figure as Canvas

    height = 1.6 + 0.42 * len(told)
    figure = Canvas(figsize=(11, height), dpi=_DPI)
    # Margins by hand: working them out takes as long as drawing it all.
    margins = {"left": 0.24, "right": 0.98, "bottom": 0.75 / height, "top": 1 - 0.45 / height, "wspace": 0.05}
    bars, swarm = figure.subplots(1, 2, sharey=True, width_ratios=(2, 3), gridspec_kw=margins)
    at = np.arange(len(told))[::-1]
    for place, one in zip(at, told, strict=True):
        size = from_json(one["mean_size"])
        if isinstance(size, Figure):
            ends = [[max(0.0, size.value - size.low)], [max(0.0, size.high - size.value)]]
            bars.barh(place, size.value, color=BLUE, height=0.6)
            bars.errorbar(size.value, place, xerr=ends, color=INK, capsize=3)
        _swarm(swarm, float(place), one["indicator"], rows)
    bars.set_yticks(at, [_label(one) for one in told], fontsize=8)
    bars.set_xlabel(f"Adds or takes on average (log-odds; 95 %; n {len(rows.values):,})", fontsize=8)
    bars.set_title("What the model goes by. Test dates", loc="left", fontsize=11, color=INK)
    swarm.axvline(0, color=INK, linewidth=0.8)
    drawn = f"{min(_DOTS, len(rows.values)):,} rows drawn; blue: a low number, yellow: a high one, grey: none"
    swarm.set_xlabel(f"Adds to the log-odds of one row ({drawn})", fontsize=8)
    for axes in (bars, swarm):
        _plain(axes)
    return text_of(figure)


def dependence(names: Sequence[str], rows: ExplainedRows) -> str:
    """Draw, for each indicator, what it adds against its number; rows without one are left out and counted."""
    from matplotlib.figure import Figure as Canvas

    rows_of_panels = -(-len(names) // 3)
    height = 2.9 * rows_of_panels
    figure = Canvas(figsize=(11, height), dpi=_DPI)
    margins = {"left": 0.07, "right": 0.98, "bottom": 0.55 / height, "top": 1 - 0.35 / height, "hspace": 0.45}
    panels = figure.subplots(rows_of_panels, 3, squeeze=False, gridspec_kw=margins).ravel()
    for axes, name in zip(panels, names, strict=False):
        values, added = _of(name, rows)
        known = np.isfinite(values)
        axes.plot(values[known], added[known], ".", color=BLUE, alpha=0.3, markersize=3, rasterized=True)
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.set_title(words_of(name), loc="left", fontsize=9, color=INK)
        axes.set_xlabel(f"n {int(known.sum()):,}; {int((~known).sum()):,} without a number", fontsize=8)
        _plain(axes)
    for axes in panels[len(names) :]:
        axes.set_axis_off()
    figure.supylabel("Adds to the log-odds", fontsize=9)
    return text_of(figure)


def _label(one: Mapping[str, Any]) -> str:
    """Return the name, and between which ranks it stands among models of other families."""
    if (ranks := one.get("ranks")) is None:
        return words_of(one["indicator"])
    best, worst = ranks["best"], ranks["worst"]
    span = f"{best}" if best == worst else f"{best} to {worst}"
    return f"{words_of(one['indicator'])}\nrank {span} in {ranks['refits']} refits"


def _of(name: str, rows: ExplainedRows) -> tuple[Floats, Floats]:
    at, many = rows.names.index(name), len(rows.values)
    some = np.arange(many) if many <= _DOTS else np.linspace(0, many - 1, _DOTS).astype(np.intp)
    return rows.values[some, at], rows.contributions[some, at]


def _swarm(axes: "Axes", place: float, name: str, rows: ExplainedRows) -> None:
    """Draw one dot a row, beside each other where many are alike."""
    values, added = _of(name, rows)
    known = np.isfinite(values)
    beside = place + _spread(added)
    axes.plot(added[~known], beside[~known], ".", color="#999999", markersize=4, rasterized=True)
    if known.any():
        ranks = np.searchsorted(np.unique(values[known]), values[known])
        shade = ranks / max(1, ranks.max())
        axes.scatter(added[known], beside[known], c=shade, cmap=_LOW_TO_HIGH, s=5, vmin=0, vmax=1, rasterized=True)


def _spread(added: Floats) -> Floats:
    """Return how far from its line each dot is drawn, within .35: dots of one part of the axis one after the other."""
    width = float(np.ptp(added)) / 60 or 1.0
    part = np.floor((added - added.min()) / width).astype(np.intp)
    order = np.argsort(part, kind="stable")
    starts = np.searchsorted(part[order], part[order])
    number = np.empty(len(added), dtype=np.intp)
    number[order] = np.arange(len(added)) - starts
    most = max(1, int(number.max()))
    side = np.where(number % 2, 1.0, -1.0)
    return np.asarray(0.35 * side * ((number + 1) // 2) / (most / 2 + 1), dtype=np.float64)


def _plain(axes: "Axes") -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
