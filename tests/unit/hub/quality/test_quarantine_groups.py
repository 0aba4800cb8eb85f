"""Which counts of the quarantine by group may be shown, and which column says whose row it is."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.declarations.sources import Source
from hub.disclosing.disclosure import SmallNumbers
from hub.quality import quarantine_groups
from hub.quality.quarantine_groups import NOT_KNOWN, Count
from tests.examples import examples
from tests.oracles import published
from tests.oracles.attacker import Attacker

SMALL = SmallNumbers()
X = {"withheld": "withheld"}


def _row(rows: int, people: int, listed: int, level: str = "female", source: str = "school") -> Count:
    return Count(source, "day: date", level, rows, people, listed)


def _listed(counts: Sequence[Count]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for one in counts:
        if one.level != NOT_KNOWN:
            found.setdefault(one.source, {})[one.level] = one.listed
    return found


def _shown(*counts: Count) -> list[tuple[Any, ...]]:
    return [
        (row["rows"], row["people"], row["listed"], row["share"].get("value", X))
        for row in quarantine_groups.shown(SMALL, counts, _listed(counts))
    ]


def test_a_share_stands_only_where_both_its_numbers_may_be_shown() -> None:
    female, male = _row(30, 20, 80), _row(40, 30, 120, "male")
    assert _shown(female, male) == [(30, 20, 80, 0.25), (40, 30, 120, 0.25)]
    # 0 is about nobody.
    assert _shown(_row(0, 0, 80), male) == [(0, 0, 80, 0), (40, 30, 120, 0.25)]
    # Few people in many rows: how many people there are in all is told nowhere, so nobody can subtract.
    assert _shown(_row(30, 4, 80), male) == [(30, X, 80, X), (40, 30, 120, 0.25)]
    # Few rows: all rows of the rule are counted elsewhere, so those of the next group are withheld, too.
    assert _shown(_row(4, 4, 80), male) == [(X, X, 80, X), (X, 30, 120, 0.25)]
    # All but five of them: those five could be told apart.
    assert _shown(_row(90, 75, 80), male) == [(90, X, 80, X), (40, 30, 120, 0.25)]
    # All of them: that would tell it of each.
    assert _shown(_row(90, 80, 80), male) == [(90, X, 80, X), (40, 30, 120, 0.25)]
    # A group of eight is not told of how many it is, nor is the next: their sum is known.
    assert _shown(_row(30, 8, 8), male) == [(30, X, X, X), (40, 30, X, X)]


def test_of_a_rule_with_few_rows_nothing_is_told_by_group() -> None:
    found = _shown(_row(3, 3, 80), _row(0, 0, 120, "male"))
    assert [row[:2] for row in found] == [(X, X), (X, X)]


def test_rows_of_nobody_known_have_no_share_and_count_for_the_sum() -> None:
    counts = [_row(30, 20, 80), _row(5, 0, 0, NOT_KNOWN)]
    [first, second] = quarantine_groups.shown(SMALL, counts, _listed(counts))
    assert (first["rows"], second["rows"]) == (X, X)
    assert (second["people"], second["listed"]) == (None, None)
    assert second["share"] == {"not_computed": NOT_KNOWN, "n": 0}


_NUMBERS = st.integers(0, 12) | st.integers(0, 60)


@st.composite
def _quarantines(draw: st.DrawFn) -> list[Count]:
    """Draw the counts of some sources, rules and groups: people of a group, and who of them has how many rows."""
    levels = ["female", "male", "another value"][: draw(st.integers(1, 3))]
    found = []
    for source in ["police", "school"][: draw(st.integers(1, 2))]:
        listed = {level: draw(_NUMBERS) for level in levels}
        for rule in ("day: date", "id: required")[: draw(st.integers(1, 2))]:
            for level in levels:
                people = min(draw(_NUMBERS), listed[level])
                rows = people + draw(st.integers(0, 5)) if people else 0
                found.append(Count(source, rule, level, rows, people, listed[level]))
            found.append(Count(source, rule, NOT_KNOWN, draw(_NUMBERS), 0, 0))
    return found


@settings(max_examples=examples(40), deadline=None)
@given(_quarantines())
def test_nobody_finds_a_small_number_out(counts: list[Count]) -> None:
    attacker = Attacker()
    totals = Counter[tuple[str, str]]()
    for one in counts:
        totals[one.source, one.rule] += one.rows
    rows = quarantine_groups.shown(SMALL, counts, _listed(counts))
    published.quarantine(attacker, {"by": "sex", "rows": rows}, totals, {})
    assert attacker.recovered() == []


def test_the_identifier_is_a_column_as_it_stands() -> None:
    source = Source.model_validate(
        {
            "name": "school", "title": "School", "agency": "council", "gateways": ["duty"],
            "files": [
                {"name": "pupils", "file": "a.csv", "columns": {"Pupil_ID": {}, "surname": {}}},
                {"name": "days", "file": "b.csv", "columns": {"carer": {}, "child": {}, "day": {"type": "date"}}},
                {"name": "only_derived", "file": "c.csv", "columns": {"pupil_id": {}}},
                {"name": "areas", "file": "d.csv", "columns": {"code": {}}},
            ],
            "people": [{"table": "pupils", "id": "pupil_id"}, {"table": "pupils", "id": "upper(surname)"}],
            "events": [
                {"type": "day", "table": "days", "person": "child", "occurred_on": "day"},
                {"type": "other_day", "table": "days", "person": "carer", "occurred_on": "day"},
            ],
            "areas": [{"table": "areas", "id": "code", "imd_vintage": "'2019'"}],
        }
    )  # fmt: skip
    assert quarantine_groups.id_columns(source) == {
        "pupils": ("Pupil_ID",),
        "days": ("child", "carer"),
        "only_derived": ("pupil_id",),
        "areas": (),
    }
