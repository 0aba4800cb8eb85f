"""The check not_reported: a source that has not told of a time says nothing, and that is not "nothing happened".

An outcome is known on a date of looking when its own sources told of the whole horizon (hub.staging.reporting). Named
are

- dates whose horizon is over by the newest delivery of *any* source, and of which a source of the outcome has not told:
  their outcome is not known, and they are not used;
- dates that count as known although the newest record of any kind in that source is older than its horizon: either the
  extract is older than its day of delivery says, or its period does not say when it ends;
- dates that count as known although, by how late its records come, some must still be missing;
- sources that bring the outcome and are not in the snapshot;
- sources of indicators that ended long before a date of looking: their silence there is no sign of anything.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from features.declarations.conditions import event_condition, known_on
from features.declarations.outcomes import sources_of
from features.declarations.use_cases import UseCase
from features.kernel.membership import covers, outcome_reported
from features.leakage.leaks import Check, Finding, LeakKind, Severity
from features.leakage.looking import Looked, Seen
from features.levels.counts import late_within
from hub import sql
from hub.declarations.partnership import Partnership
from hub.publishing.snapshots import Snapshot

KINDS: tuple[LeakKind, ...] = (LeakKind.NOT_REPORTED,)
TITLE = "What sources have told"
LONGEST_SILENCE_DAYS = 31
"""A source that was silent for so long before its last day, and for longer than ever before, may be an old extract."""
FEWEST_DAYS = 20
"""From fewer days with a record nothing can be said about how long a source is silent."""
OLD_DAYS = 92
"""A source of indicators that ended so many days before a date of looking is named."""
LATE_SHARE = 0.1
"""From more than this share of a horizon's days on, of which records may still come, a date of looking is named."""
_SHOWN = 5
_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the records of a source say: its newest day, and for how many days it was silent at most before."""

    newest: datetime.date
    silent_days: int


def run(seen: Seen) -> Looked:
    """Look at the days of which the sources have told."""
    return [check(seen.connection, seen.partnership, seen.snapshot, seen.use_case)]


def check(
    connection: duckdb.DuckDBPyConnection,
    partnership: Partnership,
    snapshot: Snapshot,
    use_case: UseCase,
) -> tuple[Check, list[Finding]]:
    """Compare the dates of looking with the days of which each source has told.

    Args:
        connection: with `event` of the snapshot.
        partnership: declares which sources bring the outcome.
        snapshot: says the days of which each source has told.
        use_case: its outcome, horizon and dates of looking.
        indicators: whose sources are looked at.
    """
    horizon = use_case.horizon_days
    dates = use_case.covered(snapshot.known_to)
    reported = outcome_reported(snapshot, use_case)
    over = [day for day in dates if day + horizon * _DAY <= snapshot.known_to]
    known = [day for day in dates if covers(reported, day, horizon)]
    own = snapshot.telling(use_case.outcome.events.types)
    findings = [
        *_missing(partnership, snapshot, use_case),
        *_not_known(snapshot, use_case, own, [day for day in over if day not in known]),
    ]
    for source in own:
        findings += _silent(connection, snapshot, use_case, source, known)
        findings += _late(connection, snapshot, use_case, source, known)
    named = sorted({name for one in use_case.indicators for name in one.sources} & {*snapshot.facts.sources})
    for source in named:
        findings += _ended(snapshot, source, known)
    looked_at = (
        f"{len(dates)} dates of looking; the outcome is known on {len(known)} of them, told by "
        f"{', '.join(own) or 'no source'}"
    )
    return Check(LeakKind.NOT_REPORTED, True, looked_at), findings


def _missing(partnership: Partnership, snapshot: Snapshot, use_case: UseCase) -> list[Finding]:
    there = {*snapshot.facts.sources}
    return [
        Finding(
            LeakKind.NOT_REPORTED,
            Severity.WARN,
            source,
            "It brings the outcome, and is not in the snapshot: what it alone would tell counts as not happened.",
            {},
            "Ingest it, link and publish; or leave these events of it out in sources.yaml.",
        )
        for source in sources_of(partnership, use_case.outcome.events.types)
        if source not in there
    ]


def _not_known(
    snapshot: Snapshot, use_case: UseCase, own: Sequence[str], dates: Sequence[datetime.date]
) -> list[Finding]:
    findings = []
    for source in own:
        reported = snapshot.reported(source)
        late = [day for day in dates if not covers(reported, day, use_case.horizon_days)]
        if late:
            findings.append(
                Finding(
                    LeakKind.NOT_REPORTED,
                    Severity.WARN,
                    source,
                    f"The time looked ahead is over on {_days(late)}, but this source has told only up to "
                    f"{reported.last}, or not of every day before: the outcome is not known there, and these dates "
                    "are not used.",
                    {"dates": len(late)},
                    "Ask the agency for the delivery or the period that is missing; until then these dates stay out.",
                )
            )
    return findings


def _silent(
    connection: duckdb.DuckDBPyConnection,
    snapshot: Snapshot,
    use_case: UseCase,
    source: str,
    known: Sequence[datetime.date],
) -> list[Finding]:
    told, until = _told(connection, snapshot, source), snapshot.reported(source).until
    if told is None or until is None:
        return []
    silent = (until - told.newest).days
    horizon = use_case.horizon_days * _DAY
    late = [day for day in known if day + horizon > told.newest + max(LONGEST_SILENCE_DAYS, told.silent_days) * _DAY]
    if silent <= max(LONGEST_SILENCE_DAYS, told.silent_days) or not late:
        return []
    wholly = [day for day in late if day > told.newest]
    return [
        Finding(
            LeakKind.NOT_REPORTED,
            Severity.REFUSE if wholly else Severity.WARN,
            source,
            f"The outcome counts as known on {_days(late)}, but the newest record of any kind in this source is of "
            f"{told.newest}, {silent} days before the day up to which it is taken to tell. It was never silent for "
            f"more than {told.silent_days} days before.",
            {"dates": len(late), "silent_days": silent, "longest_silence_before": told.silent_days},
            "Ask the agency of which day the extract is. Say it with --delivered-on, `period_ends` or "
            "`recording_delay_days`, and ingest anew.",
        )
    ]


def _told(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, source: str) -> _Told | None:
    """Return what the records of a source say; None when there are too few."""
    [(days, newest, longest)] = connection.execute(
        f"""
        WITH day AS (
            SELECT DISTINCT occurred_on FROM event
            WHERE source = {sql.text(source)} AND occurred_on <= {sql.date(snapshot.known_to)}
        ), gap AS (
            SELECT occurred_on, occurred_on - lag(occurred_on) OVER (ORDER BY occurred_on) AS days FROM day
        ), newest AS (SELECT max(occurred_on) AS newest FROM day)
        SELECT count(*), max(newest), max(days) FILTER (occurred_on > newest - 1096) FROM gap, newest
        """
    ).fetchall()
    return None if days < FEWEST_DAYS or longest is None else _Told(newest, int(longest))


def _late(
    connection: duckdb.DuckDBPyConnection,
    snapshot: Snapshot,
    use_case: UseCase,
    source: str,
    known: Sequence[datetime.date],
) -> list[Finding]:
    reported, delay = snapshot.reported(source), snapshot.delay_days(source)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW happened AS SELECT occurred_on, known_from FROM event WHERE "
        f"{event_condition(use_case.outcome.events)} AND source = {sql.text(source)} "
        f"AND {known_on(sql.date(snapshot.known_to))}"
    )
    late_days = late_within(connection, snapshot.known_to)
    if late_days is None or reported.until is None or late_days <= delay:
        return []
    sure, horizon = reported.until - (late_days - delay) * _DAY, use_case.horizon_days
    open_ = [day for day in known if (day + horizon * _DAY - max(sure, day)).days > LATE_SHARE * horizon]
    if not open_:
        return []
    return [
        Finding(
            LeakKind.NOT_REPORTED,
            Severity.WARN,
            source,
            f"19 in 20 records of the outcome reach the hub within {late_days} days, and the source declares {delay}: "
            f"on {_days(open_)} the outcome counts as known while some of it must still be missing.",
            {"dates": len(open_), "days_19_in_20": late_days, "declared_days": delay},
            f"Declare `recording_delay_days: {late_days}` for this source, publish and build anew.",
        )
    ]


def _ended(snapshot: Snapshot, source: str, known: Sequence[datetime.date]) -> list[Finding]:
    until = snapshot.reported(source).until
    late = [day for day in known if until is None or (day - until).days > OLD_DAYS]
    if not late:
        return []
    last = "no day" if until is None else f"days up to {until - _DAY}"
    return [
        Finding(
            LeakKind.NOT_REPORTED,
            Severity.WARN,
            source,
            f"Indicators read it on {_days(late)}, but it has told of {last} only: that it is silent there looks like "
            "“nothing happened”.",
            {"dates": len(late)},
            "Ask the agency for newer deliveries, or look on dates of which it has told.",
        )
    ]


def _days(days: Sequence[datetime.date]) -> str:
    shown = ", ".join(str(day) for day in days[:_SHOWN])
    return shown if len(days) <= _SHOWN else f"{shown} and {len(days) - _SHOWN} more dates"
