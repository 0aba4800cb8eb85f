"""The first check, reads_outcome: what an indicator counts before the date, although it belongs to an outcome after it.

A window ends before the date of looking, so no indicator can read the outcome's own event; unless dates lie. Where the
outcome begins a spell (a plan, a time of help), nothing of the same episode can lie before it. An event that does, and
that an indicator counts on a date of looking before the outcome, was dated back: it was written because of the outcome.

An earlier episode that is over, with true dates, has another `episode_id` and is rightly counted. An event that was
known on the date and withdrawn or corrected later is no leak either: on that date people did see it.
"""

import datetime
from collections.abc import Iterable

import duckdb
import pyarrow as pa

from features.declarations.catalogue import EventFilter, Over
from features.declarations.conditions import event_condition, known_before, known_on
from features.declarations.use_cases import UseCase
from features.leakage.leaks import Check, Finding, LeakKind, Portion, Severity
from features.leakage.looking import Looked, Seen
from hub import sql
from hub.disclosing.disclosure import SmallNumbers, text

KINDS: tuple[LeakKind, ...] = (
    LeakKind.READS_OUTCOME,
    LeakKind.COHORT_FUTURE,
)
TITLE = "The outcome's own records"
FEWEST = 10
"""From so many children on, or from `SHARE` of those with the outcome on, nothing is built; below, somebody looks."""
SHARE = 0.05

_REMEDY = (
    "Ask the agency how these dates came about. Let known_from be the day on which the record was really entered, or "
    "leave the event type out."
)


def run(seen: Seen) -> Looked:
    """Look at the records that belong to the outcome's own episode."""
    known_to = seen.snapshot.known_to
    return check(seen.connection, seen.use_case, seen.positives(), known_to=known_to, small=seen.small)


def check(
    connection: duckdb.DuckDBPyConnection,
    use_case: UseCase,
    positives: pa.Table,
    *,
    known_to: datetime.date,
    small: SmallNumbers,
) -> list[tuple[Check, list[Finding]]]:
    """Look for events of the outcome's own episode that are counted before it.

    Args:
        connection: with the snapshot's `event`.
        use_case: its outcome, horizon and cohort.
        positives: person_id and as_of_date of every row with the outcome.
        known_to: the last day of the snapshot.
        small: which numbers may stand in sentences.
    """
    own = [one for one in use_case.indicators if one.over is Over.SELF]
    if set(use_case.outcome.events.types) & _ends(use_case):
        why = "The outcome ends a spell, so what stands in the same episode before it is as it should be."
        return [(Check(LeakKind.READS_OUTCOME, False, why_not=why), [])]
    if not len(positives):
        why = "No date of looking has a whole horizon and anybody with the outcome."
        return [(Check(LeakKind.READS_OUTCOME, False, why_not=why), [])]
    many = _children_with_episode(connection, use_case, positives, known_to)
    if not many:
        why = "No event of the outcome says to which episode it belongs (episode in sources.yaml)."
        return [(Check(LeakKind.READS_OUTCOME, False, why_not=why), [])]
    whom = f"{use_case.people} with the outcome"
    begins = bool(set(use_case.outcome.events.types) & _starts(use_case))
    found = []
    for one in own:
        window = None if one.spells is not None else one.window_days
        if children := _children(connection, one.filters(), one.sources, window):
            found.append(_finding(one.name, one.plain, Portion(children, many, whom, small), begins))
    cohort = [
        _cohort_finding(rule.name, Portion(children, many, whom, small))
        for rule in use_case.cohort.rules()
        if rule.spell is None and (children := _children(connection, (rule.events,), (), rule.within_days))
    ]
    looked = f"{len(own)} indicators for {text(small.count(many))} {whom}"
    return [
        (Check(LeakKind.READS_OUTCOME, True, looked), found),
        (Check(LeakKind.COHORT_FUTURE, True, "its rules, for events of the outcome's own episode"), cohort),
    ]


def _finding(name: str, plain: str, part: Portion, begins: bool) -> Finding:
    refused = begins and (part.many >= FEWEST or part.many >= SHARE * part.whole)
    return Finding(
        LeakKind.READS_OUTCOME,
        Severity.REFUSE if refused else Severity.WARN,
        name,
        f"“{plain}” counts records that belong to the outcome's own episode and are dated before it: for {part}.",
        {"children": part.many, "children_with_outcome": part.whole, "share": part.figure},
        _REMEDY,
        whole="children_with_outcome",
        parts=("children",),
    )


def _cohort_finding(place: str, part: Portion) -> Finding:
    return Finding(
        LeakKind.COHORT_FUTURE,
        Severity.REFUSE if part.many >= FEWEST or part.many >= SHARE * part.whole else Severity.WARN,
        place,
        f"The rule reads records that belong to the outcome's own episode and are dated before it: for {part}.",
        {"children": part.many, "children_with_outcome": part.whole, "share": part.figure},
        _REMEDY,
        whole="children_with_outcome",
        parts=("children",),
    )


def _ends(use_case: UseCase) -> set[str]:
    """Return the event types that are declared as the end of a spell."""
    spells = [rule.spell for rule in use_case.cohort.rules() if rule.spell is not None]
    found = {kind for spell in spells for kind in spell.ends}
    return found | {kind for one in use_case.indicators if one.spells is not None for kind in one.spells.ends.types}


def _starts(use_case: UseCase) -> set[str]:
    """Return the event types that are declared as the start of a spell."""
    spells = [rule.spell for rule in use_case.cohort.rules() if rule.spell is not None]
    found = {kind for spell in spells for kind in spell.starts}
    return found | {kind for one in use_case.indicators if one.spells is not None for kind in one.spells.starts.types}


def _children_with_episode(
    connection: duckdb.DuckDBPyConnection, use_case: UseCase, positives: pa.Table, known_to: datetime.date
) -> int:
    """Make `dated_back`: what was known on a date and belongs to an outcome after it; return how many have an outcome.

    Counted are children whose outcome says to which episode it belongs.
    """
    connection.register("positive_given", positives)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE outcome_episode AS
            SELECT DISTINCT person_id, positive_given.as_of_date, episode_id
            FROM positive_given JOIN event USING (person_id)
            WHERE {event_condition(use_case.outcome.events)} AND {known_on(sql.date(known_to))}
              AND occurred_on >= as_of_date AND occurred_on < as_of_date + {use_case.horizon_days}
              AND episode_id IS NOT NULL"""
    )
    connection.unregister("positive_given")
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE dated_back AS
            SELECT as_of_date, event.* FROM outcome_episode JOIN event USING (person_id, episode_id)
            WHERE {known_before()} AND known_to IS NULL"""
    )
    [(many,)] = connection.execute("SELECT count(DISTINCT person_id) FROM outcome_episode").fetchall()
    return int(many)


def _children(
    connection: duckdb.DuckDBPyConnection, filters: Iterable[EventFilter], sources: Iterable[str], days: int | None
) -> int:
    """Return for how many children something of `dated_back` meets a filter inside the window."""
    conditions = [f"({event_condition(one)})" for one in filters] or ["true"]
    where = f"({' OR '.join(conditions)})"
    named = tuple(sources)
    if named:
        where += f" AND source IN {sql.texts(named)}"
    if days is not None:
        where += f" AND occurred_on >= as_of_date - {days}"
    [(many,)] = connection.execute(f"SELECT count(DISTINCT person_id) FROM dated_back WHERE {where}").fetchall()
    return int(many)
