"""Splits by time: which dates are in which part, the gap between them, and the second look for leakage."""

import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.declarations.validation import Folds, ValidationPlan
from models.splits import (
    Fold,
    LeakageError,
    NotEnoughError,
    Splits,
    check_fold,
    check_no_leakage,
    folds_of,
    rows_of,
    rows_of_folds,
    split_dates,
)

DAY = datetime.timedelta(days=1)
START = datetime.date(2020, 1, 1)


def split(train: str, choose: str, test: str) -> ValidationPlan:
    """Return a split from three half-open ranges written "first until"."""
    ranges = {}
    for name, text in (("train", train), ("choose", choose), ("test", test)):
        first, until = text.split()
        ranges[name] = {"first": first, "until": until}
    return ValidationPlan.model_validate(ranges)


YEARLY = split("2020-01-01 2021-01-01", "2021-01-01 2022-01-01", "2022-01-01 2023-01-01")


def days(text: str) -> list[datetime.date]:
    """Return the dates in a text."""
    return [datetime.date.fromisoformat(one) for one in text.split()]


def drawn(splits: Splits) -> tuple[list[str], list[str], list[str], list[str]]:
    """Return the dates of each part and the dropped ones, as text."""
    parts = [[day.isoformat() for day in splits.part(name)] for name in ("train", "choose", "test")]
    return parts[0], parts[1], parts[2], [one.as_of_date.isoformat() for one in splits.dropped]


@pytest.mark.parametrize(
    ("complete", "open_", "horizon", "expected"),
    [
        pytest.param(
            "2020-02-01 2021-02-01 2022-02-01", "", 90,
            (["2020-02-01"], ["2021-02-01"], ["2022-02-01"], []), id="one date each",
        ),
        pytest.param(
            "2020-01-01 2020-12-31 2021-01-01 2022-01-01", "", 1,
            (["2020-01-01", "2020-12-31"], ["2021-01-01"], ["2022-01-01"], []), id="first is in, until is out",
        ),
        pytest.param(
            "2020-06-01 2020-11-03 2021-02-01 2022-02-01", "", 90,
            (["2020-06-01", "2020-11-03"], ["2021-02-01"], ["2022-02-01"], []), id="horizon ends on the next first",
        ),
        pytest.param(
            "2020-06-01 2020-11-04 2021-02-01 2022-02-01", "", 90,
            (["2020-06-01"], ["2021-02-01"], ["2022-02-01"], ["2020-11-04"]), id="horizon ends a day later",
        ),
        pytest.param(
            "2020-06-01 2021-02-01 2021-12-01 2022-02-01", "", 90,
            (["2020-06-01"], ["2021-02-01"], ["2022-02-01"], ["2021-12-01"]), id="gap before test",
        ),
        pytest.param(
            "2020-06-01 2021-02-01 2022-02-01", "2022-11-01", 90,
            (["2020-06-01"], ["2021-02-01"], ["2022-02-01"], ["2022-11-01"]), id="horizon not complete",
        ),
        pytest.param(
            "2019-06-01 2020-06-01 2021-02-01 2022-02-01 2023-01-01", "", 90,
            (["2020-06-01"], ["2021-02-01"], ["2022-02-01"], ["2019-06-01", "2023-01-01"]), id="outside all parts",
        ),
    ],
)  # fmt: skip
def test_which_date_is_where(complete: str, open_: str, horizon: int, expected: Any) -> None:
    assert drawn(split_dates(days(complete), days(open_), YEARLY, horizon)) == expected


def test_every_dropped_date_says_why() -> None:
    found = split_dates(days("2019-06-01 2020-06-01 2020-12-01 2021-02-01 2022-02-01"), days("2022-12-01"), YEARLY, 90)
    assert [one.reason for one in found.dropped] == [
        "it is in no part of the use case's plan",
        "its horizon of 90 days reaches past 2021-02-01, the first date of the part choose",
        "its horizon is not complete in the snapshot",
    ]
    assert found.as_json()["dropped"][1]["as_of_date"] == "2020-12-01"


@pytest.mark.parametrize(
    ("complete", "open_", "message"),
    [
        ("2020-02-01 2021-02-01", "", "The part test has no date of looking from 2022-01-01 to before 2023-01-01."),
        ("2021-02-01 2022-02-01", "", "The part train has no date"),
        ("2020-02-01 2022-02-01", "", "The part choose has no date"),
        ("2020-02-01 2021-02-01", "2022-02-01", "2022-02-01 was dropped: its horizon is not complete"),
        ("2020-12-01 2021-01-01 2022-02-01", "", "2020-12-01 was dropped: its horizon of 90 days reaches past"),
        ("", "", "The part train has no date"),
    ],
)
def test_an_empty_part_is_named(complete: str, open_: str, message: str) -> None:
    with pytest.raises(NotEnoughError, match=message):
        split_dates(days(complete), days(open_), YEARLY, 90)


@given(
    st.sets(st.integers(0, 400), min_size=3, max_size=30),
    st.lists(st.integers(0, 400), min_size=6, max_size=6, unique=True).map(sorted),
    st.integers(1, 120),
    st.sets(st.integers(0, 400), max_size=5),
)
def test_no_horizon_reaches_into_a_later_part(
    complete: set[int], bounds: list[int], horizon: int, open_: set[int]
) -> None:
    at = [(START + number * DAY).isoformat() for number in bounds]
    declared = split(f"{at[0]} {at[1]}", f"{at[2]} {at[3]}", f"{at[4]} {at[5]}")
    try:
        found = split_dates([START + n * DAY for n in complete], [START + n * DAY for n in open_], declared, horizon)
    except NotEnoughError:
        return
    for name, following in (("train", "choose"), ("choose", "test"), ("train", "test")):
        for day in found.part(name):
            assert day + horizon * DAY <= min(found.part(following))
    kept = [day for name in ("train", "choose", "test") for day in found.part(name)]
    dropped = [one.as_of_date for one in found.dropped]
    assert sorted(kept + dropped) == sorted({START + n * DAY for n in complete | open_}), "each date once, none lost"
    assert not set(kept) & {START + n * DAY for n in open_}
    for name in ("train", "choose", "test"):
        assert all(getattr(declared, name).holds(day) for day in found.part(name))


def rows(text: str) -> tuple[Any, Any]:
    """Return as-of dates and outcomes from words such as "2020-02-01:1" ("-" is no outcome)."""
    pairs = [word.split(":") for word in text.split()]
    dates = np.array([day for day, _ in pairs], dtype="datetime64[D]")
    return dates, np.array([np.nan if outcome == "-" else float(outcome) for _, outcome in pairs])


SPLITS = Splits(tuple(days("2020-02-01")), tuple(days("2021-02-01")), tuple(days("2022-02-01")), ())
WHOLE = "2020-02-01:0 2020-02-01:1 2021-02-01:0 2021-02-01:1 2022-02-01:0 2022-02-01:1"


def test_rows_of_each_part_without_those_that_have_no_outcome() -> None:
    dates, outcomes = rows("2020-02-01:- " + WHOLE + " 2022-02-01:- 2019-01-01:1")
    found = rows_of(SPLITS, dates, outcomes, np.ones(len(dates), dtype=np.bool_))
    assert {name: part.tolist() for name, part in found.items()} == {"train": [1, 2], "choose": [3, 4], "test": [5, 6]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (WHOLE.replace("2020-02-01:1", "2020-02-01:0"), "train of the split has nobody with the outcome among 2 rows"),
        (WHOLE.replace("2021-02-01:0", "2021-02-01:1"), "choose of the split has nobody without the outcome"),
        (WHOLE.replace("2022-02-01:0", "2022-02-01:-").replace("2022-02-01:1", ""), "test of the split has no rows"),
    ],
)
def test_a_part_that_cannot_teach_is_named(text: str, message: str) -> None:
    dates, outcomes = rows(text)
    with pytest.raises(NotEnoughError, match=message):
        rows_of(SPLITS, dates, outcomes, np.ones(len(dates), dtype=np.bool_))


def test_a_look_that_was_not_followed_to_its_end_is_in_no_part() -> None:
    dates, outcomes = rows(WHOLE + " 2022-02-01:0")
    followed = np.array([True] * 6 + [False])
    assert rows_of(SPLITS, dates, outcomes, followed)["test"].tolist() == [4, 5]


@pytest.mark.parametrize(
    ("dates", "message"),
    [
        ("2020-02-01 2020-05-01 2020-07-30", ""),
        ("2020-02-01 2020-04-30 2020-07-30", "part train are open until 2020-05-01, but the part choose begins"),
        ("2020-02-01 2020-05-01 2020-07-29", "part choose are open until 2020-07-30, but the part test begins"),
        ("2020-05-01 2020-02-01 2020-07-30", "part train are open until 2020-07-30"),
    ],
)
def test_leakage_of_a_horizon_of_90_days_is_looked_for_on_the_rows(dates: str, message: str) -> None:
    parts = {"train": np.array([0]), "choose": np.array([1]), "test": np.array([2])}
    at = np.array(dates.split(), dtype="datetime64[D]")
    if not message:
        check_no_leakage(parts, at, 90)
        return
    with pytest.raises(LeakageError, match=message):
        check_no_leakage(parts, at, 90)


def test_a_row_in_two_parts_is_leakage() -> None:
    dates = np.array(["2020-02-01", "2021-02-01", "2022-02-01"], dtype="datetime64[D]")
    same = {"train": np.array([0]), "choose": np.array([1]), "test": np.array([2])}
    check_no_leakage(same, dates, 1)
    with pytest.raises(LeakageError, match="two parts"):
        check_no_leakage({**same, "train": np.array([0, 0])}, dates, 1)


QUARTERS = "2020-01-01 2020-04-01 2020-07-01 2020-10-01 2021-01-01 2021-04-01"


@pytest.mark.parametrize(
    ("said", "horizon", "expected"),
    [
        ({"number": 1}, 90, ["1 2 3 4 5 | 6"]),
        ({"number": 2}, 90, ["1 2 3 4 | 5", "1 2 3 4 5 | 6"]),
        ({"number": 2}, 100, ["1 2 3 | 5", "1 2 3 4 | 6"]),
        ({"number": 2, "dates": 2}, 180, ["1 | 3 4", "1 2 3 | 5 6"]),
        ({"number": 2, "window": "rolling", "learn_dates": 2}, 90, ["3 4 | 5", "4 5 | 6"]),
        ({"number": 5}, 1, ["1 | 2", "1 2 | 3", "1 2 3 | 4", "1 2 3 4 | 5", "1 2 3 4 5 | 6"]),
    ],
)
def test_folds_learn_from_what_was_over(said: dict[str, Any], horizon: int, expected: list[str]) -> None:
    dates = days(QUARTERS)
    found = folds_of(dates, Folds.model_validate(said), horizon)
    numbers = {day: str(number) for number, day in enumerate(dates, 1)}
    assert [
        " | ".join(" ".join(numbers[day] for day in part) for part in (one.learn, one.held)) for one in found
    ] == expected


@pytest.mark.parametrize(
    ("said", "horizon", "message"),
    [
        ({"number": 6}, 1, "Fold 1 of 6 holds out 2020-01-01, and no earlier date"),
        ({"number": 7}, 1, "Fold 1 of 7 has no date to hold out"),
        ({"number": 4}, 366, "Fold 1 of 4 holds out 2020-07-01, and no earlier date"),
    ],
)
def test_a_fold_that_has_nothing_to_learn_from_is_named(said: dict[str, Any], horizon: int, message: str) -> None:
    with pytest.raises(NotEnoughError, match=message):
        folds_of(days(QUARTERS), Folds.model_validate(said), horizon)


def test_without_folds_there_are_none() -> None:
    assert folds_of(days(QUARTERS), None, 90) == ()


@given(
    st.lists(st.integers(0, 2000), min_size=1, max_size=12, unique=True).map(sorted),
    st.integers(1, 4), st.integers(1, 3), st.none() | st.integers(1, 4), st.integers(1, 400),
)  # fmt: skip
def test_no_fold_learns_from_what_was_open(
    offsets: list[int], number: int, each: int, learn: int | None, horizon: int
) -> None:
    dates = [START + offset * DAY for offset in offsets]
    window = {"window": "rolling", "learn_dates": learn} if learn is not None else {}
    try:
        found = folds_of(dates, Folds.model_validate({"number": number, "dates": each, **window}), horizon)
    except NotEnoughError:
        return
    held = [day for fold in found for day in fold.held]
    assert held == dates[len(dates) - number * each :]
    for fold in found:
        over = [day for day in dates if day + horizon * DAY <= fold.held[0]]
        assert list(fold.learn) == (over if learn is None else over[-learn:])


def test_the_rows_of_folds_are_rows_to_train_on() -> None:
    dates = np.array(["2020-01-01", "2020-07-01", "2020-07-01", "2021-01-01"], dtype="datetime64[D]")
    fold = Fold(tuple(days("2020-01-01")), tuple(days("2020-07-01")))
    [(learn, held)] = rows_of_folds([fold], np.array([0, 2, 3]), dates)
    assert (learn.tolist(), held.tolist()) == ([0], [2])


def test_each_fold_is_checked_on_its_rows() -> None:
    dates = np.array(["2020-01-01", "2020-01-01", "2020-03-31", "2020-03-31"], dtype="datetime64[D]")
    outcomes = np.array([0.0, 1.0, 0.0, 1.0])
    learn, held = np.array([0, 1]), np.array([2, 3])
    check_fold(1, dates, outcomes, learn, held, 90)
    with pytest.raises(LeakageError, match="fold 1 learns from are open until 2020-04-01, but it holds out 2020-03-31"):
        check_fold(1, dates, outcomes, learn, held, 91)
    with pytest.raises(NotEnoughError, match="Fold 2 has nobody without the outcome among 1 rows held out"):
        check_fold(2, dates, outcomes, learn, held[1:], 90)


def test_a_rolling_window_says_how_long_it_is() -> None:
    for said in ({"window": "rolling"}, {"learn_dates": 2}):
        with pytest.raises(ValueError, match="a rolling window says learn_dates"):
            Folds.model_validate({"number": 2, **said})
