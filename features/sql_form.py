"""Indicators as SQL: one obvious aggregate an indicator, over the events that its window lets in.

The statements read these relations of a DuckDB connection:

- `looked(person_id, as_of_date)`: for whom and when, each pair once;
- `event`: the snapshot's events;
- `membership(person_id, as_of_date, household_id)`: in which household each person lives on each date, as known on it.
"""

from collections.abc import Sequence

from features.catalogue import Indicator, Over
from features.conditions import event_condition, known_before
from features.measures import Measure
from hub import sql

_AGGREGATES = {
    Measure.COUNT: "count(*) FILTER ({here})::DOUBLE",
    Measure.ANY: "(count(*) FILTER ({here}) > 0)::DOUBLE",
    Measure.DAYS_SINCE_LAST: "min(as_of_date - occurred_on) FILTER ({here})::DOUBLE",
    Measure.DAYS_SINCE_FIRST: "max(as_of_date - occurred_on) FILTER ({here})::DOUBLE",
    Measure.DISTINCT_SOURCES: "count(DISTINCT source) FILTER ({here})::DOUBLE",
    Measure.SUM: "coalesce(sum(value) FILTER ({here}), 0.0)",
    Measure.MEAN: "avg(value) FILTER ({here})",
    Measure.MINIMUM: "min(value) FILTER ({here})",
    Measure.MAXIMUM: "max(value) FILTER ({here})",
}


def aggregate(indicator: Indicator) -> str:
    """Return the aggregate of one indicator over rows that hold `as_of_date` and an event known before it.

    The window is half-open: `occurred_on` in `[as_of_date - window_days, as_of_date)`. Without events, count, any,
    distinct_sources and sum are 0; days since, mean, minimum and maximum have no number (null). Events without a value
    count nothing in sum, mean, minimum and maximum.
    """
    here = f"WHERE source IN {sql.texts(indicator.sources)} AND {event_condition(indicator.filters()[0])}"
    if indicator.window_days is not None:
        here += f" AND occurred_on >= as_of_date - {indicator.window_days}"
    return _AGGREGATES[indicator.measure].format(here=here)


def statement(indicators: Sequence[Indicator]) -> str:
    """Return the SELECT of all indicators: one row per (person_id, as_of_date) of `looked`, sorted by both.

    Columns: person_id, as_of_date, then one DOUBLE per indicator in the given order.
    """
    own = [one for one in indicators if one.over is Over.SELF]
    others = [one for one in indicators if one.over is Over.HOUSEHOLD]
    names = ", ".join(sql.name(one.name) for one in indicators)
    household = f"JOIN ({_household_statement(others)}) USING (person_id, as_of_date)" if others else ""
    return f"""
        SELECT person_id, as_of_date, {names} FROM ({_own_statement(own)}) {household}
        ORDER BY person_id, as_of_date
    """


def _own_statement(indicators: Sequence[Indicator]) -> str:
    return f"""
        SELECT {_columns(indicators)} FROM (
            SELECT looked.person_id, as_of_date, event.* EXCLUDE (person_id)
            FROM looked LEFT JOIN event ON event.person_id = looked.person_id AND {known_before()}
        ) GROUP BY person_id, as_of_date
    """


def _household_statement(indicators: Sequence[Indicator]) -> str:
    return f"""
        SELECT {_columns(indicators)} FROM (
            SELECT looked.person_id, looked.as_of_date, event.* EXCLUDE (person_id)
            FROM looked
            LEFT JOIN membership AS here USING (person_id, as_of_date)
            LEFT JOIN membership AS other ON other.household_id = here.household_id
                AND other.as_of_date = here.as_of_date AND other.person_id <> here.person_id
            LEFT JOIN event ON event.person_id = other.person_id AND {known_before("looked.as_of_date")}
        ) GROUP BY person_id, as_of_date
    """


def _columns(indicators: Sequence[Indicator]) -> str:
    return ", ".join(["person_id", "as_of_date", *(f"{aggregate(one)} AS {sql.name(one.name)}" for one in indicators)])


def membership_statement() -> str:
    """Return the SELECT of `membership` from the snapshot's `household`, for every person and each date of `looked`.

    A stay counts on a date when it had begun (`valid_from <= as_of_date`), its start was known, and it had not ended as
    far as was known. Of several, the newest counts (then the household whose pseudonym sorts first), so that each
    person lives in one household on a date.
    """
    return """
        SELECT person_id, as_of_date,
               first(household_id ORDER BY valid_from DESC, household_id) AS household_id
        FROM household, (SELECT DISTINCT as_of_date FROM looked)
        WHERE valid_from <= as_of_date AND known_from <= as_of_date
          AND NOT coalesce(valid_to <= as_of_date AND coalesce(end_known_from, valid_to) <= as_of_date, false)
        GROUP BY person_id, as_of_date
    """
