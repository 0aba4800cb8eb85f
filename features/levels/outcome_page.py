"""The outcomes framework as a page: one HTML file that needs nothing else, with label cards, pictures and tables."""

from typing import Any

from features.declarations.outcomes import HEADLINES
from features.levels import label_cards, outcome_picture, outcome_record
from features.levels.levels import Levels
from features.levels.outcome_record import FrameworkLevels
from hub import pages
from hub.dates import in_words
from hub.disclosing.disclosure import Withheld
from hub.figures import Figure


def render(told: FrameworkLevels, *, districts: bool) -> str:
    """Return the page; equal levels give equal pages.

    Args:
        told: the framework with its levels.
        districts: show each district beside the county; else the county alone.
    """
    shown = [_outcome(told, one, number, districts) for number, one in enumerate(told.levels)]
    measured = {one.outcome.headline for one in told.levels}
    values = {
        "title": told.partnership.file.title,
        "known_to": told.snapshot.known_to,
        "purpose": told.framework.purpose,
        "digest": told.snapshot.digest,
        "fewest": told.partnership.small_numbers.fewest,
        "headlines": [
            {
                "name": headline.value,
                "words": words,
                "outcomes": [one for one in shown if one["levels"].outcome.headline is headline],
                "because": told.framework.not_measured.get(headline, "").rstrip("."),
            }
            for headline, words in HEADLINES.items()
            if headline in measured or headline in told.framework.not_measured
        ],
    }
    filters = {"day": in_words, "number": lambda value: f"{value:,.1f}", "whole": lambda value: f"{value:,}"}
    return pages.render("outcomes.html.j2", "features", filters, values)


def _outcome(told: FrameworkLevels, found: Levels, number: int, districts: bool) -> dict[str, Any]:
    rows = [row for row, area in enumerate(found.areas) if districts or not area]
    rows = [*rows[-1:], *rows[:-1]]
    return {
        "id": f"outcome-{number + 1}",
        "levels": found,
        "card": label_cards.card(found.outcome),
        "sources": label_cards.sources(told.partnership, found.outcome),
        "ages": label_cards.ages(found.outcome),
        "late": outcome_record.late(found),
        "periods": [outcome_record.period(found, times) for times in found.times],
        "areas": [
            {
                "name": _name(found, row),
                "cells": [_cell(one) for one in found.cells[row]],
                "whole": _cell(found.whole[row]),
                "picture": outcome_picture.panel(found, row, _name(found, row)),
            }
            for row in rows
        ],
    }


def _name(found: Levels, row: int) -> str:
    return found.areas[row] or outcome_record.area_name(found, row).capitalize()


def _cell(cell: Any) -> dict[str, Any]:
    if isinstance(cell.stated, Figure):
        return {"figure": cell.stated, "count": cell.count}
    return {"words": str(cell.stated) if isinstance(cell.stated, Withheld) else cell.stated.reason}
