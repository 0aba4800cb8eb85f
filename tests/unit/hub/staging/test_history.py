"""History: what deliveries after each other leave, against a slow oracle and against what was seen at the time."""

import datetime
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import sql
from hub.staging import history
from hub.tables import STAGED_EVENT, STAGED_INVOLVEMENT
from tests.examples import examples

START = datetime.date(2024, 1, 1)
Day = datetime.date


def day(number: int) -> Day:
    """Return the day with a number."""
    return START + datetime.timedelta(days=number)


@dataclass(frozen=True)
class Row:
    """One delivered event; `name` is its content, so that another type, day or person is another name."""

    name: str
    person: str
    type: str
    occurred_on: Day
    recorded: Day | None = None
    is_mapped: bool = False

    @property
    def event_id(self) -> str:
        return f"{self.person} {self.type} {self.occurred_on} {self.name}"


@dataclass(frozen=True)
class Delivery:
    """One delivery: its day, whom it lists, which types are mapped, and its events."""

    on: Day
    people: frozenset[str]
    types: frozenset[str]
    rows: tuple[Row, ...]

    def since(self) -> dict[str, Day | None]:
        """All types come from one table."""
        return dict.fromkeys(self.types, min((row.occurred_on for row in self.rows), default=None))


Known = dict[tuple[str, Day], Day | None]
"""(event, known_from) → known_to."""


_CONNECTION = sql.connect(threads=1)


def runs(deliveries: list[Delivery]) -> list[tuple[Known, dict[str, int]]]:
    """Take deliveries in with the statements of `history`; return what stands after each, and the fates."""
    before = STAGED_EVENT.schema.empty_table()
    found = []
    for last, one in zip([None, *deliveries], deliveries, strict=False):
        before, fates = _taken_in(_CONNECTION, one, last, before)
        rows = before.to_pylist()
        assert len({(row["event_id"], row["known_from"]) for row in rows}) == len(rows)
        found.append(({(row["event_id"], row["known_from"]): row["known_to"] for row in rows}, fates))
    return found


def run(deliveries: list[Delivery]) -> tuple[Known, dict[str, int]]:
    """Return what stands after the last delivery, and its fates."""
    return runs(deliveries)[-1]


def _taken_in(
    connection: Any, one: Delivery, last: Delivery | None, before: pa.Table
) -> tuple[pa.Table, dict[str, int]]:
    now = [
        {
            "record_key": row.person, "event_type": row.type, "event_id": row.event_id, "occurred_on": row.occurred_on,
            "source": "s", "recorded": row.recorded, "is_mapped": row.is_mapped,
        }
        for row in one.rows
    ]  # fmt: skip
    columns = [field for field in STAGED_EVENT.schema if field.name not in ("known_from", "known_to")]
    given = pa.schema([*columns, pa.field("recorded", pa.date32()), pa.field("is_mapped", pa.bool_())])
    tables = {
        "#events": pa.Table.from_pylist(now, schema=given),
        "#before event": before,
        "#keys": pa.table({"record_key": pa.array(sorted(one.people), pa.string())}),
        "#since": _since(one.since(), "since"),
        "#covered": _since(last.since() if last else {}, "told"),
    }
    for name, table in tables.items():
        connection.register(name, table)
    days = {"day": sql.date(one.on), "last": sql.date(last.on if last else Day(1, 1, 1))}
    connection.execute(f'CREATE OR REPLACE TABLE "#known events" AS {history.known_events(**days)}')
    connection.execute(f"CREATE OR REPLACE TABLE judged AS {history.judged(day=days['day'])}")
    names = ", ".join(field.name for field in STAGED_EVENT.fields)
    stays = "fate <> 'left_out' AND (known_to IS NULL OR known_to > known_from)"
    whole = f'SELECT {names} FROM "#known events" UNION ALL SELECT {names} FROM judged WHERE {stays}'
    found = connection.sql(whole).to_arrow_table().cast(STAGED_EVENT.schema)
    fates = dict(connection.execute("SELECT fate, count(*) FROM judged GROUP BY 1").fetchall())
    return found, fates


def _since(days: dict[str, Day | None], name: str) -> pa.Table:
    return pa.table({"event_type": pa.array(list(days), pa.string()), name: pa.array(list(days.values()), pa.date32())})


def oracle(deliveries: list[Delivery]) -> Known:
    """Work out the same the slow way: every event through every delivery."""
    kept: dict[str, tuple[Row, list[list[Any]]]] = {}  # spans: from a day to one or None
    last: Delivery | None = None
    for one in deliveries:
        first: dict[str, Day] = {}
        for row in one.rows:
            spans = kept.get(row.event_id, (row, []))[1]
            if spans and spans[-1][1] is None:
                if not row.is_mapped and row.recorded is not None and last is not None:
                    sure = max(last.on, spans[-1][0])
                    spans[-1][0] = max(row.occurred_on, min(sure, max(row.recorded, spans[-1][0])))
                continue
            known = row.recorded or one.on
            if last is not None and row.recorded is not None and row.recorded <= last.on:
                told = last.since().get(row.type)
                if told is not None and row.occurred_on >= told:
                    known = one.on
            ended = [span[1] for span in spans if span[1] is not None]
            first[row.event_id] = max([known, row.occurred_on, *ended])
            kept[row.event_id] = (row, [*spans, [first[row.event_id], None]])
        here = {row.event_id for row in one.rows}
        for name, (row, spans) in list(kept.items()):
            if row.type not in one.types:
                del kept[name]
            elif name not in here and spans and spans[-1][1] is None and row.person in one.people:
                since = one.since()[row.type]
                if since is not None and row.occurred_on >= since:
                    same = (row.person, row.type, row.occurred_on)
                    instead = [
                        at for other, at in first.items()
                        if (kept[other][0].person, kept[other][0].type, kept[other][0].occurred_on) == same
                    ]  # fmt: skip
                    spans[-1][1] = min([one.on, *instead])
                    if spans[-1][1] <= spans[-1][0]:
                        spans.pop()
        last = one
    return {(name, span[0]): span[1] for name, (_, spans) in kept.items() for span in spans}


PEOPLE, TYPES = ("ann", "ben"), ("a", "b")


def _rows(recorded: st.SearchStrategy[tuple[int, bool] | None]) -> st.SearchStrategy[list[Row]]:
    one = st.tuples(
        st.sampled_from("xy"), st.sampled_from(PEOPLE), st.sampled_from(TYPES), st.integers(0, 12), recorded
    )

    def row(drawn: tuple[str, str, str, int, tuple[int, bool] | None]) -> Row:
        name, person, type_, occurred, said = drawn
        on = None if said is None else day(occurred + said[0])
        return Row(name, person, type_, day(occurred), on, said is not None and said[1])

    return st.lists(one.map(row), max_size=12, unique_by=lambda row: row.event_id)


def _deliveries(recorded: st.SearchStrategy[tuple[int, bool] | None]) -> st.SearchStrategy[list[Delivery]]:
    people = st.sampled_from([frozenset(PEOPLE), frozenset(PEOPLE), frozenset({"ann"})])
    types = st.sampled_from([frozenset(TYPES), frozenset(TYPES), frozenset(TYPES), frozenset({"a"})])
    several = st.lists(st.tuples(people, types, _rows(recorded)), min_size=1, max_size=4)

    def deliveries(drawn: list[tuple[frozenset[str], frozenset[str], list[Row]]]) -> list[Delivery]:
        found = []
        for number, (listed, mapped, rows) in enumerate(drawn):
            on = day(8 + 4 * number)
            held = [
                row
                if row.recorded is None or row.recorded <= on
                else Row(row.name, row.person, row.type, row.occurred_on)
                for row in rows
                if row.person in listed and row.type in mapped
            ]
            found.append(Delivery(on, listed, mapped, tuple(held)))
        return found

    return several.map(deliveries)


SAID = st.one_of(st.none(), st.tuples(st.integers(-1, 6), st.booleans()))


@settings(max_examples=examples(40), deadline=None)
@given(_deliveries(SAID))
def test_history_equals_the_oracle(deliveries: list[Delivery]) -> None:
    assert run(deliveries)[0] == oracle(deliveries)


@settings(max_examples=examples(25), deadline=None)
@given(_deliveries(st.none()))
def test_later_deliveries_never_change_what_was_known_at_a_time(deliveries: list[Delivery]) -> None:
    """A source without recording dates: on every day between two deliveries the same is seen then and ever after."""
    every = runs(deliveries)
    whole, _ = every[-1]
    types = frozenset.intersection(*(one.types for one in deliveries))
    for number, one in enumerate(deliveries):
        then, _ = every[number]
        until = deliveries[number + 1].on if number + 1 < len(deliveries) else one.on + datetime.timedelta(days=5)
        for at in range((until - one.on).days):
            on = one.on + datetime.timedelta(days=at)
            assert _seen(whole, on, types) == _seen(then, on, types)


def _seen(known: Known, on: Day, types: frozenset[str]) -> set[str]:
    return {
        name
        for (name, known_from), known_to in known.items()
        if known_from <= on and (known_to is None or known_to > on) and name.split()[1] in types
    }


FIRST = Row("x", "ann", "a", day(1))
OLD = Row("old", "ann", "a", day(0))
BEN = Row("x", "ben", "a", day(1))


@pytest.mark.parametrize(
    ("second", "fate", "known_to"),
    [
        pytest.param(Delivery(day(9), frozenset(PEOPLE), frozenset("a"), (OLD,)), "withdrawn", day(9), id="withdrawn"),
        pytest.param(
            Delivery(day(9), frozenset(PEOPLE), frozenset("a"), (OLD, Row("y", "ann", "a", day(1), day(7), True))),
            "corrected", day(7), id="corrected from the day on which the correction was recorded",
        ),
        pytest.param(
            Delivery(day(9), frozenset(PEOPLE), frozenset("a"), (OLD, Row("y", "ann", "a", day(1), day(3), True))),
            "corrected", day(9), id="a backdated correction counts from its delivery",
        ),
        pytest.param(
            Delivery(day(9), frozenset(PEOPLE), frozenset("a"), (Row("x", "ann", "a", day(2)),)), "not_delivered", None,
            id="older than all that is delivered",
        ),
        pytest.param(
            Delivery(day(9), frozenset(PEOPLE), frozenset("a"), ()), "not_delivered", None, id="nothing is told"
        ),
        pytest.param(
            Delivery(day(9), frozenset({"ben"}), frozenset("a"), (Row("old", "ben", "a", day(0)),)), "absent", None,
            id="the person is not in the delivery",
        ),
        pytest.param(
            Delivery(day(9), frozenset(PEOPLE), frozenset("b"), ()), "left_out", "gone", id="not mapped any more"
        ),
    ],
)  # fmt: skip
def test_what_becomes_of_an_event(second: Delivery, fate: str, known_to: Day | str | None) -> None:
    first = Delivery(day(5), frozenset(PEOPLE), frozenset("a"), (FIRST,))
    known, fates = run([first, second])
    assert fates[fate] == 1
    assert known.get((FIRST.event_id, day(5)), "gone") == known_to


def test_what_comes_back_is_known_anew_and_was_not_known_in_between() -> None:
    first, second, third = (
        Delivery(day(on), frozenset(PEOPLE), frozenset("a"), rows)
        for on, rows in ((5, (OLD, FIRST)), (9, (OLD,)), (20, (OLD, FIRST)))
    )
    known, _ = run([first, second, third])
    assert known == {(OLD.event_id, day(5)): None, (FIRST.event_id, day(5)): day(9), (FIRST.event_id, day(20)): None}


@pytest.mark.parametrize(("recorded", "known"), [(4, 9), (5, 9), (6, 6), (None, 9)])
def test_nothing_can_have_been_known_when_a_delivery_lacked_it(recorded: int | None, known: int) -> None:
    late = Row("y", "ann", "a", day(2), None if recorded is None else day(recorded), recorded is not None)
    first = Delivery(day(5), frozenset(PEOPLE), frozenset("a"), (FIRST,))
    second = Delivery(day(9), frozenset(PEOPLE), frozenset("a"), (FIRST, late))
    assert (late.event_id, day(known)) in run([first, second])[0]
    unmapped = Delivery(day(5), frozenset(PEOPLE), frozenset("b"), ())
    if recorded is not None:
        assert (late.event_id, day(recorded)) in run([unmapped, second])[0], "that delivery told nothing of its type"


def _merged(spans: list[tuple[int, int | None]]) -> list[tuple[int, int | None]]:
    values = [
        {"record_key": "r", "event_id": "e", "event_type": "a", "occurred_on": day(0), "source": "s",
         "known_from": day(start), "known_to": None if end is None else day(end)}
        for start, end in spans
    ]  # fmt: skip
    _CONNECTION.register("held", pa.Table.from_pylist(values, schema=STAGED_EVENT.schema))
    found = _CONNECTION.sql(history.merged_events("held")).to_arrow_table().to_pylist()
    return sorted(
        ((row["known_from"] - START).days, None if row["known_to"] is None else (row["known_to"] - START).days)
        for row in found
    )


SPANS = st.tuples(st.integers(0, 20), st.one_of(st.none(), st.integers(1, 9))).map(
    lambda drawn: (drawn[0], None if drawn[1] is None else drawn[0] + drawn[1])
)


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(SPANS, min_size=1, max_size=6))
def test_times_of_one_event_in_several_periods_become_one(spans: list[tuple[int, int | None]]) -> None:
    found = _merged(spans)

    def days(held: list[tuple[int, int | None]]) -> set[int]:
        return {at for start, end in held for at in range(start, 40 if end is None else end)}

    assert days(found) == days(spans)
    assert all(one[1] is not None and one[1] < other[0] for one, other in pairwise(found))


def test_of_an_involvement_in_several_periods_the_latest_says_the_end() -> None:
    text = {"record_key": "r", "agency": "council", "team": "t", "role": None, "source": "s", "valid_from": day(0)}
    rows = [
        text | {"known_from": day(3), "valid_to": None, "end_known_from": None, "rank": 0},
        text | {"known_from": day(9), "valid_to": day(7), "end_known_from": day(9), "rank": 1},
        text | {"known_from": day(9), "valid_to": None, "end_known_from": None, "rank": 1, "team": "u"},
        text | {"known_from": day(3), "valid_to": day(2), "end_known_from": day(3), "rank": 0, "team": "u"},
    ]
    schema = STAGED_INVOLVEMENT.schema.append(pa.field("rank", pa.int32()))
    with sql.connect(threads=1) as connection:
        connection.register("held", pa.Table.from_pylist(rows, schema=schema))
        merged = history.merged_times("held", STAGED_INVOLVEMENT)
        found = connection.execute(f"SELECT team, known_from, valid_to, end_known_from FROM ({merged}) ORDER BY 1")
        assert found.fetchall() == [("t", day(3), day(7), day(9)), ("u", day(3), None, None)]
