"""Pictures of an audit as SVG that stands inside the page: the same bytes for the same numbers.

Each picture has a title and a description for people who cannot see it, its numbers in a table beside it, and says
nothing by colour alone: verdicts have shapes. Places are set by hand, so that no font of the machine moves anything.
"""

import io
import re
import textwrap
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from audits.verdicts import Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#1b2733"
QUIET = "#56616c"
BAND = "#e3ebf1"
COLOURS: Mapping[str, str] = {
    Verdict.NO_DIFFERENCE: "#005ea8",
    Verdict.WITHHELD: QUIET,
    Verdict.TOO_FEW: QUIET,
    Verdict.UNCLEAR: "#8a5300",
    Verdict.DIFFERENCE: "#b3261e",
}
"""Told apart with any kind of colour vision, and each at least 4.5 to 1 on white."""

_MARKERS: Mapping[str, str] = {
    Verdict.NO_DIFFERENCE: "o",
    Verdict.WITHHELD: "o",
    Verdict.TOO_FEW: "o",
    Verdict.UNCLEAR: "^",
    Verdict.DIFFERENCE: "D",
}
_WIDTH = 4.6
_LEFT = 1.6
_ROW = 0.48
_LINE = 0.16
_SIZE = 10.5
_SMALL = 9.5


def differences(
    name: str, title: str, levels: Sequence[Mapping[str, Any]], rate: str, *, tolerance: float, ends: tuple[str, str]
) -> str:
    """Draw each level's difference from everyone else per 1,000, with its interval and the tolerated band.

    Args:
        name: unique on the page.
        title: what the picture shows.
        levels: of one group, from `by_group`.
        rate: which rate.
        tolerance: largest tolerated difference, as a share.
        ends: what the left and the right end mean, such as ("fewer missed", "more missed").
    """
    names = [level["level"] for level in levels]
    figure, axes = _canvas(len(levels) * _row(names) + 0.95, top=0.3, bottom=0.6)
    largest = tolerance * 1.6
    for level in levels:
        difference = level["rates"][rate]["difference"]
        if "value" in difference:
            largest = max(largest, *(abs(difference[bound]) for bound in ("low", "high")))
    limit = min(1.0, largest * 1.08) * 1000
    axes.axvspan(-tolerance * 1000, tolerance * 1000, color=BAND, zorder=0)
    for edge in (-tolerance, tolerance):
        axes.axvline(edge * 1000, color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    axes.axvline(0, color=INK, linewidth=1, zorder=1)
    for row, level in enumerate(levels):
        _difference(axes, row, level["rates"][rate])
    axes.set_xlim(-limit, limit)
    axes.set_ylim(len(levels) - 0.4, -0.6)
    _rows(axes, names)
    above = axes.get_xaxis_transform()
    for x, align, words, colour in (
        (-limit, "left", ends[0], INK),
        (0.0, "center", "tolerated", QUIET),
        (limit, "right", ends[1], INK),
    ):
        axes.text(x, 1.02, words, transform=above, ha=align, va="bottom", size=_SMALL, color=colour)
    axes.set_xlabel("difference from everyone else, per 1,000", fontsize=_SMALL, color=INK)
    said = "; ".join(f"{level['level']}: {level['rates'][rate]['verdict']}" for level in levels)
    return _svg(figure, name, title, f"Differences from everyone else, per 1,000. {said}.")


def _difference(axes: "Axes", row: int, judged: Mapping[str, Any]) -> None:
    verdict, difference = judged["verdict"], judged["difference"]
    if "value" not in difference:
        words = "withheld" if "withheld" in difference else "too few to say"
        _words(axes, 0, row, words, size=_SMALL)
        return
    colour = COLOURS[verdict]
    few = verdict == Verdict.TOO_FEW
    value, low, high = (difference[bound] * 1000 for bound in ("value", "low", "high"))
    axes.plot([low, high], [row, row], color=colour, linewidth=2, linestyle=(0, (2, 1.5)) if few else "-", zorder=2)
    axes.plot(
        [value],
        [row],
        marker=_MARKERS[verdict],
        markersize=7.5,
        markerfacecolor="white" if few else colour,
        markeredgecolor=colour,
        markeredgewidth=1.6,
        zorder=3,
    )
    if few:
        _words(axes, value, row - 0.36, "too few to say", size=9)


def _words(axes: "Axes", x: float, y: float, words: str, *, size: float) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.9}
    axes.text(x, y, words, ha="center", va="center", color=QUIET, size=size, style="italic", bbox=box, zorder=2.5)


def beside_the_rule(name: str, rows: Sequence[tuple[str, Mapping[str, Any]]], title: str) -> str:
    """Draw shares per 100 with their intervals, one row each.

    Args:
        name: unique on the page.
        rows: the row's words, and a figure's JSON.
        title: what the picture shows.
    """
    figure, axes = _canvas(len(rows) * _row([words for words, _ in rows]) + 0.75, top=0.1, bottom=0.6)
    for row, (words, found) in enumerate(rows):
        if "value" not in found:
            axes.text(0, row, " withheld", va="center", color=QUIET, size=_SMALL, style="italic")
            continue
        first = words == rows[0][0]
        colour = COLOURS[Verdict.NO_DIFFERENCE] if first else QUIET
        axes.plot([found["low"] * 100, found["high"] * 100], [row, row], color=colour, linewidth=2.4)
        axes.plot([found["value"] * 100], [row], marker="o" if first else "s", markersize=8, color=colour)
    axes.set_xlim(0, 100)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    _rows(axes, [words for words, _ in rows])
    axes.set_xlabel("of 100, with 95 % interval", fontsize=_SMALL, color=INK)
    said = "; ".join(words if "value" not in f else f"{words}: {f['value'] * 100:.0f} of 100" for words, f in rows)
    return _svg(figure, name, title, f"{said}.")


def calibration(name: str, steps: Sequence[Mapping[str, Any]], title: str) -> str:
    """Draw the observed share of each step of probability against the expected one, with intervals."""
    figure, axes = _canvas(3.3, top=0.15, bottom=0.6, left=0.7)
    most = max(max(step["observed"]["high"], step["expected"]) for step in steps) * 105
    axes.plot([0, most], [0, most], color=QUIET, linewidth=1, linestyle=(0, (4, 3)))
    axes.text(most * 0.98, most * 0.04, "dashed: as expected", color=QUIET, size=_SMALL, ha="right", va="bottom")
    for step in steps:
        seen = step["observed"]
        expected = step["expected"] * 100
        axes.plot([expected, expected], [seen["low"] * 100, seen["high"] * 100], color="#005ea8", linewidth=2)
        axes.plot([expected], [seen["value"] * 100], marker="o", markersize=6.5, color="#005ea8")
    axes.set_xlim(0, most)
    axes.set_ylim(0, most)
    axes.grid(visible=True, color=BAND, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_xlabel("expected, of 100", fontsize=_SMALL, color=INK)
    axes.set_ylabel("observed, of 100", fontsize=_SMALL, color=INK)
    held = sum(step["observed"]["low"] <= step["expected"] <= step["observed"]["high"] for step in steps)
    said = f"In {held} of {len(steps)} groups of looks the expected share lies in the interval of the observed one."
    return _svg(figure, name, title, said)


def _rows(axes: "Axes", words: Sequence[str]) -> None:
    """Write the words of each row at its left, line by line: a font of the machine moves no line that ends at right."""
    axes.set_yticks([])
    for row, one in enumerate(words):
        lines = _lines(one)
        for at, line in enumerate(lines):
            y = row + (at - (len(lines) - 1) / 2) * _LINE / _row(words)
            axes.text(
                -0.05, y, line, transform=axes.get_yaxis_transform(), ha="right", va="center", size=_SIZE, color=INK
            )


def _lines(words: str) -> list[str]:
    return textwrap.wrap(words, 19)


def _row(words: Sequence[str]) -> float:
    """Return the height of a row in inches: enough for the words with most lines."""
    return max(_ROW, (max(len(_lines(one)) for one in words) + 0.6) * _LINE)


def _canvas(height: float, *, top: float, bottom: float, left: float = _LEFT) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, height))
    figure.patch.set_alpha(0.0)
    right = 0.2
    box = (left / _WIDTH, bottom / height, (_WIDTH - left - right) / _WIDTH, (height - top - bottom) / height)
    axes = figure.add_axes(box)
    axes.patch.set_alpha(0.0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(QUIET)
    axes.tick_params(axis="both", labelsize=_SMALL, color=QUIET, labelcolor=INK)
    return figure, axes


def _svg(figure: "Figure", name: str, title: str, description: str) -> str:
    """Return SVG for the inside of a page: ids unique by `name`, titled, without prolog, metadata or fixed size."""
    import matplotlib as mpl

    stream = io.StringIO()
    settings: Any = {"svg.hashsalt": "sentinel", "svg.fonttype": "none", "font.family": "DejaVu Sans"}
    with mpl.rc_context(settings):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = stream.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", text[text.index("<svg") :])
    text = re.sub(r"font-family: [^;\"]*;? ?", "", text)  # the page's own font is used
    view_box = re.findall(r'viewBox="([^"]+)"', text)[0]
    body = text[text.index(">") + 1 :]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{view_box}" role="img" aria-labelledby="{name}-title {name}-desc" focusable="false">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>{body}'
    )
