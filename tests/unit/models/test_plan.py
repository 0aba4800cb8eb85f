"""The plan of dates: as rows, as JSON and as a picture that says the same."""

import datetime

import pytest
from lxml import etree

from models import plan
from models.splits import NotEnoughError
from tests.factories.feature_sets import DATES, TEST_DATES, early_help, indicators

PLAN = {
    "train": {"first": "2021-01-01", "until": "2022-06-01"},
    "folds": {"number": 2},
    "choose": {"first": "2022-06-01", "until": "2023-01-01"},
    "test": {"first": "2023-01-01", "until": "2024-01-01"},
}
CASE = early_help(indicators(), validation=PLAN)


def test_each_fold_and_part_is_a_row() -> None:
    found = plan.plan(CASE, [*DATES, *TEST_DATES])
    assert [(row["what"], row["learns from"], row["looked at on"]) for row in plan.rows(found)] == [
        ("fold 1 of 2", "1 January 2021", "1 July 2021"),
        ("fold 2 of 2", "2 dates, 1 January 2021 to 1 July 2021", "1 January 2022"),
        ("train: to learn from", "3 dates, 1 January 2021 to 1 January 2022", ""),
        ("choose: to choose and to set the line", "", "1 September 2022"),
        ("test: to test, once", "", "2 dates, 1 April 2023 to 1 July 2023"),
    ]
    assert plan.rows(found)[0]["outcomes known by"] == "1 April 2021"
    said = plan.as_json(found)
    assert said["folds"][0] == {"learn": ["2021-01-01"], "held": ["2021-07-01"]}
    assert said["test"] == ["2023-04-01", "2023-07-01"]


def test_a_date_whose_outcomes_are_open_is_left_out_and_said() -> None:
    found = plan.plan(CASE, [*DATES, TEST_DATES[0]], [TEST_DATES[1]])
    assert [one.reason for one in found.splits.dropped] == ["its horizon is not complete in the snapshot"]


def test_a_fold_without_a_date_is_named() -> None:
    wide = early_help(indicators(), validation=PLAN | {"folds": {"number": 3}})
    with pytest.raises(NotEnoughError, match="Fold 1 of 3"):
        plan.plan(wide, [*DATES, *TEST_DATES])


def test_the_picture_has_a_mark_for_each_date_and_words_for_who_cannot_see_it() -> None:
    found = plan.plan(CASE, [*DATES, *TEST_DATES])
    root = etree.fromstring(plan.picture(found).encode())
    svg = "{http://www.w3.org/2000/svg}"
    circles, squares = (
        root.findall(f"{svg}circle"),
        [one for one in root.iter(f"{svg}rect") if one.get("width") == "12"],
    )
    assert len(circles) == 1 + 2 + 3
    assert len(squares) == 1 + 1 + 1 + 2
    title = root.find(f"{svg}title")
    assert title is not None
    assert title.text is not None
    assert "fold 1 of 2: 1 January 2021, looked at on 1 July 2021" in title.text
    horizons = [float(one.get("width") or 0) for one in root.iter(f"{svg}rect") if one.get("height") == "8"]
    days = (TEST_DATES[1] - DATES[0] + datetime.timedelta(days=90)).days
    assert max(horizons) == pytest.approx(90 / days * 630, abs=0.2)
