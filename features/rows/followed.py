"""Who could not be followed to the end of the horizon: whether the outcome happened to them is not known.

A young person who turns 18 two months after the date of looking, somebody who moves away, somebody who dies: no
service here would write the outcome down afterwards. To count them as “it did not happen” makes help look needless for
those who leave. So a look that was not followed to its end has no outcome, unless it had happened before that: what is
written down of the time after somebody died, or left, is no outcome of theirs.

That somebody turns 18 is known beforehand. Such looks have no outcome either way: else only those of them would be left
to whom it happened.
"""

import datetime
from pathlib import Path

import pyarrow as pa

from features.declarations.cohort import DEATH
from features.declarations.conditions import event_condition, known_on
from features.declarations.use_cases import UseCase
from features.rows.feature_sets import Ended, followed_table
from hub import sql
from hub.publishing.snapshots import Snapshot


def not_followed(snapshot: Snapshot, use_case: UseCase, matrix: Path) -> pa.Table:
    """Return (person_id, as_of_date, until, why): one row for each look that was not followed to its end.

    Args:
        snapshot: its tables `person`, `event` and `household` are read; the caller holds its files.
        use_case: says until when somebody is followed; whoever has died is not, in any use case.
        matrix: a Parquet file with person_id and as_of_date, one row a look.
    """
    now = sql.date(snapshot.known_to)
    event = sql.parquet(snapshot.path("event"))
    ends = [_after_death(snapshot, now)]
    for one in use_case.followed_until:
        if one.below_years is not None:
            ends.append(_grown_up(snapshot, one.below_years))
        if one.events is not None:
            ends.append(_happened(snapshot, event_condition(one.events), Ended.LEFT, now, for_good=False))
        if one.home:
            ends.append(_without_home(snapshot, now))
    statement = f"""
        WITH look AS (
            SELECT person_id, as_of_date, as_of_date + {use_case.horizon_days} AS until FROM {sql.parquet(matrix)}
        ), ended AS ({" UNION ALL ".join(ends)}), unseen AS (
            SELECT person_id, as_of_date, greatest(day, as_of_date) AS until, why
            FROM look JOIN ended USING (person_id)
            WHERE day < look.until AND (for_good OR day >= as_of_date)
            QUALIFY row_number() OVER (PARTITION BY person_id, as_of_date ORDER BY why <> '{Ended.AGE}', day, why) = 1
        ), happened AS (
            SELECT person_id, occurred_on FROM {event}
            WHERE {event_condition(use_case.outcome.events)} AND {known_on(now)}
        )
        FROM unseen WHERE why = '{Ended.AGE}' OR NOT EXISTS (
            FROM happened WHERE happened.person_id = unseen.person_id
            AND occurred_on >= as_of_date AND occurred_on < until
        )
        ORDER BY person_id, as_of_date
    """
    with sql.connect() as connection:
        return followed_table().conform(connection.sql(statement).to_arrow_table())


def _grown_up(snapshot: Snapshot, years: int) -> str:
    return (
        f"SELECT person_id, (birth_month + INTERVAL {years} YEAR)::DATE AS day, '{Ended.AGE}' AS why, "
        f"true AS for_good FROM {sql.parquet(snapshot.path('person'))} WHERE birth_month IS NOT NULL"
    )


def _after_death(snapshot: Snapshot, now: str) -> str:
    return _happened(snapshot, f"event_type = {sql.text(DEATH)}", Ended.DEATH, now, for_good=True)


def _happened(snapshot: Snapshot, condition: str, why: Ended, now: str, *, for_good: bool) -> str:
    """Return the SELECT of all days on which such an event happened, as it is known now.

    Args:
        snapshot: where events lie.
        condition: which of them, in SQL.
        why: the reason.
        now: the SQL of the snapshot's last day.
        for_good: one that happened before a date of looking still holds on it.
    """
    return (
        f"SELECT person_id, occurred_on AS day, '{why}' AS why, {for_good} AS for_good "
        f"FROM {sql.parquet(snapshot.path('event'))} WHERE {condition} AND {known_on(now)}"
    )


def _without_home(snapshot: Snapshot, now: str) -> str:
    """Return the SELECT of the day on which the last home that is known of somebody ended."""
    ended = f"coalesce(end_known_from, valid_to) <= {now}"
    last = f"max(CASE WHEN {ended} THEN valid_to ELSE 'infinity'::DATE END)"
    return (
        f"SELECT person_id, {last} AS day, '{Ended.LEFT}' AS why, true AS for_good "
        f"FROM {sql.parquet(snapshot.path('household'))} WHERE known_from <= {now} GROUP BY person_id"
    )


def counts(found: pa.Table) -> dict[datetime.date, dict[str, int]]:
    """Return how many looks were not followed, by date of looking and why."""
    rows = found.group_by(["as_of_date", "why"]).aggregate([([], "count_all")]).sort_by("as_of_date")
    counted: dict[datetime.date, dict[str, int]] = {}
    for row in rows.to_pylist():
        counted.setdefault(row["as_of_date"], {})[row["why"]] = row["count_all"]
    return {day: dict(sorted(reasons.items())) for day, reasons in counted.items()}
