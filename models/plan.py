"""The plan of dates of a use case, before anything is trained: which fold and part each date is in, or why in none.

found = plan(use_case, complete, open_)
rows(found)          # for the terminal and for scripts
picture(found)       # SVG
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

from features.declarations.use_cases import UseCase
from hub.dates import in_words
from models.splits import PARTS, Fold, Splits, folds_of, split_dates

_PLAIN = {"train": "to learn from", "choose": "to choose and to set the line", "test": "to test, once"}
_COLOURS = {"learn": "#0072B2", "held": "#E69F00", "train": "#0072B2", "choose": "#009E73", "test": "#CC79A7"}
# Okabe and Ito 2008; each has a shape of its own, too.
_LEFT, _RIGHT, _ROW = 250, 900, 34


@dataclass(frozen=True, slots=True)
class DatePlan:
    """Which dates are in which part, and the folds of those to train on."""

    use_case: UseCase
    splits: Splits
    folds: tuple[Fold, ...]


def plan(use_case: UseCase, complete: Iterable[datetime.date], open_: Iterable[datetime.date] = ()) -> DatePlan:
    """Return the plan of a use case.

    Args:
        use_case: declares it.
        complete: dates of looking whose outcomes are known.
        open_: those whose outcomes are not known yet.

    Raises:
        NotEnoughError: a part or a fold has no date; the message names it.
    """
    horizon = use_case.horizon_days
    splits = split_dates(complete, open_, use_case.validation, horizon)
    return DatePlan(use_case, splits, folds_of(splits.train, use_case.validation.folds, horizon))


def as_json(found: DatePlan) -> dict[str, Any]:
    """Return the JSON form."""
    return {
        "use_case": found.use_case.name,
        "horizon_days": found.use_case.horizon_days,
        "folds": [fold.as_json() for fold in found.folds],
        **found.splits.as_json(),
    }


def rows(found: DatePlan) -> list[dict[str, str]]:
    """Return one row for each fold and part, with its dates and when its last outcome was known."""
    lines = [
        {
            "what": f"fold {number} of {len(found.folds)}",
            "learns from": _dates(fold.learn),
            "outcomes known by": _known(found, fold.learn),
            "looked at on": _dates(fold.held),
        }
        for number, fold in enumerate(found.folds, 1)
    ]
    for name in PARTS:
        dates = found.splits.part(name)
        learns = name == "train"
        lines.append(
            {
                "what": f"{name}: {_PLAIN[name]}",
                "learns from": _dates(dates) if learns else "",
                "outcomes known by": _known(found, dates),
                "looked at on": "" if learns else _dates(dates),
            }
        )
    return lines


def _dates(dates: tuple[datetime.date, ...]) -> str:
    first, last = in_words(dates[0]), in_words(dates[-1])
    return first if len(dates) == 1 else f"{len(dates)} dates, {first} to {last}"


def _known(found: DatePlan, dates: tuple[datetime.date, ...]) -> str:
    return in_words(dates[-1] + datetime.timedelta(days=found.use_case.horizon_days))


def picture(found: DatePlan) -> str:
    """Draw the plan as SVG: a line for each fold and part, a mark for each date, and a bar for each horizon."""
    horizon = datetime.timedelta(days=found.use_case.horizon_days)
    lines = [(f"Fold {at}", [("learn", f.learn), ("held", f.held)]) for at, f in enumerate(found.folds, 1)]
    lines += [(f"{name.capitalize()}: {_PLAIN[name]}", [(name, found.splits.part(name))]) for name in PARTS]
    every = [day for _, marks in lines for _, days in marks for day in days]
    first, last = min(every), max(every) + horizon
    height = 70 + _ROW * len(lines)

    def x(day: datetime.date) -> float:
        return round(_LEFT + (day - first) / (last - first) * (_RIGHT - _LEFT - 20), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_RIGHT} {height}" role="img" '
        f'font-family="sans-serif" font-size="14"><title>{escape(_title(found))}</title>'
    ]
    for year in range(first.year, last.year + 1):
        day = max(datetime.date(year, 1, 1), first)
        parts.append(f'<line x1="{x(day)}" x2="{x(day)}" y1="30" y2="{height - 36}" stroke="#dddddd"/>')
        parts.append(f'<text x="{x(day)}" y="20" fill="#222222">{day.year}</text>')
    for number, (label, marks) in enumerate(lines):
        y = 48 + _ROW * number
        parts.append(f'<text x="4" y="{y + 5}" fill="#222222">{escape(label)}</text>')
        for kind, days in marks:
            for day in days:
                wide = round(x(day + horizon) - x(day), 1)
                parts.append(
                    f'<rect x="{x(day)}" y="{y - 4}" width="{wide}" height="8" fill="{_COLOURS[kind]}" opacity="0.25"/>'
                )
                parts.append(_mark(kind, x(day), y))
    parts.append(
        f'<text x="4" y="{height - 10}" fill="#222222">● learned from  ■ looked at; the bar is the '
        f"horizon of {horizon.days} days, in which the outcome counts</text></svg>"
    )
    return "\n".join(parts) + "\n"


def _mark(kind: str, x: float, y: int) -> str:
    if kind in ("learn", "train"):
        return f'<circle cx="{x}" cy="{y}" r="6" fill="{_COLOURS[kind]}"/>'
    return f'<rect x="{x - 6}" y="{y - 6}" width="12" height="12" fill="{_COLOURS[kind]}"/>'


def _title(found: DatePlan) -> str:
    said = "; ".join(
        f"{row['what']}: {row['learns from'] or row['looked at on']}"
        + (f", looked at on {row['looked at on']}" if row["learns from"] and row["looked at on"] else "")
        for row in rows(found)
    )
    return f"The plan of dates of {found.use_case.name}. {said}."
