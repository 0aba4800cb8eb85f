"""Every measure as one slow, obvious SELECT, straight from the words of `features.declarations.measures`.

`prepare` reads `looked(person_id, as_of_date)` and the snapshot's `event`, `household`, `family` and `area_event` of a
DuckDB connection; `oracle` then works out one indicator for every row of `looked`. Whose events count is looked up for
each date from the tables themselves, and days in a state are counted day by day.
"""

import duckdb
import pyarrow as pa

from features.declarations.catalogue import EventFilter, Indicator
from features.declarations.conditions import event_condition
from features.declarations.measures import Measure
from hub import sql
from tests.oracles.memberships import household_statement, seen_statement, siblings_statement

_NEWEST = "ORDER BY occurred_on DESC, event_id DESC, known_from DESC"
_OLDEST = "ORDER BY occurred_on, event_id, known_from"
_MONTH = "30.4375::DOUBLE"
_EMPTY_IS_ZERO = frozenset(
    {
        Measure.COUNT,
        Measure.ANY,
        Measure.KNOWN,
        Measure.DISTINCT_SOURCES,
        Measure.DISTINCT_DETAILS,
        Measure.DISTINCT_KINDS,
        Measure.SUM,
        Measure.RATE,
        Measure.TREND,
        Measure.CHANGES,
        Measure.IN_STATE,
        Measure.DAYS_IN_STATE,
        Measure.SHARE_IN_STATE,
        Measure.LONGEST_SPELL,
    }
)


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table `seen`: what could be seen, of whom, for each row of `looked`. After a change, call it again."""
    connection.execute(f"CREATE OR REPLACE TABLE lives AS {household_statement()}")
    connection.execute(f"CREATE OR REPLACE TABLE sibling AS {siblings_statement()}")
    connection.execute(f"CREATE OR REPLACE TABLE seen AS {seen_statement()}")


def oracle(connection: duckdb.DuckDBPyConnection, indicator: Indicator) -> pa.Table:
    """Return (person_id, as_of_date, value) for every row of `looked`, sorted by both; value is null for no number."""
    empty = "0" if indicator.measure in _EMPTY_IS_ZERO else "NULL"
    return connection.sql(
        f"""
        WITH visible AS (FROM seen WHERE over = '{indicator.over}' AND source IN {sql.texts(indicator.sources)})
        SELECT person_id, as_of_date, coalesce(value, {empty})::DOUBLE AS value
        FROM looked LEFT JOIN ({_values(indicator)}) USING (person_id, as_of_date)
        ORDER BY person_id, as_of_date
        """
    ).to_arrow_table()


def _values(indicator: Indicator) -> str:
    """Return the SELECT of (person_id, as_of_date, value), without the rows that have no event."""
    if indicator.spells is not None:
        return _of_spells(indicator)
    counted = f"(FROM visible WHERE {_since(indicator)}"
    if indicator.events is not None:
        counted += f" AND {event_condition(indicator.events)}"
    counted += ")"
    if indicator.measure is Measure.CHANGES:
        counted = f"""(
            SELECT *, lag(detail) OVER (PARTITION BY person_id, as_of_date {_OLDEST}) AS before
            FROM {counted} WHERE detail IS NOT NULL)"""
    if indicator.measure is Measure.ENTROPY:
        counted = f"""(
            SELECT person_id, as_of_date, count(*) / sum(count(*)) OVER (PARTITION BY person_id, as_of_date) AS p
            FROM {counted} WHERE detail IS NOT NULL GROUP BY person_id, as_of_date, detail)"""
    return (
        f"SELECT person_id, as_of_date, {_aggregate(indicator)} AS value FROM {counted} GROUP BY person_id, as_of_date"
    )


def _since(indicator: Indicator, day: str = "occurred_on") -> str:
    return "true" if indicator.window_days is None else f"{day} >= as_of_date - {indicator.window_days}"


def _sum(condition: str = "true") -> str:
    """Return the sum of the values, added one by one from the newest to the oldest."""
    return f"list_reduce(list(value {_NEWEST}) FILTER (value IS NOT NULL AND {condition}), lambda x, y: x + y)"


def _mean(condition: str = "true") -> str:
    return f"{_sum(condition)} / count(value) FILTER ({condition})"


def _aggregate(indicator: Indicator) -> str:
    window, recent = indicator.window_days or 0, indicator.recent_days or 0
    late, early = f"occurred_on >= as_of_date - {recent}", f"occurred_on < as_of_date - {recent}"
    match indicator.measure:
        case Measure.COUNT:
            return "count(*)"
        case Measure.ANY | Measure.KNOWN:
            return "1"
        case Measure.DAYS_SINCE_LAST:
            return "as_of_date - max(occurred_on)"
        case Measure.DAYS_SINCE_FIRST:
            return "as_of_date - min(occurred_on)"
        case Measure.DISTINCT_SOURCES:
            return "count(DISTINCT source)"
        case Measure.DISTINCT_DETAILS:
            return "count(DISTINCT detail)"
        case Measure.DISTINCT_KINDS:
            return " + ".join(_happened(kind) for kind in indicator.kinds.values())
        case Measure.SUM:
            return _sum()
        case Measure.MEAN:
            return _mean()
        case Measure.MINIMUM:
            return "min(value)"
        case Measure.MAXIMUM:
            return "max(value)"
        case Measure.LATEST:
            return f"first(value {_NEWEST}) FILTER (value IS NOT NULL)"
        case Measure.RATE:
            return f"count(*) * {_MONTH} / {window}"
        case Measure.TREND:
            return f"{_MONTH} * (count(*) FILTER ({late}) / {recent} - count(*) FILTER ({early}) / {window - recent})"
        case Measure.MEAN_CHANGE:
            return f"{_mean(late)} - {_mean(early)}"
        case Measure.CHANGES:
            return "count(*) FILTER (before <> detail)"
        case Measure.ENTROPY:
            return "-sum(p * log2(p))"
    raise AssertionError(f"{indicator.measure} is not worked out from events")


def _happened(kind: EventFilter) -> str:
    return f"max(({event_condition(kind)})::INTEGER)"


def _of_spells(indicator: Indicator) -> str:
    """Return the SELECT of a measure of a state: from its spells, or from each single day on which one was open."""
    assert indicator.spells is not None
    spell = f"""
        SELECT person_id, as_of_date, occurred_on AS begun, (
            SELECT min(stop.occurred_on) FROM (FROM visible WHERE {event_condition(indicator.spells.ends)}) AS stop
            WHERE stop.person_id = start.person_id AND stop.as_of_date = start.as_of_date
            AND stop.episode_id = start.episode_id AND stop.occurred_on >= start.occurred_on
        ) AS ended
        FROM (FROM visible WHERE {event_condition(indicator.spells.starts)}) AS start
    """
    if indicator.measure is Measure.IN_STATE:
        return f"""
            SELECT DISTINCT person_id, as_of_date, 1 AS value FROM ({spell})
            WHERE ended IS NULL AND {_since(indicator, "begun")}
        """
    days = f"""
        SELECT DISTINCT person_id, as_of_date, day FROM (
            SELECT person_id, as_of_date, begun + unnest(range(0, coalesce(ended, as_of_date) - begun))::INTEGER AS day
            FROM ({spell})
        ) WHERE {_since(indicator, "day")}
    """
    # Days after each other have the same distance from their number: they are one run.
    runs = f"""
        SELECT person_id, as_of_date, count(*) AS days, max(day) AS last FROM (
            SELECT *, day - row_number() OVER (PARTITION BY person_id, as_of_date ORDER BY day)::INTEGER AS run
            FROM ({days})
        ) GROUP BY person_id, as_of_date, run
    """
    match indicator.measure:
        case Measure.DAYS_IN_STATE:
            value = "sum(days)"
        case Measure.SHARE_IN_STATE:
            value = f"sum(days) / {indicator.window_days}"
        case Measure.LONGEST_SPELL:
            value = "max(days)"
        case Measure.CURRENT_SPELL:
            # An end lies before the date, so only an open spell holds the day before the date.
            value = "max(days) FILTER (last = as_of_date - 1)"
        case _:
            raise AssertionError(f"{indicator.measure} is not worked out from spells")
    return f"SELECT person_id, as_of_date, {value} AS value FROM ({runs}) GROUP BY person_id, as_of_date"
