"""Events with odd dates: they are counted, so that nobody needs to guess, and stay in."""

import datetime
from collections.abc import Iterable

from features.declarations.cohort import DEATH
from hub import sql
from hub.publishing.snapshots import Snapshot

EARLIEST = datetime.date(1900, 2, 1)
LATEST = datetime.date(2100, 1, 1)


def odd_events(snapshot: Snapshot, sources: Iterable[str]) -> dict[str, dict[str, int]]:
    """Count the events with odd dates of each source, as they are known on the snapshot's last day.

    An event before birth may be right: an unborn child can have a protection plan.

    Returns:
        For each source that has any, in order: `before_birth` (before the month of birth), `after_death` (later than
        the first death that a source says) and `far` (before February 1900 or from 2100 on: dates that stand for none).
    """
    event, person = sql.parquet(snapshot.path("event")), sql.parquet(snapshot.path("person"))
    statement = f"""
        WITH died AS (
            SELECT person_id, min(occurred_on) AS died_on FROM {event}
            WHERE event_type = {sql.text(DEATH)} AND known_to IS NULL GROUP BY person_id
        )
        SELECT source,
               count(*) FILTER (occurred_on < birth_month) AS before_birth,
               count(*) FILTER (occurred_on > died_on AND event_type <> {sql.text(DEATH)}) AS after_death,
               count(*) FILTER (occurred_on < {sql.date(EARLIEST)} OR occurred_on >= {sql.date(LATEST)}) AS far
        FROM {event} AS event JOIN {person} AS person USING (person_id) LEFT JOIN died USING (person_id)
        WHERE known_to IS NULL AND source IN {sql.texts(sources)}
        GROUP BY source HAVING before_birth + after_death + far > 0 ORDER BY source
    """
    with sql.connect() as connection:
        rows = connection.execute(statement).fetchall()
    return {row[0]: dict(zip(("before_birth", "after_death", "far"), row[1:], strict=True)) for row in rows}
