"""Pairs for a clerk: as text for the terminal and as a page that needs nothing else; masked unless told otherwise."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb

from hub import pages
from hub.quality import waterfall
from hub.quality.review import ReviewSample

_SHOWN = ("given_name", "family_name", "date_of_birth", "sex", "address", "postcode", "identifiers")


def with_names(connection: duckdb.DuckDBPyConnection, pairs: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the pairs with the newest names, dates and addresses in place of the masked rows.

    Args:
        connection: holds the view `identity_row`.
        pairs: of a sample.
    """
    found: list[Mapping[str, Any]] = []
    for pair in pairs:
        rows = dict.fromkeys((pair["one"], pair["other"]), ("",) * len(_SHOWN))
        columns = ", ".join(f"coalesce({name}::VARCHAR, '')" for name in _SHOWN)
        said = connection.execute(
            f"SELECT record_key, {columns} FROM identity_row WHERE record_key IN ($1, $2) "
            f"ORDER BY known_from, valid_from NULLS FIRST, 2, 3, 4",
            [pair["one"], pair["other"]],
        ).fetchall()
        rows |= {row[0]: row[1:] for row in said}
        shown = [
            {"what": name.replace("_", " "), "one": one, "other": other, "together": ""}
            for name, one, other in zip(_SHOWN, rows[pair["one"]], rows[pair["other"]], strict=True)
        ]
        found.append({**pair, "masked": [pair["masked"][0], *shown]})
    return found


def text(pair: Mapping[str, Any], of: int) -> str:
    """Return one pair for the terminal: what may be seen, and the waterfall as bars."""
    lines = [f"Pair {pair['number']} of {of}", ""]
    for row in pair["masked"]:
        sides = f"{row['one']:<34} {row['other']:<34}".rstrip()
        lines.append(f"  {row['what']:<16} {sides:<69} {row['together']}".rstrip())
    lines.append("")
    for step in pair["waterfall"]:
        lines.append(f"  {step['what']:<28} {waterfall.bar(step['bits'])} {step['bits']:+7.2f}  {step['level']}")
    lines.append(f"  {'weight in bits':<28} {waterfall.bar(pair['weight'])} {pair['weight']:+7.2f}")
    if pair["reason"]:
        lines.append(f"  not linked because of: {pair['reason']}")
    return "\n".join(lines)


def render(sample: ReviewSample, pairs: Sequence[Mapping[str, Any]], *, masked: bool) -> str:
    """Return the page with the pairs of a sample; equal samples give equal pages."""
    filters = {"signed": _signed, "share": _share}
    values = {"pairs": pairs, "all": len(sample.pairs), "digest": sample.artefact.digest, "masked": masked}
    return pages.render("review.html.j2", "hub", filters, values)


def _signed(bits: float) -> str:
    return f"{bits:+.2f}".replace("-", "−")


def _share(bits: float) -> str:
    """Return how much of half the bar's width so many bits take, in per cent."""
    return f"{min(abs(bits) / 32, 1) * 50:.1f}"
