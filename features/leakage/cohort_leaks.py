"""The check cohort_future: cohort rules that use what came later, as far as one snapshot shows it.

- a rule reads events of a source whose records are stamped with the day of delivery (leakage.recording_dates): who is
  in the cohort on a past date then depends on what nobody knew;
- children are in the cohort on a date on which no source had told the hub of them yet. They are in it only because they
  came into the hub later, often because of what happened to them.

What changes between two snapshots is looked for in features.leakage.snapshot_changes.
"""

from collections.abc import Collection, Sequence

import duckdb
import pyarrow as pa

from features.declarations.cohort import DEATHS
from features.declarations.event_fields import Reader
from features.leakage.leaks import Check, Finding, LeakKind, Portion, Severity
from features.leakage.looking import Looked, Seen
from features.leakage.recording_dates import stamped_sources
from hub import sql
from hub.disclosing.disclosure import SmallNumbers, text

KINDS: tuple[LeakKind, ...] = (LeakKind.COHORT_FUTURE,)
TITLE = "The cohort"
FEWEST = 10
"""From so many children on, when they are also more than `SHARE` of the cohort, somebody should look."""
SHARE = 0.01


def run(seen: Seen) -> Looked:
    """Look at the rules of the cohort, and at who is in it."""
    stamped = stamped_sources(seen.workspace, seen.snapshot, seen.sources)
    looked = seen.rows.select(["person_id", "as_of_date"])
    return [check(seen.connection, seen.readers, looked, stamped, people=seen.use_case.people, small=seen.small)]


def check(
    connection: duckdb.DuckDBPyConnection,
    readers: Sequence[Reader],
    looked: pa.Table,
    stamped: Collection[str],
    *,
    people: str,
    small: SmallNumbers,
) -> tuple[Check, list[Finding]]:
    """Look at the rules, and at who is in the cohort.

    Args:
        connection: with the snapshot's `event`, `household`, `family` and `involvement`.
        readers: of which the rules are looked at.
        looked: person_id and as_of_date of all rows.
        stamped: sources whose records are stamped with the day of delivery.
        people: what the use case calls the people.
        small: which numbers may stand in sentences.
    """
    found = [one for rule in readers if rule.is_rule for one in _stamped(rule, _sources(connection, rule) & {*stamped})]
    connection.register("looked_given", looked)
    [(many, whole)] = connection.execute(
        """
        WITH first_known AS (
            SELECT person_id, min(known_from) AS day FROM (
                SELECT person_id, known_from FROM event
                UNION ALL SELECT person_id, known_from FROM household
                UNION ALL SELECT person_id, known_from FROM family
                UNION ALL SELECT person_id, known_from FROM involvement
            ) GROUP BY person_id
        )
        SELECT count(DISTINCT person_id) FILTER (coalesce(day > as_of_date, true)), count(DISTINCT person_id)
        FROM looked_given LEFT JOIN first_known USING (person_id)
        """
    ).fetchall()
    connection.unregister("looked_given")
    part = Portion(int(many), int(whole), f"{people} in the cohort", small)
    if part.many >= FEWEST and part.low > SHARE:
        found.append(_unknown(part))
    rules = sum(one.is_rule for one in readers)
    whom = f"{text(small.count(part.whole))} {people}"
    return Check(LeakKind.COHORT_FUTURE, True, f"{rules} rules, and when {whom} came into the hub"), found


def _sources(connection: duckdb.DuckDBPyConnection, rule: Reader) -> set[str]:
    rows = connection.execute(
        f"SELECT DISTINCT source FROM event WHERE event_type IN {sql.texts(rule.types)}"
    ).fetchall()
    return {str(one) for (one,) in rows}


def _stamped(rule: Reader, sources: Collection[str]) -> list[Finding]:
    if rule.name == DEATHS:
        return [_deaths(rule, source) for source in sorted(sources)]
    return [
        Finding(
            LeakKind.COHORT_FUTURE,
            Severity.REFUSE,
            rule.name,
            f"The rule reads {source}, whose records have no date of recording and count only from the day of "
            "delivery: who was in the cohort on a past date is not what anybody knew then.",
            {"source": source},
            "Give the source its dates of recording, or build the rule on another source.",
        )
        for source in sorted(sources)
    ]


def _deaths(rule: Reader, source: str) -> Finding:
    """Return the warning about deaths without dates of recording: nothing of the future shows, but the dead stay in."""
    return Finding(
        LeakKind.COHORT_FUTURE,
        Severity.WARN,
        rule.name,
        f"{source} tells of deaths without a date of recording, so they count only from the day of delivery: whoever "
        "had died by then is still counted in on the dates before it.",
        {"source": source},
        "Give the source its dates of recording.",
    )


def _unknown(part: Portion) -> Finding:
    return Finding(
        LeakKind.COHORT_FUTURE,
        Severity.WARN,
        "cohort",
        f"For {part}, the hub had no record on a date of looking on which they are counted in: they came into it "
        "later, maybe because of the outcome.",
        {"children_not_known_yet": part.many, "children": part.whole, "share": part.figure},
        "Let the cohort begin with something that was known on the date, such as being on a school roll "
        "(with_recent_event).",
        whole="children",
        parts=("children_not_known_yet",),
    )
