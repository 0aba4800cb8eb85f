"""Who lived in which district on which day, of which ages, as the hub knows it on the snapshot's last day.

These are small numbers, too: only `features.levels` may use them, which withholds those.
"""

import datetime
from collections.abc import Collection, Sequence

from features.declarations.ages import Ages
from features.declarations.cohort import DEATH
from features.declarations.conditions import known_on
from hub import sql
from hub.publishing.snapshots import Snapshot


def placed(snapshot: Snapshot) -> str:
    """Return common table expressions: `placed`, who lived where on each `period.first`, and `died`, who died when."""
    now = sql.date(snapshot.known_to)
    ended = f"coalesce(valid_to <= first AND coalesce(end_known_from, valid_to) <= {now}, false)"
    return f"""
        stay AS (
            SELECT DISTINCT ON (person_id, first) person_id, first, area_id FROM household, period
            WHERE valid_from <= first AND known_from <= {now} AND NOT {ended}
            ORDER BY person_id, first, valid_from DESC, household_id, area_id
        ), placed AS (
            SELECT person_id, first, local_authority AS district FROM stay JOIN area USING (area_id)
            WHERE local_authority IS NOT NULL
            UNION ALL SELECT person_id, first, '' FROM person, period
            WHERE NOT EXISTS (SELECT 1 FROM area WHERE local_authority IS NOT NULL)
        ), died AS (
            SELECT person_id, min(occurred_on) AS died_on FROM event
            WHERE event_type = {sql.text(DEATH)} AND {known_on(now)} GROUP BY person_id
        )
    """


def of_ages(ages: Ages) -> str:
    """Return the condition under which somebody is of these ages on `first`."""
    age = "date_sub('year', birth_month, first)"
    # Nobody who is not born yet has an age: date_sub would round it to 0.
    return f"birth_month <= first AND {age} >= {ages.from_years} AND {age} < {ages.below_years}"


def sizes_by_age(
    snapshot: Snapshot, spans: Sequence[Ages], days: Collection[datetime.date]
) -> dict[tuple[str, datetime.date], list[int]]:
    """Count who lives in which district on which day, by age.

    Args:
        snapshot: what the hub knows now.
        spans: ages that do not overlap.
        days: the days.

    Returns:
        For each district and day with anybody: how many of each span, and last how many of no span.
    """
    found: dict[tuple[str, datetime.date], list[int]] = {}
    if not days:
        return found
    with sql.connect(threads=1) as connection:
        for table in ("person", "event", "household", "area"):
            connection.execute(f"CREATE VIEW {table} AS FROM {sql.parquet(snapshot.path(table))}")
        values = ", ".join(f"({sql.date(day)})" for day in sorted(days))
        connection.execute(f"CREATE TABLE period AS FROM (VALUES {values}) AS period(first)")
        cases = " ".join(f"WHEN {of_ages(one)} THEN {at}" for at, one in enumerate(spans))
        span = f"CASE {cases} ELSE {len(spans)} END" if spans else "0"
        rows = connection.execute(
            f"""
            WITH {placed(snapshot)}
            SELECT district, first, {span} AS span, count(*) FROM placed JOIN person USING (person_id)
            LEFT JOIN died USING (person_id) WHERE coalesce(died_on >= first, true) GROUP BY ALL
            """
        ).fetchall()
    for district, first, at, many in rows:
        found.setdefault((district, first), [0] * (len(spans) + 1))[at] = many
    return found
