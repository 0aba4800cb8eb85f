"""The card of points of a bundle: what somebody needs who adds it up on paper, and nothing else.

found = card(bundle)
found.rows          # each indicator, its bands in words, their points
found.totals        # each total, its probability and its band
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from features.declarations.catalogue import Indicator
from hub.errors import StateError
from models.additive.additive import POINTS, AdditiveForm, PointsTerm
from models.bundle.bundles import Bundle

YES_OR_NO = "yes/no"


@dataclass(frozen=True, slots=True)
class CardRow:
    """One indicator: its bands in words, lowest numbers first, and their points."""

    indicator: Indicator
    bands: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class CardTotal:
    """A total of points.

    Attributes:
        points: the total.
        probability: of the outcome, calibrated; strictly between 0 and 1.
        band: what is suggested.
    """

    points: int
    probability: float
    band: str


@dataclass(frozen=True, slots=True)
class Card:
    """A card of points.

    Attributes:
        rows: the indicators, those with the most points first.
        totals: every total that may come out, lowest first.
    """

    rows: tuple[CardRow, ...]
    totals: tuple[CardTotal, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "indicators": [
                {
                    "name": row.indicator.name,
                    "plain": row.indicator.plain,
                    "bands": [{"words": words, "points": points} for words, points in row.bands],
                }
                for row in self.rows
            ],
            "totals": [{"points": one.points, "probability": one.probability, "band": one.band} for one in self.totals],
        }


def card(bundle: Bundle) -> Card:
    """Return the card of a bundle.

    Raises:
        StateError: the bundle is no card of points.
        IntegrityError: its bytes have changed.
    """
    model = bundle.load()
    form = model.form
    if not isinstance(form, AdditiveForm) or form.algorithm != POINTS:
        raise StateError(
            f"The bundle {bundle.digest[:12]} is a {bundle.facts.algorithm} model, which nobody can add up on paper.",
            "Train a card with `sentinel models train --algorithm points`.",
        )
    by_name = {one.name: one for one in bundle.indicators}
    terms = [term for term in form.terms if isinstance(term, PointsTerm)]
    rows = [CardRow(by_name[term.indicator], tuple(_bands(term, by_name[term.indicator]))) for term in terms]
    rows.sort(key=lambda row: -max(points for _, points in row.bands))
    totals = np.array(sorted(_possible(terms)), dtype=np.float64)
    probabilities = model.calibration.probabilities(form.intercept + form.unit * totals)
    bands = model.bands(probabilities)
    found = zip(totals.astype(int).tolist(), probabilities.tolist(), bands, strict=True)
    return Card(tuple(rows), tuple(CardTotal(*one) for one in found))


def _bands(term: PointsTerm, indicator: Indicator) -> list[tuple[str, int]]:
    """Return each band in words, and its points; last what counts where there is no number."""
    found = [*zip(_words(term, indicator.unit), term.points, strict=True)]
    return [*found, ("no number", term.missing)]


def _words(term: PointsTerm, unit: str) -> list[str]:
    cuts = term.cuts
    if not cuts:
        return ["any number"]
    if unit == YES_OR_NO and len(cuts) == 1 and 0 < cuts[0] <= 1:
        return ["no", "yes"]
    told = [f"{cut:,.12g}" for cut in cuts]
    between = [f"{low} to under {high}" for low, high in pairwise(told)]
    if term.whole:
        last = [f"{cut - 1:,.12g}" for cut in cuts[1:]]
        between = [low if low == high else f"{low} to {high}" for low, high in zip(told, last, strict=False)]
    return [f"under {told[0]}", *between, f"{told[-1]} or more"]


def _possible(terms: Sequence[PointsTerm]) -> set[int]:
    """Return every total that may come out."""
    totals = {0}
    for term in terms:
        worth = {*term.points, term.missing}
        totals = {total + points for total in totals for points in worth}
    return totals
