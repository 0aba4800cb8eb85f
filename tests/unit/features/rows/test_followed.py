"""Looks that were not followed to their end: a truth table, and an oracle that walks over the days."""

import datetime
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from features.rows import followed
from hub.workspace import Workspace
from tests.examples import examples
from tests.factories.snapshots import snapshot
from tests.factories.use_cases import outcome, use_case

DAY = datetime.date(2024, 1, 1)
HORIZON = 90
LEFT = {"types": ["moved_away"]}
STAY = {"household_id": "h", "valid_from": "2020-01-01"}
_Rows = list[dict[str, Any]]


def _found(root: Path, until: dict[str, Any], person: dict[str, Any], event: _Rows, household: _Rows) -> list[Any]:
    """Return until and why of each look at ada, on DAY and 40 days later."""
    published = snapshot(
        Workspace(root / "w"),
        person=[{"person_id": "ada"} | person],
        event=[{"person_id": "ada"} | one for one in event],
        household=[{"person_id": "ada"} | one for one in household],
    )
    later = DAY + datetime.timedelta(days=40)
    looks = pa.table({"person_id": ["ada", "ada"], "as_of_date": [DAY, later]})
    pq.write_table(looks, root / "matrix.parquet")
    said = {"outcome": outcome(**{name: one for name, one in until.items() if name == "followed_until"})}
    cohort = {
        "plain": "Every child the hub knows",
        **({"followed_until": until["cohort"]} if "cohort" in until else {}),
    }
    found = followed.not_followed(
        published, use_case(horizon_days=HORIZON, cohort=cohort, **said), root / "matrix.parquet"
    )
    return [(row["as_of_date"] == DAY, str(row["until"]), row["why"]) for row in found.to_pylist()]


GROWS_UP = {"followed_until": {"below_years": 18}}
MOVES = {"cohort": {"events": LEFT}}
HOME = {"cohort": {"home": True}}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], _Rows, _Rows, list[Any]]] = {
    "all is followed": (GROWS_UP | MOVES, {"birth_month": "2012-01-01"}, [], [STAY], []),
    "18 in the month after both": (
        GROWS_UP,
        {"birth_month": "2006-03-01"},
        [],
        [],
        [(True, "2024-03-01", "age"), (False, "2024-03-01", "age")],
    ),
    "18 on the day after the horizon": (
        GROWS_UP,
        {"birth_month": "2006-05-01"},
        [],
        [],
        [(False, "2024-05-01", "age")],
    ),
    "18 before": (
        GROWS_UP,
        {"birth_month": "2005-05-01"},
        [],
        [],
        [(True, "2024-01-01", "age"), (False, "2024-02-10", "age")],
    ),
    "nobody said until when": ({}, {"birth_month": "2006-03-01"}, [], [], []),
    "age not known": (GROWS_UP, {"birth_month": None}, [], [], []),
    "died": (
        {},
        {},
        [{"event_type": "death", "occurred_on": "2024-02-01"}],
        [],
        [(True, "2024-02-01", "death"), (False, "2024-02-10", "death")],
    ),
    "died, and the outcome was written down afterwards": (
        {},
        {},
        [
            {"event_type": "death", "occurred_on": "2023-12-15", "known_from": "2024-05-01"},
            {"event_type": "cin_start", "occurred_on": "2024-01-10"},
        ],
        [],
        [(True, "2024-01-01", "death"), (False, "2024-02-10", "death")],
    ),
    "the outcome came before the death": (
        {},
        {},
        [
            {"event_type": "death", "occurred_on": "2024-02-01"},
            {"event_type": "cin_start", "occurred_on": "2024-01-10"},
        ],
        [],
        [(False, "2024-02-10", "death")],
    ),
    "a death that was withdrawn": (
        {},
        {},
        [{"event_type": "death", "occurred_on": "2024-02-01", "known_to": "2024-03-01"}],
        [],
        [],
    ),
    "left, after the first look": (
        MOVES,
        {},
        [{"event_type": "moved_away", "occurred_on": "2024-02-01"}],
        [],
        [(True, "2024-02-01", "left")],
    ),
    "left before, and came back": (MOVES, {}, [{"event_type": "moved_away", "occurred_on": "2023-12-31"}], [], []),
    "leaving is nobody's rule": ({}, {}, [{"event_type": "moved_away", "occurred_on": "2024-02-01"}], [], []),
    "the last home ended": (
        HOME,
        {},
        [],
        [STAY | {"valid_to": "2024-03-01"}],
        [(True, "2024-03-01", "left"), (False, "2024-03-01", "left")],
    ),
    "another home followed": (
        HOME,
        {},
        [],
        [STAY | {"valid_to": "2024-03-01"}, STAY | {"valid_from": "2024-03-05", "household_id": "i"}],
        [],
    ),
    "no home was ever known": (HOME, {}, [], [], []),
    "age says more than death": (
        GROWS_UP,
        {"birth_month": "2006-03-01"},
        [{"event_type": "death", "occurred_on": "2024-01-05"}],
        [],
        [(True, "2024-03-01", "age"), (False, "2024-03-01", "age")],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_who_was_followed(tmp_path: Path, case: str) -> None:
    until, person, event, household, right = CASES[case]
    assert _found(tmp_path, until, person, event, household) == right


@settings(max_examples=examples(25), deadline=None)
@given(
    st.none() | st.dates(datetime.date(2005, 1, 1), datetime.date(2007, 12, 1)).map(lambda day: day.replace(day=1)),
    st.lists(st.tuples(st.sampled_from(["death", "moved_away", "cin_start"]), st.integers(-30, 200)), max_size=4),
)
def test_beside_an_oracle_that_walks_over_the_days(birth: datetime.date | None, days: list[tuple[str, int]]) -> None:
    dated = [(kind, DAY + datetime.timedelta(days=day)) for kind, day in days]

    def is_out(day: datetime.date, look: datetime.date) -> bool:
        grown = birth is not None and (day.year - birth.year) * 12 + day.month - birth.month >= 18 * 12
        died = any(kind == "death" and then <= day for kind, then in dated)
        left = any(kind == "moved_away" and look <= then <= day for kind, then in dated)
        return grown or died or left

    def is_unseen(look: datetime.date) -> bool:
        days_ = [look + datetime.timedelta(days=day) for day in range(HORIZON)]
        grown = any(birth is not None and (d.year - birth.year) * 12 + d.month - birth.month >= 18 * 12 for d in days_)
        for day in days_:
            if grown or is_out(day, look):
                return True
            if ("cin_start", day) in dated:
                return False
        return False

    right = {look == DAY for look in (DAY, DAY + datetime.timedelta(days=40)) if is_unseen(look)}
    with tempfile.TemporaryDirectory() as folder:
        event: _Rows = [{"event_type": kind, "occurred_on": then} for kind, then in dated]
        found = _found(Path(folder), GROWS_UP | MOVES, {"birth_month": birth}, event, [])
    assert {first for first, _, _ in found} == right


def test_a_rule_says_something() -> None:
    with pytest.raises(ValidationError, match="must say below_years, events or home"):
        outcome(followed_until={})


def test_looks_are_counted_by_date_and_why() -> None:
    dates = [DAY, DAY, datetime.date(2024, 7, 1)]
    table = pa.table({"as_of_date": dates, "why": ["left", "age", "age"]})
    assert followed.counts(table) == {DAY: {"age": 1, "left": 1}, dates[2]: {"age": 1}}
