"""Counts behind the levels of an outcome: how many children it happened to, of how many, by district and period.

Everything here is as the hub knows it on the snapshot's last day, and still holds small numbers: only
`features.levels.told_cells`, which withholds those, may tell of it.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

import duckdb
import numpy as np
import numpy.typing as npt

from features.declarations.conditions import event_condition, known_on
from features.declarations.outcomes import Outcome, Period
from features.levels.residents import of_ages, placed
from hub import sql
from hub.publishing.snapshots import Snapshot
from hub.staging.reporting import EVER, Reported

Whole = npt.NDArray[np.int64]
MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}
_LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Times:
    """One period `[first, until)`; complete when nearly all of its records will have reached the hub."""

    first: datetime.date
    until: datetime.date
    complete: bool


@dataclass(frozen=True, slots=True)
class LevelCounts:
    """Counts by district and period.

    Attributes:
        late_days: within so many days 19 in 20 records had reached the hub; None when nothing says so.
        times: the periods, oldest first.
        districts: the districts, sorted; one without a name where the snapshot knows none.
        counts: children to whom it happened, shape [districts, periods].
        sizes: of how many, the same shape.
        people: of all complete periods together, one row for each district and last the county: children to whom it
            happened, and children to whom it did not.
    """

    late_days: int | None
    times: tuple[Times, ...]
    districts: tuple[str, ...]
    counts: Whole
    sizes: Whole
    people: Whole


@dataclass(frozen=True, slots=True)
class Together:
    """How many children had which combination of related outcomes; a combination is a sum of 2^place in the group.

    Attributes:
        present: for each period's first day, the outcomes of which levels are told then.
        children: for a district's name and a period's first day, the children with each combination.
        ever: for a district's name, None for the county, and the outcomes that are present, the children who had each
            combination in at least one period that is complete for all of these.
    """

    present: Mapping[datetime.date, int] = field(default_factory=dict)
    children: Mapping[tuple[str, datetime.date], Mapping[int, int]] = field(default_factory=dict)
    ever: Mapping[tuple[str | None, int], Mapping[int, int]] = field(default_factory=dict)


def count(snapshot: Snapshot, outcome: Outcome, sources: Sequence[str]) -> LevelCounts | None:
    """Count an outcome by district and period; None when nothing happened or no whole period is known.

    Args:
        snapshot: what the hub knows now.
        outcome: the outcome.
        sources: the sources whose events count.
    """
    return count_related(snapshot, [(outcome, sources)])[0][0]


def count_related(
    snapshot: Snapshot, group: Sequence[tuple[Outcome, Sequence[str]]]
) -> tuple[tuple[LevelCounts | None, ...], Together]:
    """Count outcomes by district and period, and how many children had which of them.

    Args:
        snapshot: what the hub knows now.
        group: outcomes of the same ages and periods, each with the sources whose events count.
    """
    with sql.connect(threads=1) as connection:
        for table in ("person", "event", "household", "area"):
            connection.execute(f"CREATE VIEW {table} AS FROM {sql.parquet(snapshot.path(table))}")
        connection.execute(
            "CREATE TABLE looked (outcome TINYINT, person_id VARCHAR, district VARCHAR, first DATE, complete BOOLEAN, "
            "y INTEGER)"
        )
        found = tuple(_count(connection, snapshot, at, *one) for at, one in enumerate(group))
        return found, _together(connection) if len(group) > 1 else Together()


def _count(
    connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, at: int, outcome: Outcome, sources: Sequence[str]
) -> LevelCounts | None:
    """Count one outcome, and add to `looked` at whom."""
    connection.execute(
        f"CREATE OR REPLACE TABLE happened AS SELECT person_id, occurred_on, known_from FROM event WHERE "
        f"{event_condition(outcome.events)} AND source IN {sql.texts(sources)} AND {known_on(_now(snapshot))}"
    )
    late_days = late_within(connection, snapshot.known_to)
    reported = reduce(Reported.both, map(snapshot.reported, sources), EVER)
    times = _times(connection, outcome, reported, late_days or 0)
    if not times:
        return None
    _look(connection, snapshot, at, outcome, times)
    rows = connection.execute(
        f"SELECT district, first, count(*), sum(y) FROM looked WHERE outcome = {at} GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    districts = tuple(sorted({row[0] for row in rows}))
    if not districts:
        return None
    counts = np.zeros((len(districts), len(times)), dtype=np.int64)
    sizes = counts.copy()
    column_of = {one.first: column for column, one in enumerate(times)}
    for district, first, size, many in rows:
        cell = districts.index(district), column_of[first]
        sizes[cell], counts[cell] = size, many
    return LevelCounts(late_days, times, districts, counts, sizes, _people(connection, at, districts))


def _now(snapshot: Snapshot) -> str:
    return sql.date(snapshot.known_to)


def late_within(connection: duckdb.DuckDBPyConnection, known_to: datetime.date) -> int | None:
    """Return within how many days 19 in 20 records reached the hub, from those that are at least a year old.

    Newer ones would make it too short: what comes late of them is not there yet. None when there are none, or when it
    is more than a year: then the dates of recording are those of a delivery and say nothing.
    """
    old = known_to - datetime.timedelta(days=_LONGEST_DAYS)
    statement = f"""SELECT quantile_disc(greatest(known_from - occurred_on, 0), 0.95) FROM happened
                    WHERE occurred_on < {sql.date(old)}"""
    found = connection.execute(statement).fetchall()[0][0]
    return None if found is None or found > _LONGEST_DAYS else int(found)


def _times(
    connection: duckdb.DuckDBPyConnection, outcome: Outcome, reported: Reported, late_days: int
) -> tuple[Times, ...]:
    """Return the whole periods in which the definition holds and of which the sources told, from the first event on.

    The day of delivery itself, on which a source goes on, counts as told. A period is complete when so many days more
    were told of that nearly all of its records have come.
    """
    first = connection.execute(
        f"SELECT min(occurred_on) FROM happened WHERE occurred_on >= {sql.date(outcome.since)}"
    ).fetchall()[0][0]
    if first is None or reported.until is None:
        return ()
    months = MONTHS[outcome.period]
    number = first.year * 12 + (first.month - 1) // months * months
    found = []
    day = datetime.timedelta(days=1)
    while (until := _day(number + months)) <= reported.until + day:
        start = _day(number)
        if outcome.holds(start, until) and reported.covers(start, until - day):
            found.append(Times(start, until, until + (late_days - 1) * day <= reported.until))
        number += months
    return tuple(found)


def _day(month: int) -> datetime.date:
    return datetime.date(month // 12, month % 12 + 1, 1)


def _look(
    connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, at: int, outcome: Outcome, times: Sequence[Times]
) -> None:
    """Add to `looked` one row a child, period and district, with y = 1 when it happened to the child in the period."""
    values = ", ".join(f"({sql.date(one.first)}, {sql.date(one.until)}, {one.complete})" for one in times)
    connection.execute(f"CREATE OR REPLACE TABLE period AS FROM (VALUES {values}) AS period(first, until, complete)")
    ages = ""
    if outcome.ages is not None:
        ages = f"AND {of_ages(outcome.ages)}"
    connection.execute(
        f"""
        INSERT INTO looked
        WITH {placed(snapshot)}, hit AS (
            SELECT DISTINCT person_id, first FROM happened JOIN period
            ON occurred_on >= first AND occurred_on < until
        )
        SELECT {at}, placed.person_id, district, first, complete, (hit.person_id IS NOT NULL)::INT AS y
        FROM placed JOIN period USING (first) JOIN person USING (person_id)
        LEFT JOIN died USING (person_id) LEFT JOIN hit USING (person_id, first)
        WHERE coalesce(died_on >= first, true) {ages}
        """
    )


def _people(connection: duckdb.DuckDBPyConnection, at: int, districts: Sequence[str]) -> Whole:
    rows: dict[tuple[str, str | None], tuple[int, ...]] = {}
    for where, key in (("district", "district"), ("county", "NULL")):
        statement = f"""
            WITH child AS (
                SELECT {key} AS place, person_id, sum(y) AS y FROM looked WHERE complete AND outcome = {at} GROUP BY ALL
            )
            SELECT place, count(*) FILTER (y > 0), count(*) FILTER (y = 0)
            FROM child GROUP BY place
        """
        rows |= {(where, row[0]): row[1:] for row in connection.execute(statement).fetchall()}
    none = (0,) * 2
    found = [rows.get(("district", one), none) for one in districts]
    return np.array([*found, rows.get(("county", None), none)], dtype=np.int64)


def _together(connection: duckdb.DuckDBPyConnection) -> Together:
    connection.execute(
        """
        CREATE TABLE together AS
        SELECT person_id, district, first, sum(1 << outcome)::INTEGER AS present, bool_and(complete) AS complete,
            sum(y << outcome)::INTEGER AS combination
        FROM looked GROUP BY person_id, district, first
        """
    )
    present = dict(connection.execute("SELECT DISTINCT first, present FROM together").fetchall())
    children: dict[tuple[str, datetime.date], dict[int, int]] = {}
    for district, first, combination, many in connection.execute(
        "SELECT district, first, combination, count(*) FROM together GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        children.setdefault((district, first), {})[combination] = many
    ever: dict[tuple[str | None, int], dict[int, int]] = {}
    for place in ("district", "NULL"):
        for where, those, combination, many in connection.execute(
            f"SELECT {place}, present, combination, count(DISTINCT person_id) FROM together WHERE complete "
            "GROUP BY ALL ORDER BY ALL"
        ).fetchall():
            ever.setdefault((where, those), {})[combination] = many
    return Together(present, children, ever)
