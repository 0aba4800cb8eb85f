"""Of which days a source has told: periods by their names, delays, gaps, and spans against sets of days."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.declarations.sources import Source
from hub.errors import IntegrityError
from hub.staging import reporting
from hub.staging.reporting import Reported

FIRST = datetime.date(2020, 1, 1)
DAY = datetime.timedelta(days=1)


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("period", "year"),
    [
        ("2019", 2019),
        ("2018-19", 2019),
        ("2018_19", 2019),
        ("2018/2019", 2019),
        ("20182019", 2019),
        ("201819", 2019),
        ("1819", 2019),
        ("18-19", 2019),
        ("1920", 2020),
        ("2021", 2021),
        ("1999-00", 2000),
        ("FY19", 2019),
        ("FY2019", 2019),
        (" 2019 ", 2019),
        ("2018-20", None),
        ("spring", None),
        ("19", None),
        ("", None),
    ],
)
def test_the_year_of_a_period(period: str, year: int | None) -> None:
    assert reporting.year_of(period) == year


def source(**said: object) -> Source:
    ordinary = {"name": "care", "adapter": "ssda903", "agency": "council", "gateways": ["duty"]}
    return Source.model_validate(ordinary | said)


YEAR_NAMED = [(day("2020-06-01"), 900), (day("2021-05-01"), 2)]
YEAR_BEGUN = [(day("2020-06-01"), 700), (day("2021-05-01"), 900)]


@pytest.mark.parametrize(
    ("delivered_on", "period", "months", "delay", "first", "until"),
    [
        ("2021-06-30", "2021", [], None, "2020-04-01", "2021-04-01"),
        ("2024-06-30", "2021", [], None, "2020-04-01", "2021-04-01"),
        ("2021-02-01", "2021", [], None, "2020-04-01", "2021-02-01"),
        ("2021-04-11", "2021", [], 30, "2020-04-01", "2021-03-12"),
        ("2022-06-30", "2021", YEAR_NAMED, None, "2020-04-01", "2021-04-01"),
        ("2022-06-30", "2021", YEAR_BEGUN, None, "2021-04-01", "2022-04-01"),
        ("2021-06-30", "spring", [], None, "0001-01-01", "2021-06-30"),
        ("2021-06-30", None, [], 14, "0001-01-01", "2021-06-16"),
    ],
)
def test_the_days_of_which_a_delivery_tells(
    delivered_on: str,
    period: str | None,
    months: list[tuple[datetime.date, int]],
    delay: int | None,
    first: str,
    until: str,
) -> None:
    declared = source(recording_delay_days=delay)
    assert reporting.of_delivery(declared, day(delivered_on), period, months) == (day(first), day(until))


def test_an_assumed_delay_counts_as_the_recording_delay_unless_another_is_declared() -> None:
    assumed = {"lag_days": 7, "because": "Practice standards ask for a record within a week."}
    assert (source().delay_days, source(assumed_recording=assumed).delay_days) == (0, 7)
    assert source(assumed_recording=assumed, recording_delay_days=0).delay_days == 0


SPANS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda ends: tuple(FIRST + one * DAY for one in ends)),
    max_size=5,
)


def _days(spans: list[tuple[datetime.date, datetime.date]]) -> set[datetime.date]:
    return {
        FIRST + number * DAY for number in range(41) for first, until in spans if first <= FIRST + number * DAY < until
    }


@given(spans=SPANS, other=SPANS, first=st.integers(0, 40), length=st.integers(1, 20))
def test_spans_are_the_sets_of_their_days(
    spans: list[tuple[datetime.date, datetime.date]],
    other: list[tuple[datetime.date, datetime.date]],
    first: int,
    length: int,
) -> None:
    told, also = Reported.of(spans), Reported.of(other)
    days, others = _days(spans), _days(other)
    asked = {FIRST + (first + number) * DAY for number in range(length)}
    assert told.covers(FIRST + first * DAY, FIRST + (first + length) * DAY) == (asked <= days)
    assert told.last == max(days, default=None)
    assert _days(list(told.both(also).spans)) == days & others
    assert Reported.from_json(told.as_json()) == told
    assert all(end < begin for (_, end), (begin, _) in zip(told.spans, told.spans[1:], strict=False))


def test_a_year_without_a_return_is_a_gap() -> None:
    told = Reported.of([(day("2018-04-01"), day("2019-04-01")), (day("2020-04-01"), day("2021-04-01"))])
    assert told.covers(day("2018-04-01"), day("2019-04-01"))
    assert not told.covers(day("2018-07-01"), day("2019-07-01"))
    assert not told.covers(day("2019-05-01"), day("2019-06-01"))
    assert told.last == day("2021-03-31")


@pytest.mark.parametrize("said", [None, [["2020-01-01"]], [["x", "2020-01-01"]], 3])
def test_what_is_no_span_is_refused(said: object) -> None:
    with pytest.raises(IntegrityError, match="up to which day"):
        Reported.from_json(said)
