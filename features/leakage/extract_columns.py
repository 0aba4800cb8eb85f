"""The check as_of_extract: columns that say how things stand on the day of the extract, dated as if known long before.

Three signs are looked for behind what indicators and cohort rules read:

- in the declarations: a column that an adapter refuses because it is as of the extract; one whose name says so; a value
  from a file about people that has no date, on an event that is dated by another file;
- in the snapshot: details or values of the same event that changed from delivery to delivery more often than faults are
  put right;
- in the snapshot: details or values of a start that differ wholly between spells that have ended and those still open,
  so that they were written at the end.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import duckdb

from features.declarations.event_fields import Reader
from features.leakage.leaks import Check, Finding, LeakKind, Portion, Severity
from features.leakage.looking import Looked, Seen
from hub import sql
from hub.declarations import adapter as adapters
from hub.declarations.mapped_columns import behind
from hub.declarations.partnership import Partnership
from hub.declarations.source_files import ColumnType, SourceFile, alike
from hub.declarations.source_mappings import EventMapping
from hub.declarations.sources import Source
from hub.disclosing.disclosure import SmallNumbers
from hub.figures import Stated

KINDS: tuple[LeakKind, ...] = (
    LeakKind.AS_OF_EXTRACT,
    LeakKind.COHORT_FUTURE,
)
TITLE = "Columns as of the extract"
FEWEST = 10
"""Fewer events (or spells of either kind) than this say nothing."""
CORRECTED = 0.01
"""Share of events whose detail or value changes later that is tolerated: faults are put right, too."""
OVERLAP = 0.10
"""Ended and open spells whose details have no more than this in common were not written at their start."""
MOST_CODES = 20
"""Only details with at most so many codes are compared: of many rare ones few are ever the same."""
_SAYS_SO = re.compile(r"(^|_)(latest|current|currently|last|most_recent|as_of|to_date)(_|$)")
_DATES = (ColumnType.DATE, ColumnType.DAYS_FROM_START)
_DECLARED = ("value", "detail", "role", "origin", "where")
_PEOPLE = ("given_name", "family_name", "date_of_birth", "sex", "gender", "ethnicity")
_REMEDY = "Take a column that was written on the day of the event, or date the event by the day of the writing."


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign that a field of the events of a type from a source is as of the extract; `where` is about all of them."""

    source: str
    event_type: str
    field: str
    severity: Severity
    words: str
    evidence: dict[str, int | str | Stated]


def run(seen: Seen) -> Looked:
    """Look at the columns behind every mapped field that is read, and at what changed in them between two snapshots."""
    found = [check(seen.connection, seen.partnership, seen.readers)]
    return found if seen.earlier is None else [*found, between(seen.connection, seen.readers, small=seen.small)]


def check(
    connection: duckdb.DuckDBPyConnection, partnership: Partnership, readers: Sequence[Reader]
) -> tuple[Check, list[Finding]]:
    """Look for columns as of the day of the extract behind everything that is read.

    Args:
        connection: with the snapshot's `event`.
        partnership: declares the sources.
        readers: the indicators and rules.
    """
    signs: list[Sign] = []
    looked = 0
    for source in partnership.sources:
        people = _about_people(source)
        for event in source.events:
            if any(one.reads(source.name, event.type) for one in readers):
                looked += 1
                signs += _declared(source, event, people)
    signs += _changed(connection, _CHANGED, partnership.small_numbers)
    told = {kind for one in readers if {"detail", "value"} & {*one.fields} for kind in one.types}
    signs += _written_at_the_end(connection, sorted(told)) if told else ()
    return Check(LeakKind.AS_OF_EXTRACT, True, f"{looked} mapped event types and their records"), _findings(
        signs, readers
    )


def between(
    connection: duckdb.DuckDBPyConnection, readers: Sequence[Reader], *, small: SmallNumbers
) -> tuple[Check, list[Finding]]:
    """Look at events that a newer snapshot holds with another detail or value and the same dates.

    Args:
        connection: with `event` of the newer snapshot and `earlier_event` of the older one.
        readers: the indicators and rules.
        small: which numbers may stand in sentences.
    """
    signs = _changed(connection, _CHANGED_BETWEEN, small)
    return Check(LeakKind.AS_OF_EXTRACT, True, "the same events in an earlier snapshot"), _findings(signs, readers)


def _findings(signs: Iterable[Sign], readers: Sequence[Reader]) -> list[Finding]:
    return [
        Finding(
            LeakKind.COHORT_FUTURE if one.is_rule else LeakKind.AS_OF_EXTRACT,
            sign.severity,
            one.name,
            sign.words,
            {"source": sign.source, "event_type": sign.event_type, "field": sign.field, **sign.evidence},
            _REMEDY,
            whole="events" if "events" in sign.evidence else "",
            parts=("events_changed",) if "events" in sign.evidence else (),
        )
        for sign in signs
        for one in readers
        if one.reads(sign.source, sign.event_type, None if sign.field == "where" else sign.field)
    ]


def _declared(source: Source, event: EventMapping, people: set[str]) -> Iterator[Sign]:
    dated = {file for file, _ in behind(source, event.table, event.occurred_on)}
    files = {file.name: file for file in source.files}
    for field in _DECLARED:
        for file, column in sorted(behind(source, event.table, getattr(event, field))):
            words = f"{source.name}, {event.type}: its {field} is read from {column}"
            severity = Severity.WARN
            # What an adapter refuses, the hub never reads through it; only mappings of one's own can.
            if source.adapter is None and (why := _refused(column)):
                severity = Severity.REFUSE
                words += f", which must never be used. {why.rstrip('.')}."
            elif _SAYS_SO.search(column.lower()):
                words += ", whose name says that it is as of the day of the extract."
            elif field != "where" and file in people and file not in dated and _is_undated(files[file], column):
                words += (
                    ", which stands in a file about people without a date of its own. The event takes its date from "
                    "elsewhere, so the value may have been written, or changed, later."
                )
            else:
                continue
            yield Sign(source.name, event.type, field, severity, words, {"column": f"{file}.{column}"})


def _about_people(source: Source) -> set[str]:
    """Return the files from which records about people are made."""
    found: set[str] = set()
    for people in source.people:
        for expression in (*(getattr(people, field) for field in _PEOPLE), *people.attributes.values()):
            found |= {file for file, _ in behind(source, people.table, expression)}
    return found


def _is_undated(file: SourceFile, column: str) -> bool:
    """Say whether a file has no dates of its own, and the column is no part of what tells its rows apart."""
    return column not in file.unique and not any(one.type in _DATES for one in file.columns.values())


@cache
def _all_refused() -> dict[str, str]:
    """Return every column that an adapter refuses, in the form in which headers are compared, and why."""
    files = [file for name in adapters.names() for file in adapters.open_adapter(name).source["files"]]
    return {alike(header): str(why) for file in files for header, why in file.get("refused", {}).items()}


def _refused(column: str) -> str | None:
    return _all_refused().get(alike(column))


_CHANGED = """
    SELECT DISTINCT gone.source, gone.event_type, gone.event_id,
           gone.detail IS DISTINCT FROM now.detail AS detail, gone.value IS DISTINCT FROM now.value AS value
    FROM (FROM event WHERE known_to IS NOT NULL) AS gone
    JOIN event AS now USING (person_id, source, event_type, occurred_on)
    WHERE gone.known_to = now.known_from AND gone.event_id <> now.event_id
      AND gone.role IS NOT DISTINCT FROM now.role AND gone.episode_id IS NOT DISTINCT FROM now.episode_id
"""
_CHANGED_BETWEEN = """
    SELECT DISTINCT gone.source, gone.event_type, gone.event_id,
           gone.detail IS DISTINCT FROM now.detail AS detail, gone.value IS DISTINCT FROM now.value AS value
    FROM (FROM earlier_event ANTI JOIN event USING (event_id)) AS gone
    JOIN (FROM event ANTI JOIN earlier_event USING (event_id)) AS now
        USING (person_id, source, event_type, occurred_on, known_from)
    WHERE gone.role IS NOT DISTINCT FROM now.role AND gone.episode_id IS NOT DISTINCT FROM now.episode_id
"""


def _changed(connection: duckdb.DuckDBPyConnection, pairs: str, small: SmallNumbers) -> Iterator[Sign]:
    """Give a sign for each type whose details or values become others in a later delivery."""
    rows = connection.execute(
        f"""
        WITH changed AS ({pairs}),
        every AS (SELECT source, event_type, count(*) AS events FROM event WHERE known_to IS NULL GROUP BY ALL)
        SELECT source, event_type, count(DISTINCT event_id) FILTER (detail),
               count(DISTINCT event_id) FILTER (value), coalesce(any_value(events), 0)
        FROM changed LEFT JOIN every USING (source, event_type) GROUP BY ALL ORDER BY ALL
        """
    ).fetchall()
    for source, kind, details, values, events in rows:
        for field, many in (("detail", details), ("value", values)):
            part = Portion(many, max(events, many), f"events {kind} of {source}", small)
            if many >= FEWEST and part.low > CORRECTED:
                words = f"The {field} of {part} became another one in a later delivery: it is not what was known then."
                evidence = {"events_changed": many, "events": part.whole, "share": part.figure}
                yield Sign(source, kind, field, Severity.REFUSE, words, {**evidence})


def _written_at_the_end(connection: duckdb.DuckDBPyConnection, types: Sequence[str]) -> Iterator[Sign]:
    """Give a sign for each type whose details, or whether there is a value, say that the spell has ended."""
    rows = connection.execute(
        f"""
        WITH held AS (
            SELECT source, event_type, person_id, episode_id, occurred_on, coalesce(detail, '') AS detail,
                   CASE WHEN value IS NULL THEN 'no' ELSE 'yes' END AS value
            FROM event WHERE episode_id IS NOT NULL AND known_to IS NULL
        ), last_of AS (
            SELECT person_id, episode_id, event_type, max(occurred_on) AS day FROM held GROUP BY ALL
        ), told AS (
            SELECT held.*, EXISTS (
                SELECT 1 FROM last_of WHERE last_of.person_id = held.person_id AND last_of.episode_id = held.episode_id
                AND last_of.event_type <> held.event_type AND last_of.day >= held.occurred_on) AS ended
            FROM held WHERE event_type IN {sql.texts(types)}
        ), counted AS (
            SELECT source, event_type, field, code,
                   count(*) FILTER (ended) AS ended, count(*) FILTER (NOT ended) AS open
            FROM (SELECT *, 'detail' AS field, detail AS code FROM told
                  UNION ALL SELECT *, 'value', value FROM told) GROUP BY ALL
        ), whole AS (
            SELECT source, event_type, field, sum(ended) AS all_ended, sum(open) AS all_open FROM counted GROUP BY ALL
            HAVING sum(ended) >= {FEWEST} AND sum(open) >= {FEWEST}
        )
        SELECT source, event_type, field, any_value(all_ended)::BIGINT, any_value(all_open)::BIGINT,
               sum(least(ended / all_ended, open / all_open)) AS common
        FROM counted JOIN whole USING (source, event_type, field)
        GROUP BY ALL HAVING count(*) <= {MOST_CODES} AND common <= {OVERLAP} ORDER BY ALL
        """
    ).fetchall()
    for source, kind, field, ended, open_, common in rows:
        words = (
            f"The {field} of {kind} ({source}) is another one in spells that have ended than in those still open, so "
            "it was written at the end and not at the start, from whose day it counts."
        )
        evidence = {"ended": ended, "open": open_, "in_common_per_cent": round(100 * float(common))}
        yield Sign(source, kind, field, Severity.REFUSE, words, {**evidence})
