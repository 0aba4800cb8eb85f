"""Pictures of what a model goes by: whole SVG, the same bytes again, and nothing where there is nothing to draw."""

from typing import Any

import numpy as np
from lxml import etree

from models.fitting.explained_pictures import DEPENDING, SHOWN, _spread, draw
from models.fitting.judging import ExplainedRows
from models.measuring import importance


def drawn(indicators: int = 20, rows: int = 700) -> tuple[list[dict[str, Any]], ExplainedRows]:
    """Return a record of so many indicators, and rows of which some have no number."""
    random = np.random.default_rng(1)
    names = tuple(f"indicator_{at}" for at in range(indicators))
    values = random.poisson(2, size=(rows, indicators)).astype(float)
    values[random.random(values.shape) < 0.1] = np.nan
    added = np.c_[np.nan_to_num(values) * np.arange(indicators)[::-1] / 50, np.zeros(rows)]
    explained = ExplainedRows(names, values, added, np.arange(rows) // 2)
    return importance.record(importance.measure(added, explained.families, names))["importance"], explained


def words(picture: str) -> str:
    """Return the texts of an SVG as matplotlib leaves them in comments."""
    etree.fromstring(picture.encode())
    return picture


def test_the_first_indicators_are_drawn_and_the_same_bytes_come_again() -> None:
    told, rows = drawn()
    told = importance.with_ranks(told, np.abs(rows.contributions[:5, :-1]), rows.names)
    found = draw(told, rows)
    assert set(found) == {"importance.svg", "dependence.svg"}
    assert found == draw(told, rows)
    bars, hanging = words(found["importance.svg"]), words(found["dependence.svg"])
    for at in range(20):
        assert (f"indicator_{at}\n" in bars or f"indicator_{at} -->" in bars) == (at < SHOWN)
        assert (f"<!-- indicator_{at} -->" in hanging) == (at < DEPENDING)
    assert "in 5 refits" in bars
    assert "without a number" in hanging
    assert "2000-" not in bars + hanging, "no day on which it was drawn"


def test_what_adds_nothing_is_not_drawn() -> None:
    told, rows = drawn(3)
    assert set(draw(told[:2], rows)) == {"importance.svg", "dependence.svg"}
    nothing = ExplainedRows(rows.names, rows.values, np.zeros_like(rows.contributions), rows.families)
    assert (
        draw(
            importance.record(importance.measure(nothing.contributions, nothing.families, nothing.names))["importance"],
            nothing,
        )
        == {}
    )


def test_signs_of_formulas_in_a_name_are_drawn_as_they_stand() -> None:
    _, rows = drawn(3)
    names = ("$x_{$", "cost_$", "$$")
    hostile = ExplainedRows(names, rows.values, rows.contributions, rows.families)
    again = importance.record(importance.measure(rows.contributions, rows.families, names))["importance"]
    ranked = importance.with_ranks(again, np.abs(rows.contributions[:5, :-1]), names)
    for one in (*draw(again, hostile).values(), *draw(ranked, hostile).values()):
        assert words(one)


def test_dots_stay_on_their_line() -> None:
    for added in (np.zeros(50), np.array([1.0]), np.random.default_rng(0).normal(size=400)):
        assert np.abs(_spread(added)).max() <= 0.35
