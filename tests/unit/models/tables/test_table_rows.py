"""Which part a row is in: no family on two sides, no date on two, and the same whatever the order of the rows."""

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.errors import InputError
from models.splits import NotEnoughError
from models.tables.table_columns import ColumnRoles
from models.tables.table_rows import CHOOSE_SHARE, TablePair, split_rows
from tests.examples import examples

ROLES = ColumnRoles("y", person="id", family="home", date="day")


def frame(people: range, days: list[str], **more: Any) -> pd.DataFrame:
    """Return a row a person and day; two have a home; every third has the outcome."""
    rows = [
        {"id": f"p{one}", "home": f"h{one // 2}", "day": day, "x": one % 7, "y": one % 3 == 0}
        for day in days
        for one in people
    ]
    return pd.DataFrame(rows).assign(**more)


def pair(folder: Path, learn: pd.DataFrame, test: pd.DataFrame, roles: ColumnRoles = ROLES) -> TablePair:
    """Write both files and read them."""
    learn.to_csv(folder / "train.csv", index=False)
    test.to_parquet(folder / "test.parquet")
    return TablePair.read(folder / "train.csv", folder / "test.parquet", roles)


@given(seed=st.integers(0, 5), order=st.permutations(range(120)))
@settings(max_examples=examples(20), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_families_are_on_one_side_whatever_the_order(tmp_path: Path, seed: int, order: list[int]) -> None:
    learn, test = frame(range(120), ["2021-01-01"]), frame(range(200, 230), ["2022-01-01"])
    parts = []
    for rows in (learn, learn.iloc[order]):
        tables = pair(tmp_path, rows, test)
        split = split_rows(tables, horizon=None, seed=seed)
        homes = {name: set(tables.families[rows]) for name, rows in split.rows.items()}
        assert not homes["train"] & homes["choose"]
        assert sum(len(rows) for rows in split.rows.values()) == 150
        parts.append({rows["id"].iloc[at] for at in split.rows["choose"]})
    assert parts[0] == parts[1]
    assert 0.1 < len(parts[0]) / 120 < 0.45


@given(st.lists(st.integers(1, 40), min_size=2, max_size=8))
@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_newest_dates_are_to_choose_on(tmp_path: Path, sizes: list[int]) -> None:
    days = [f"2021-{month:02}-01" for month in range(1, len(sizes) + 1)]
    learn = pd.concat(frame(range(size + 3), [day]) for size, day in zip(sizes, days, strict=True))
    tables = pair(tmp_path, learn, frame(range(100, 130), ["2022-01-01"]))
    split = split_rows(tables, horizon=None, seed=0)
    newest = next(
        at for at in range(len(days) - 1, -1, -1) if sum(sizes[at:]) + 3 * len(sizes[at:]) >= CHOOSE_SHARE * len(learn)
    )
    begins = np.datetime64(days[max(newest, 1)])
    assert (tables.days[split.rows["train"]] < begins).all()
    assert (tables.days[split.rows["choose"]] >= begins).all()
    assert len(split.rows["train"]) + len(split.rows["choose"]) == len(learn)


def test_outcomes_that_were_open_are_dropped(tmp_path: Path) -> None:
    days = ["2021-01-01", "2021-04-01", "2021-07-01", "2021-10-01"]
    tables = pair(tmp_path, frame(range(30), days), frame(range(40, 70), ["2022-01-01"]))
    free, held = (split_rows(tables, horizon=horizon, seed=0) for horizon in (None, 92))
    assert "Without --horizon" in free.said[0]
    assert {name: len(rows) for name, rows in free.rows.items()} == {"train": 90, "choose": 30, "test": 30}
    assert {name: len(rows) for name, rows in held.rows.items()} == {"train": 90, "choose": 30, "test": 30}
    longer = pair(tmp_path, frame(range(30), days), frame(range(40, 70), ["2022-06-01"]))
    dropped = split_rows(longer, horizon=150, seed=0)
    assert {name: len(rows) for name, rows in dropped.rows.items()} == {"train": 60, "choose": 30, "test": 30}
    assert dropped.said == ("30 rows were left out: their horizon of 150 days reaches into the next part.",)
    one = datetime.date(2021, 10, 1)
    assert longer.days[dropped.rows["choose"]].tolist() == [one] * 30
    with pytest.raises(NotEnoughError, match="the part choose has no rows whose horizon of 300 days"):
        split_rows(tables, horizon=300, seed=0)


def test_a_test_before_what_was_learned_is_said(tmp_path: Path) -> None:
    tables = pair(tmp_path, frame(range(30), ["2021-01-01", "2022-01-01"]), frame(range(40, 70), ["2021-06-01"]))
    assert "does not test the future" in split_rows(tables, horizon=None, seed=0).said[1]
    with pytest.raises(NotEnoughError):
        split_rows(tables, horizon=1, seed=0)


def test_people_of_the_test_who_were_learned_from_are_counted(tmp_path: Path) -> None:
    learn, test = frame(range(30), ["2021-01-01", "2021-06-01"]), frame(range(25, 45), ["2022-01-01"])
    said = pair(tmp_path, learn, test).said
    assert "5 of the 20 people of the test are also among those learned from." in said
    assert "3 of the 11 families of the test are also among those learned from." in said
    alone = pair(tmp_path, learn[["x", "y"]], test[["x", "y"]], ColumnRoles("y"))
    assert "Without --person nobody can say" in alone.said[-1]
    assert alone.unit == "rows"


def test_what_must_be_said_of_the_files(tmp_path: Path) -> None:
    learn = frame(range(30), ["2021-01-01"]).assign(number=range(1000, 1030))
    test = frame(range(40, 60), ["2022-01-01"]).assign(number=5, late=1.0)
    learn["y"] = learn["y"].astype("Int8").where(learn.index > 3)
    tables = pair(tmp_path, learn, test)
    assert tables.said[0] == "train.csv: 4 rows without an outcome were left out."
    assert "test.parquet: late is not in train.csv and was left aside." in tables.said
    assert "train.csv: number is a whole number that differs in every row. Is it an identifier?" in tables.said
    assert len(tables.outcomes) == 46


@pytest.mark.parametrize(
    ("learn", "test", "words"),
    [
        ({"days": ["2021-01-01"] * 2}, {}, r"train\.csv: 30 rows repeat a person on a date \(id\)"),
        ({}, {"days": ["2022-01-01"] * 2}, r"test\.parquet: 20 rows repeat a person on a date \(id\)"),
        ({}, {"people": range(25, 45), "days": ["2021-01-01"]}, "5 rows are of a person and date that train.csv holds"),
    ],
)
def test_a_person_stands_once_on_a_date(
    tmp_path: Path, learn: dict[str, Any], test: dict[str, Any], words: str
) -> None:
    first = frame(**{"people": range(30), "days": ["2021-01-01"]} | learn)
    second = frame(**{"people": range(40, 60), "days": ["2022-01-01"]} | test)
    with pytest.raises(InputError, match=words):
        pair(tmp_path, first, second)


def test_a_part_needs_both(tmp_path: Path) -> None:
    learn, test = frame(range(30), ["2021-01-01"]), frame(range(40, 60), ["2022-01-01"])
    for outcome, words in ((0, "nobody with the outcome among 20 rows"), (1, "nobody without the outcome among 20")):
        with pytest.raises(NotEnoughError, match=rf"test\.parquet: the part test has {words}"):
            split_rows(pair(tmp_path, learn, test.assign(y=outcome)), horizon=None, seed=0)
    with pytest.raises(NotEnoughError, match=r"train\.csv: the part train has nobody with"):
        split_rows(pair(tmp_path, learn.assign(y=0), test), horizon=None, seed=0)


def test_who_stands_under_two_families_ties_them(tmp_path: Path) -> None:
    """Otherwise the same child would be two strangers to every interval."""
    learn = frame(range(40), ["2021-01-01", "2021-07-01"])
    learn.loc[(learn["id"] == "p0") & (learn["day"] == "2021-07-01"), "home"] = "h9"
    tables = pair(tmp_path, learn, frame(range(200, 230), ["2022-01-01"]))
    assert "1 people stand under more than one home: what they tie is one family." in tables.said
    family = dict(zip(learn["id"], tables.families[: len(learn)], strict=True))
    assert len({family[one] for one in ("p0", "p1", "p18", "p19")}) == 1
    assert len({*tables.families[: len(learn)]}) == 19


def test_identifiers_that_lost_their_zeros_are_refused(tmp_path: Path) -> None:
    learn = frame(range(40), ["2021-01-01"]).assign(id=[f"{one:06}" for one in range(1, 41)])
    test = frame(range(40), ["2022-01-01"]).assign(id=range(1, 41))
    with pytest.raises(InputError, match=r"40 values of id are those of train\.csv but for zeros before them"):
        pair(tmp_path, learn, test)
