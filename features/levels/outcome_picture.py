"""Small pictures of an outcome's levels over time as SVG, one for each area on one scale: equal levels, equal bytes.

A full point joined by a line is a level, the thin line through it its interval. A ring is a period that is not
complete. Nothing stands where a level is withheld. The dashed line is all districts together, to compare with.
"""

import math
from collections.abc import Sequence

from markupsafe import Markup

from features.levels.levels import Levels
from features.levels.told_cells import LevelCell
from hub.figures import Figure

WIDTH, HEIGHT = 168, 116
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 8, 10, 22
_INK, _QUIET, _RULE, _TONE, _COUNTY = "#1b2733", "#4d5965", "#c9d2da", "#005ea8", "#6b7782"


def panel(found: Levels, row: int, name: str) -> Markup:
    """Return the picture of one area.

    Args:
        found: the levels of the outcome.
        row: which area.
        name: what the area is called, for people who cannot see the picture.
    """
    most = _most(found)
    parts = [
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
            'aria-label="{words}" font-size="11">'
        ).format(w=WIDTH, h=HEIGHT, words=_described(found, row, name)),
        *_axes(found, most),
    ]
    if row != len(found.areas) - 1:
        parts += _line(found, found.cells[-1], most, _COUNTY, Markup('stroke-dasharray="3 3" stroke-width="1.5"'))
    parts += _line(found, found.cells[row], most, _TONE, Markup('stroke-width="2"'))
    for at, cell in enumerate(found.cells[row]):
        parts += _point(found, at, cell, most)
    return Markup("").join([*parts, Markup("</svg>")])


def _most(found: Levels) -> float:
    """Return the upper end of the scale: a round number not below any interval that is shown."""
    highs = [cell.stated.high for row in found.cells for cell in row if isinstance(cell.stated, Figure)]
    highest = max(highs, default=1.0)
    step = 10 ** math.floor(math.log10(highest)) if highest > 0 else 1.0
    return next(step * times for times in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * times >= highest)


def _x(found: Levels, at: int) -> float:
    width = WIDTH - _LEFT - _RIGHT
    return round(_LEFT + width * (at + 0.5) / len(found.times), 1)


def _y(value: float, most: float) -> float:
    return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - value / most), 1)


def _axes(found: Levels, most: float) -> list[Markup]:
    bottom = _y(0, most)
    parts = [
        Markup('<path d="M{} {}H{}M{} {}H{}" stroke="{}" fill="none"/>').format(
            _LEFT, bottom, WIDTH - _RIGHT, _LEFT, _y(most, most), WIDTH - _RIGHT, _RULE
        ),
        _text(_LEFT - 4, bottom + 4, "0", "end"),
        _text(_LEFT - 4, _TOP + 4, f"{most:,g}", "end"),
        _text(_LEFT, HEIGHT - 6, f"{found.times[0].first:%Y}", "start"),
    ]
    if found.times[-1].first.year != found.times[0].first.year:
        parts.append(_text(WIDTH - _RIGHT, HEIGHT - 6, f"{found.times[-1].first:%Y}", "end"))
    return parts


def _text(x: float, y: float, words: str, anchor: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}" fill="{}">{}</text>').format(x, y, anchor, _QUIET, words)


def _line(found: Levels, cells: Sequence[LevelCell], most: float, tone: str, style: Markup) -> list[Markup]:
    """Return the line through neighbouring levels of complete periods; it breaks where one is withheld."""
    steps = []
    pen = "M"
    for at, (times, cell) in enumerate(zip(found.times, cells, strict=True)):
        if not times.complete or not isinstance(cell.stated, Figure):
            pen = "M"
            continue
        steps.append(f"{pen}{_x(found, at)} {_y(cell.stated.value, most)}")
        pen = "L"
    drawn = Markup('<path d="{}" fill="none" stroke="{}" ').format("".join(steps), tone)
    return [drawn + style + Markup("/>")] if steps else []


def _point(found: Levels, at: int, cell: LevelCell, most: float) -> list[Markup]:
    if not isinstance(cell.stated, Figure):
        return []
    x, y = _x(found, at), _y(cell.stated.value, most)
    low, high = _y(cell.stated.low, most), _y(cell.stated.high, most)
    fill = _TONE if found.times[at].complete else "#ffffff"
    return [
        Markup('<path d="M{} {}V{}" stroke="{}"/>').format(x, high, low, _TONE),
        Markup('<circle cx="{}" cy="{}" r="2.5" fill="{}" stroke="{}"/>').format(x, y, fill, _TONE),
    ]


def _described(found: Levels, row: int, name: str) -> str:
    shown = [cell.stated.value for cell in found.cells[row] if isinstance(cell.stated, Figure)]
    said = f"{name}: {len(shown)} of {len(found.times)} levels are shown"
    return f"{said}, from {min(shown):,.1f} to {max(shown):,.1f} per 1,000" if shown else f"{said}, all are withheld"
