"""The linkage quality report: one document as JSON, and the same as a page for people that needs nothing else.

    found = document(partnership.small_numbers, report, facts, clerical)      # report: of the person map that holds
    html = render(found)

Only counts leave, and of people and groups no small ones (hub.linking.disclosed). What nobody measured says so, with
the reason.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from hub import pages
from hub.disclosing.disclosure import SmallNumbers, text
from hub.linking import disclosed
from hub.linking.pair_counts import HIGHEST, LOWEST, WIDTH

MEANINGS = {
    "one record a person": "Both records come from a source that holds each person once.",
    "different identifiers": "Both have an identifier of one kind, such as an NHS number, and it differs.",
    "different birthdays": "The dates of birth differ by more than a slip of the pen.",
    "a brother or sister is as likely": "What the two share, brothers and sisters share too.",
    "two candidates are about equally good": "Two records could be the one meant, and nothing tells which.",
    "other records of the two disagree": "Other records of the two people speak against it.",
}
"""Why pairs were not linked, or people parted, in plain words."""

GROUPS = {
    "source": "Source",
    "sex": "Sex",
    "ethnicity": "Ethnicity",
    "deprivation": "Deprivation of the area",
    "name": "How the name is written",
}
NO_SAMPLE = "no clerk has judged a sample; see `sentinel hub review`"
_FIGURES = ("precision", "recall", "f1")
_BY_GROUP = ("level", "records", "precision", "recall", "alone", "records_a_person", "near")


def document(
    small: SmallNumbers,
    report: Mapping[str, Any],
    about: Mapping[str, str],
    clerical: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what the report says.

    Args:
        small: which numbers may be shown.
        report: hub.linking.report.LinkageReport as JSON.
        about: `partnership`, `linked_on` and `person_map`.
        clerical: hub.quality.clerical_estimates.as_json, when there is a sample with answers.
    """
    return {
        "about": {**about, **{name: report[name] for name in ("records", "people", "method", "why", "threshold")}},
        "withhold_below": small.fewest,
        "quality": {name: dict(report["quality"][name]) for name in _FIGURES},
        "clerical": dict(clerical) if clerical else {"not_computed": NO_SAMPLE, "n": 0},
        "pairs_by_weight": [dict(row) for row in report.get("pairs_by_weight", ())],
        "groups": _groups(small, report),
        "people_by_records": disclosed.people_by_records(small, report),
        "refused": [
            {"reason": reason, "meaning": MEANINGS.get(reason, ""), "pairs": pairs}
            for reason, pairs in sorted(report["refused"].items())
            if pairs
        ],
        "parted": dict(report.get("components", {})),
        "blocks": [dict(row) for row in report.get("blocks", ())],
        "left_out": dict(report["left_out"]),
    }


def _groups(small: SmallNumbers, report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each grouping with its levels: what truth says, and what can be said without it."""
    rows = disclosed.groups(small, report)
    return [
        {
            "group": group,
            "title": GROUPS.get(group, group),
            "levels": [{name: row[name] for name in _BY_GROUP} for row in rows if row["group"] == group],
        }
        for group in sorted({row["group"] for row in rows}, key=_order)
    ]


def _order(group: str) -> tuple[int, str]:
    return (list(GROUPS).index(group) if group in GROUPS else len(GROUPS), group)


def render(found: Mapping[str, Any]) -> str:
    """Return the page for a document; equal documents give equal pages."""
    filters = {"whole": text, "number": _number, "bits": _bits}
    values = {"picture": picture(found["pairs_by_weight"]), "truth": "value" in found["quality"]["precision"]}
    return pages.render("quality.html.j2", "hub", filters, {**found, **values})


def _number(value: float, digits: int = 3) -> str:
    return f"{value:,.{digits}f}"


def _bits(start: int) -> str:
    """Return the words of a band of the histogram."""
    if start <= LOWEST:
        return f"below {_signed(LOWEST + WIDTH)}"
    if start >= HIGHEST - WIDTH:
        return f"{_signed(HIGHEST - WIDTH)} or more"
    return f"{_signed(start)} to {_signed(start + WIDTH)}"


def _signed(number: int) -> str:
    return f"−{-number}" if number < 0 else str(number)


_WIDE, _HIGH, _LEFT, _FOOT = 460, 240, 46, 44


def picture(rows: Sequence[Mapping[str, int]]) -> str:
    """Return the histogram of pairs by weight as SVG: bars of all pairs, and in them those that are linked.

    The height is the square root of the number, so that few pairs can be seen beside many; the table has the numbers.
    """
    most = max((row["pairs"] for row in rows), default=0)
    if not most:
        return ""
    bands = (HIGHEST - LOWEST) // WIDTH
    step = (_WIDE - _LEFT - 10) / bands
    tall = _HIGH - _FOOT - 24
    shapes = []
    for row in rows:
        left = _LEFT + (row["from"] - LOWEST) / WIDTH * step
        for name, colour in (("pairs", "#b9c6d1"), ("linked", "#005ea8")):
            height = tall * (row[name] / most) ** 0.5
            if height:
                shapes.append(
                    f'<rect x="{left + 0.75:.2f}" y="{_HIGH - _FOOT - height:.2f}" width="{step - 1.5:.2f}" '
                    f'height="{height:.2f}" fill="{colour}"/>'
                )
    words = [
        f'<text x="{_LEFT + (at - LOWEST) / WIDTH * step:.1f}" y="{_HIGH - _FOOT + 17}" text-anchor="middle">'
        f"{_signed(at)}</text>"
        for at in range(LOWEST, HIGHEST + 1, 10)
    ]
    words += [
        f'<text x="{(_LEFT + _WIDE) / 2:.0f}" y="{_HIGH - 6}" text-anchor="middle">weight in bits</text>',
        f'<text x="{_LEFT - 6}" y="{_HIGH - _FOOT + 4}" text-anchor="end">0</text>',
        f'<text x="2" y="14">{most:,} pairs</text>',
    ]
    linked = sum(row["linked"] for row in rows)
    described = f"{sum(row['pairs'] for row in rows):,} pairs, of which {linked:,} are linked, from low to high weight."
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_HIGH}" role="img" font-size="13" '
        f'fill="#1b2733" aria-labelledby="weights-title weights-desc" focusable="false">'
        f'<title id="weights-title">Pairs by weight</title><desc id="weights-desc">{escape(described)}</desc>'
        f'<line x1="{_LEFT}" x2="{_WIDE - 10}" y1="{_HIGH - _FOOT}" y2="{_HIGH - _FOOT}" stroke="#4d5965"/>'
        f"{''.join(shapes)}{''.join(words)}</svg>"
    )
