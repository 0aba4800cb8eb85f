"""The chunked SQL form, which the kernel is measured against: what a careful SQL user would write, in DuckDB.

For each chunk of people: every condition is worked out once for each event, the events are joined to the dates of
looking, and one aggregate an indicator gives its number. Measures that no single aggregate can say (changes, and those
of states) stay out, on both sides of the measurement.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from features.declarations.catalogue import Indicator
from features.declarations.conditions import event_condition, known_before
from features.declarations.measures import DAYS_IN_MONTH, Measure
from hub import sql
from tests.bench.histories import AS_OF

_COUNT = "count(*) FILTER ({here})"
_AGGREGATES = {
    Measure.COUNT: f"{_COUNT}::DOUBLE",
    Measure.ANY: f"({_COUNT} > 0)::DOUBLE",
    Measure.KNOWN: f"({_COUNT} > 0)::DOUBLE",
    Measure.DAYS_SINCE_LAST: "min(as_of_date - occurred_on) FILTER ({here})::DOUBLE",
    Measure.DAYS_SINCE_FIRST: "max(as_of_date - occurred_on) FILTER ({here})::DOUBLE",
    Measure.DISTINCT_SOURCES: "count(DISTINCT source) FILTER ({here})::DOUBLE",
    Measure.DISTINCT_DETAILS: "count(DISTINCT detail) FILTER ({here})::DOUBLE",
    Measure.SUM: "coalesce(sum(value) FILTER ({here}), 0.0)",
    Measure.MEAN: "avg(value) FILTER ({here})",
    Measure.MINIMUM: "min(value) FILTER ({here})",
    Measure.MAXIMUM: "max(value) FILTER ({here})",
    Measure.LATEST: "arg_max(value, (occurred_on, event_id, known_from)) FILTER ({here} AND value IS NOT NULL)",
    Measure.RATE: f"{_COUNT} * {DAYS_IN_MONTH} / {{window}}",
    Measure.TREND: f"{DAYS_IN_MONTH} * (count(*) FILTER ({{recently}}) / {{recent}} - "
    "count(*) FILTER ({before}) / ({window} - {recent}))",
    Measure.MEAN_CHANGE: "avg(value) FILTER ({recently}) - avg(value) FILTER ({before})",
    Measure.ENTROPY: "CASE WHEN count(detail) FILTER ({here}) > 0 THEN entropy(detail) FILTER ({here}) END",
}


def expressible(indicators: Iterable[Indicator]) -> tuple[Indicator, ...]:
    """Return the indicators that one aggregate can say."""
    return tuple(one for one in indicators if one.measure in _AGGREGATES or one.kinds)


def chunks(folder: Path, people: Sequence[str], indicators: Sequence[Indicator], size: int) -> Iterator[pa.Table]:
    """Yield the rows of `size` people at a time: person_id, as_of_date, and one column an indicator."""
    conditions: dict[str, str] = {}
    columns = ", ".join(f"{_aggregate(one, conditions)} AS {sql.name(one.name)}" for one in indicators)
    met = ", ".join(f"coalesce({condition}, false) AS {name}" for condition, name in conditions.items())
    with sql.connect(threads=1) as connection:
        connection.execute("CREATE TABLE as_of (as_of_date DATE)")
        connection.executemany("INSERT INTO as_of VALUES (?)", [[day] for day in AS_OF])
        for begin in range(0, len(people), size):
            some = people[begin : begin + size]
            connection.register("looked_at", pa.table({"person_id": some}))
            within = f"person_id BETWEEN {sql.text(some[0])} AND {sql.text(some[-1])}"
            yield connection.sql(
                f"""
                WITH event AS (SELECT *, {met} FROM {sql.parquet(folder / "event.parquet")} WHERE {within}),
                looked AS (FROM looked_at, as_of)
                SELECT person_id, as_of_date, {columns}
                FROM (SELECT looked.person_id, as_of_date, event.* EXCLUDE (person_id)
                      FROM looked LEFT JOIN event ON event.person_id = looked.person_id AND {known_before()})
                GROUP BY person_id, as_of_date ORDER BY person_id, as_of_date
                """
            ).to_arrow_table()
            connection.unregister("looked_at")


def _aggregate(indicator: Indicator, conditions: dict[str, str]) -> str:
    """Return the aggregate of an indicator; conditions that are not yet in `conditions` get a name there."""
    said = [event_condition(one) for one in indicator.filters()] or ["true"]
    origin = f"source IN {sql.texts(indicator.sources)}"
    named = [conditions.setdefault(f"({origin} AND {one})", f"met_{len(conditions)}") for one in said]
    days, recent = indicator.window_days, indicator.recent_days
    window = "" if days is None else f" AND occurred_on >= as_of_date - {days}"
    if indicator.kinds:
        return " + ".join(f"(count(*) FILTER (WHERE {one}{window}) > 0)::DOUBLE" for one in named)
    split = f"occurred_on {{}} as_of_date - {recent}"
    return _AGGREGATES[indicator.measure].format(
        here=f"WHERE {named[0]}{window}",
        recently=f"WHERE {named[0]} AND {split.format('>=')}",
        before=f"WHERE {named[0]}{window} AND {split.format('<')}",
        window=days,
        recent=recent,
    )
