"""The check as_of_extract: columns that say how things stand on the day of the extract, dated as if known long before.

Three signs are looked for in what indicators and cohort rules read:

- in the declarations: a column that an adapter refuses because it is as of the extract; one whose name says so; a value
  from a file about people that has no date, on an event that is dated by another file;
- in the snapshot: details or values of the same event that changed from delivery to delivery more often than faults are
  put right;
- in the snapshot: details or values of a start that differ wholly between spells that have ended and those still open,
  so that they were written at the end.
"""

import re
from collections.abc import Sequence

import duckdb

from features.event_fields import Reader
from features.leaks import Check, Finding, Kind, Part, Severity
from features.mapped_columns import Column, behind
from hub import adapter as adapters
from hub import sql
from hub.partnership import Partnership
from hub.source_files import ColumnType, SourceFile, alike
from hub.source_mappings import EventMapping
from hub.sources import Source, check_adapter

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
_REMEDY = (
    "Take a column that was written on the day of the event, or date the event by the day on which it was written."
)


def check(
    connection: duckdb.DuckDBPyConnection, partnership: Partnership, readers: Sequence[Reader]
) -> tuple[Check, list[Finding]]:
    """Look for columns as of the day of the extract behind everything that is read.

    Args:
        connection: with the snapshot's `event`.
        partnership: declares the sources.
        readers: the indicators and rules.
    """
    found: list[Finding] = []
    looked = 0
    for source in partnership.sources:
        for event in source.events:
            mine = [one for one in readers if one.reads(source.name, event.type)]
            looked += bool(mine)
            for one in mine:
                found += _declared(source, event, one)
    for one in readers:
        found += _changed(connection, one)
        found += _written_at_the_end(connection, one)
    return Check(Kind.AS_OF_EXTRACT, True, f"{looked} mapped event types and their records"), found


def _finding(one: Reader, severity: Severity, words: str, evidence: dict[str, object]) -> Finding:
    kind = Kind.COHORT_FUTURE if one.is_rule else Kind.AS_OF_EXTRACT
    return Finding(kind, severity, one.name, words, evidence, _REMEDY)  # type: ignore[arg-type]


def _declared(source: Source, event: EventMapping, one: Reader) -> list[Finding]:
    read = [*one.fields, "where"]
    columns = {name: behind(source, event.table, getattr(event, name)) for name in read}
    dated = {file for file, _ in behind(source, event.table, event.occurred_on)}
    people = _about_people(source)
    files = {file.name: file for file in source.files}
    found = []
    for name, several in columns.items():
        for file, column in sorted(several):
            where = f"{source.name}.{event.type}: {name} reads {column}"
            evidence: dict[str, object] = {"column": f"{file}.{column}", "event_type": event.type, "field": name}
            if why := _refused(column):
                words = f"{where}, which must never be used: {why.rstrip('.')}."
                found.append(_finding(one, Severity.REFUSE, words, evidence))
            elif _SAYS_SO.search(column.lower()):
                words = f"{where}, whose name says that it is as of the day of the extract."
                found.append(_finding(one, Severity.WARN, words, evidence))
            elif name != "where" and file in people and file not in dated and _is_undated(files[file], column):
                words = (
                    f"{where}, which stands in a file about people without a date of its own; the event takes its date "
                    "from elsewhere, so the value may have been written, or changed, later."
                )
                found.append(_finding(one, Severity.WARN, words, evidence))
    return found


def _about_people(source: Source) -> set[str]:
    """Return the files from which records about people are made."""
    fields = ("given_name", "family_name", "date_of_birth", "sex", "gender", "ethnicity")
    found: set[Column] = set()
    for people in source.people:
        for expression in (*(getattr(people, field) for field in fields), *people.attributes.values()):
            found |= behind(source, people.table, expression)
    return {file for file, _ in found}


def _is_undated(file: SourceFile, column: str) -> bool:
    """Say whether a file has no dates of its own, and the column is no part of what tells its rows apart."""
    return column not in file.unique and not any(one.type in _DATES for one in file.columns.values())


def _refused(column: str) -> str | None:
    """Return why an adapter refuses a column of this name."""
    for name in adapters.names():
        for file in check_adapter(name).source.files:
            for header, why in file.refused.items():
                if alike(header) == alike(column):
                    return str(why)
    return None


def _changed(connection: duckdb.DuckDBPyConnection, one: Reader) -> list[Finding]:
    """Look at events that a later delivery holds with another detail or value."""
    found = []
    for field in sorted({"detail", "value"} & set(one.fields)):
        rows = connection.execute(
            f"""
            WITH mine AS (FROM event WHERE {_mine(one)}),
            changed AS (
                SELECT DISTINCT gone.source, gone.event_type, gone.event_id
                FROM mine AS gone JOIN mine AS now USING (person_id, source, event_type, occurred_on)
                WHERE gone.known_to = now.known_from AND gone.event_id <> now.event_id
                  AND gone.role IS NOT DISTINCT FROM now.role
                  AND gone.episode_id IS NOT DISTINCT FROM now.episode_id
                  AND gone.{field} IS DISTINCT FROM now.{field}
            )
            SELECT source, event_type, count(*), (
                SELECT count(*) FROM mine WHERE mine.source = changed.source AND mine.event_type = changed.event_type
                AND known_to IS NULL)
            FROM changed GROUP BY ALL ORDER BY ALL
            """
        ).fetchall()
        found += [_became(one, field, *row) for row in rows if _too_often(row[2], row[3])]
    return found


def between(connection: duckdb.DuckDBPyConnection, readers: Sequence[Reader]) -> tuple[Check, list[Finding]]:
    """Look at events that a newer snapshot holds with another detail or value and the same dates.

    Args:
        connection: with `event` of the newer snapshot and `earlier_event` of the older one.
        readers: the indicators and rules.
    """
    found = []
    for one in readers:
        for field in sorted({"detail", "value"} & set(one.fields)):
            rows = connection.execute(
                f"""
                WITH now AS (FROM event ANTI JOIN earlier_event USING (event_id) WHERE {_mine(one)}),
                gone AS (FROM earlier_event ANTI JOIN event USING (event_id) WHERE {_mine(one)})
                SELECT source, event_type, count(DISTINCT gone.event_id), (
                    SELECT count(*) FROM earlier_event AS every
                    WHERE every.source = gone.source AND every.event_type = gone.event_type)
                FROM gone JOIN now USING (person_id, source, event_type, occurred_on, known_from)
                WHERE gone.role IS NOT DISTINCT FROM now.role AND gone.episode_id IS NOT DISTINCT FROM now.episode_id
                  AND gone.{field} IS DISTINCT FROM now.{field}
                GROUP BY ALL ORDER BY ALL
                """
            ).fetchall()
            found += [_became(one, field, *row) for row in rows if _too_often(row[2], row[3])]
    return Check(Kind.AS_OF_EXTRACT, True, "the same events in an earlier snapshot"), found


def _too_often(many: int, whole: int) -> bool:
    return many >= FEWEST and Part(many, max(whole, many), "events").low > CORRECTED


def _became(one: Reader, field: str, source: str, kind: str, many: int, whole: int) -> Finding:
    part = Part(many, max(whole, many), f"events {kind} of {source}")
    words = f"The {field} of {part} became another one in a later delivery: it is not what was known then."
    evidence = {"event_type": kind, "field": field, "events_changed": many, "events": part.whole, "share": part.figure}
    return _finding(one, Severity.REFUSE, words, {**evidence})


def _written_at_the_end(connection: duckdb.DuckDBPyConnection, one: Reader) -> list[Finding]:
    """Look at starts whose details say whether the spell has ended."""
    found = []
    for field in sorted({"detail", "value"} & set(one.fields)):
        code = "coalesce(detail, '')" if field == "detail" else "CASE WHEN value IS NULL THEN 'no' ELSE 'yes' END"
        rows = connection.execute(
            f"""
            WITH start AS (
                SELECT source, event_type, person_id, episode_id, occurred_on, {code} AS code
                FROM event WHERE {_mine(one)} AND episode_id IS NOT NULL AND known_to IS NULL
            ), told AS (
                SELECT start.source, start.event_type, code, EXISTS (
                    SELECT 1 FROM event AS later WHERE later.person_id = start.person_id
                    AND later.episode_id = start.episode_id AND later.event_type <> start.event_type
                    AND later.occurred_on >= start.occurred_on AND later.known_to IS NULL) AS ended
                FROM start
            ), counted AS (
                SELECT source, event_type, code, count(*) FILTER (ended) AS ended, count(*) FILTER (NOT ended) AS open
                FROM told GROUP BY ALL
            )
            SELECT source, event_type, sum(ended)::BIGINT, sum(open)::BIGINT, count(*),
                   sum(least(ended / s, open / o))
            FROM counted JOIN (
                SELECT source, event_type, sum(ended) AS s, sum(open) AS o FROM counted GROUP BY ALL
            ) USING (source, event_type)
            GROUP BY ALL HAVING sum(ended) >= {FEWEST} AND sum(open) >= {FEWEST} ORDER BY ALL
            """
        ).fetchall()
        for source, kind, ended, open_, codes, common in rows:
            if codes <= MOST_CODES and common <= OVERLAP:
                words = (
                    f"The {field} of {kind} ({source}) is another one in spells that have ended than in those still "
                    "open, so it was written at the end and not at the start, from whose day it counts."
                )
                evidence = {
                    "ended": ended,
                    "open": open_,
                    "in_common_per_cent": round(100 * float(common)),
                    "field": field,
                }
                found.append(_finding(one, Severity.REFUSE, words, {**evidence, "event_type": kind}))
    return found


def _mine(one: Reader) -> str:
    parts = ["true"]
    if one.sources is not None:
        parts.append(f"source IN {sql.texts(one.sources)}")
    if one.types:
        parts.append(f"event_type IN {sql.texts(one.types)}")
    return " AND ".join(parts)
