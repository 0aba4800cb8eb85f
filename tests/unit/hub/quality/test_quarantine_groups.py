"""Which counts of the quarantine by group may be shown, and which column says whose row it is."""

from typing import Any

import pytest

from hub.declarations.sources import Source
from hub.quality import quarantine_groups
from hub.quality.quarantine_groups import NOT_KNOWN, Count
from hub.small_numbers import FEWER, WITHHELD, hide


@pytest.mark.parametrize(
    ("many", "shown"),
    [
        ([], []),
        ([0, 0], [0, 0]),
        ([10, 0], [10, 0]),
        ([9, 9], [FEWER, FEWER]),
        ([9, 50, 10], [FEWER, 50, WITHHELD]),  # the sum would tell the 9
        ([9, 50, 0], [FEWER, WITHHELD, 0]),
        ([3, 0, 0], [FEWER, WITHHELD, WITHHELD]),  # the sum would be the 3
        ([3], [FEWER]),
    ],
)
def test_no_small_count_can_be_found_by_subtraction(many: list[int], shown: list[int | str]) -> None:
    assert hide(many) == shown


def _row(rows: int, people: int, listed: int, level: str = "female") -> Count:
    return Count("school", "day: date", level, rows, people, listed)


def _shown(*counts: Count) -> list[tuple[Any, ...]]:
    return [
        (row["rows"], row["people"], row["listed"], row["share"].get("value", row["share"].get("withheld")))
        for row in quarantine_groups.shown(counts)
    ]


def test_a_share_stands_only_where_both_its_numbers_may_be_shown() -> None:
    female, male = _row(30, 20, 80), _row(40, 30, 120, "male")
    assert _shown(female, male) == [(30, 20, 80, 0.25), (40, 30, 120, 0.25)]
    assert _shown(_row(0, 0, 80), male) == [(0, 0, 80, 0), (40, 30, 120, 0.25)]
    # Few people in many rows: their share is withheld, and that of the next.
    assert _shown(_row(30, 4, 80), male) == [(30, FEWER, 80, FEWER), (40, WITHHELD, 120, WITHHELD)]
    # Few rows: the people of the next group would say how few rows it can have.
    assert _shown(_row(4, 4, 80), male) == [(FEWER, FEWER, 80, FEWER), (WITHHELD, WITHHELD, 120, WITHHELD)]
    assert _shown(_row(30, 8, 8), male) == [(30, FEWER, FEWER, FEWER), (40, WITHHELD, WITHHELD, WITHHELD)]


def test_rows_of_nobody_known_have_no_share_and_count_for_the_sum() -> None:
    [first, second] = quarantine_groups.shown([_row(30, 20, 80), _row(5, 0, 0, NOT_KNOWN)])
    assert (first["rows"], first["people"], first["share"]) == (WITHHELD, WITHHELD, {"withheld": WITHHELD})
    assert (second["rows"], second["people"], second["listed"]) == (FEWER, None, None)
    assert second["share"] == {"not_computed": NOT_KNOWN, "n": 0}


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
