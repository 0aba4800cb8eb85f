"""The check value_changes: an old date of looking, built again from a newer snapshot, must give the same numbers.

What was known on a past date does not change: whatever came later has a later `known_from`. So the same indicators on
the same dates for the same people are built from both snapshots and compared, and so is who is in the cohort. Changes
are told apart by their cause, in this order:

- linkage: records of the child (or of somebody whose records count for it) moved to another person, or its month of
  birth was put right, so that it is another history and not another past;
- absent: the newer delivery of a source does not hold the child any more;
- household: where the child lives, or who belongs to its family, is told in another way;
- events: the past itself changed. That is the leak.
"""

import datetime
from dataclasses import dataclass

import duckdb

from features.declarations.catalogue import Indicator, Over
from features.declarations.use_cases import UseCase
from features.leakage.leaks import Check, Finding, LeakKind, Portion, Severity
from features.leakage.looking import Looked, Seen
from features.rows import unpublished
from hub import sql
from hub.disclosing.disclosure import SmallNumbers, text
from hub.publishing.snapshots import Snapshot

KINDS: tuple[LeakKind, ...] = (
    LeakKind.VALUE_CHANGES,
    LeakKind.COHORT_FUTURE,
)
TITLE = "An earlier snapshot"
FEWEST = 10
"""From so many children on, when they are also more than `SHARE` of those compared, nothing is built."""
SHARE = 0.01
MOST_DATES = 3
"""So many old dates of looking are built again: the newest, and two from the second half of those before it."""
MOST_PEOPLE = 20_000
"""Of more people than this only the first by pseudonym, which is chance, are built again: memory stays bounded."""

_CAUSES = (
    "children_compared",
    ("children_by_events", "children_by_household", "children_by_linkage", "children_absent"),
)
_REMEDY = (
    "Find out what was delivered or mapped anew with dates from before: compare the two deliveries, and whether "
    "sources.yaml changed in between. Train only on dates for which nothing changed."
)


@dataclass(frozen=True, slots=True)
class _Changed:
    """For how many children a number, or their being in the cohort, changed, by cause."""

    linkage: int
    absent: int
    household: int
    events: int


def dates_to_compare(use_case: UseCase, earlier: Snapshot) -> tuple[datetime.date, ...]:
    """Return the old dates of looking that are built again: those that the earlier snapshot covers, some of them."""
    covered = use_case.covered(earlier.known_to)
    if len(covered) <= MOST_DATES:
        return tuple(covered)
    return tuple(covered[at] for at in (len(covered) // 2, 3 * len(covered) // 4, -1))


def run(seen: Seen) -> Looked:
    """Compare old dates of looking with an earlier snapshot, if there is one."""
    if seen.earlier is None:
        why = "There is no earlier snapshot to compare with."
        of_cohort = "Whether it changes between two snapshots was not looked at: there is no earlier one."
        return [
            (Check(LeakKind.VALUE_CHANGES, False, why_not=why), []),
            (Check(LeakKind.COHORT_FUTURE, False, why_not=of_cohort), []),
        ]
    return check(seen.connection, seen.snapshot, seen.earlier, seen.use_case, small=seen.small)


def check(
    connection: duckdb.DuckDBPyConnection,
    snapshot: Snapshot,
    earlier: Snapshot,
    use_case: UseCase,
    *,
    small: SmallNumbers,
) -> list[tuple[Check, list[Finding]]]:
    """Build old dates of looking from both snapshots and compare them.

    Args:
        connection: with `event`, `household`, `family` and `person` of the snapshot, and the same of the earlier one
            under `earlier_event` and so on.
        snapshot: the newer one.
        earlier: the older one.
        use_case: its cohort and dates of looking.
        small: which numbers may stand in sentences.
    """
    both = {*snapshot.facts.sources} & {*earlier.facts.sources}
    compared = [one for one in use_case.indicators if both.issuperset(one.sources)]
    dates = dates_to_compare(use_case, earlier)
    if not dates or not compared:
        why = (
            f"The earlier snapshot {earlier.digest[:12]} covers no date of looking, or has none of the sources of the "
            "indicators."
        )
        return [(Check(kind, False, why_not=why), []) for kind in (LeakKind.VALUE_CHANGES, LeakKind.COHORT_FUTURE)]
    until = unpublished.last_of(snapshot, MOST_PEOPLE)
    for name, one in (("now_row", snapshot), ("then_row", earlier)):
        built = unpublished.of(one, use_case.reading(compared), dates, until=until)
        connection.register("rows_given", built)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM rows_given")
        connection.unregister("rows_given")
    _explain(connection)
    [(people,)] = connection.execute(
        "SELECT count(DISTINCT person_id) FROM now_row JOIN then_row USING (person_id, as_of_date)"
    ).fetchall()
    found = []
    for indicator in compared:
        changed = _changed(connection, _different_values(indicator), indicator.over)
        found += _findings(
            LeakKind.VALUE_CHANGES,
            indicator.name,
            f"“{indicator.plain}” has another number",
            changed,
            people,
            use_case.people,
            small,
        )
    members = _findings(
        LeakKind.COHORT_FUTURE,
        "cohort",
        "Whether they belong to the cohort on a past date of looking changes",
        _changed(connection, _different_members(), Over.SELF),
        people,
        use_case.people,
        small,
    )
    left_out = [one.name for one in use_case.indicators if one not in compared]
    why = f"A source is not in both snapshots: {', '.join(left_out)}." if left_out else ""
    days = f"{len(dates)} old dates of looking built again, compared with the snapshot {earlier.digest[:12]}"
    looked = f"{len(compared)} indicators of {text(small.count(people))} {use_case.people} on {days}"
    return [
        (Check(LeakKind.VALUE_CHANGES, True, looked, why), found),
        (Check(LeakKind.COHORT_FUTURE, True, f"who belongs to it, on {days}"), members),
    ]


def _different_values(indicator: Indicator) -> str:
    column = sql.name(indicator.name)
    return f"""SELECT DISTINCT person_id FROM now_row JOIN then_row USING (person_id, as_of_date)
               WHERE now_row.{column} IS DISTINCT FROM then_row.{column}"""


def _different_members() -> str:
    return """SELECT DISTINCT person_id FROM (
                  (SELECT person_id, as_of_date FROM now_row EXCEPT SELECT person_id, as_of_date FROM then_row)
                  UNION ALL
                  (SELECT person_id, as_of_date FROM then_row EXCEPT SELECT person_id, as_of_date FROM now_row)
              ) SEMI JOIN person USING (person_id) SEMI JOIN earlier_person USING (person_id)"""


def _explain(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `relinked`, `absent` and `rehoused` (person_id), and `together` (person_id, other_id)."""
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE relinked AS
        WITH moved AS (
            SELECT DISTINCT event.person_id AS now_id, earlier_event.person_id AS then_id
            FROM event JOIN earlier_event USING (event_id) WHERE event.person_id <> earlier_event.person_id
        )
        SELECT now_id AS person_id FROM moved UNION SELECT then_id FROM moved
        UNION SELECT person_id FROM person JOIN earlier_person USING (person_id)
              WHERE person.birth_month IS DISTINCT FROM earlier_person.birth_month
        UNION (SELECT person_id FROM person EXCEPT SELECT person_id FROM earlier_person)
        UNION (SELECT person_id FROM earlier_person EXCEPT SELECT person_id FROM person)
        """
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE absent AS
        SELECT DISTINCT person_id FROM (
            SELECT DISTINCT person_id, source FROM earlier_event EXCEPT SELECT DISTINCT person_id, source FROM event)
        """
    )
    stays = "person_id, household_id, area_id, valid_from, valid_to, known_from, end_known_from"
    kin = "person_id, family_id, relation, valid_from, valid_to, known_from, end_known_from"
    apart = " UNION ".join(
        f"(SELECT {columns} FROM {one} EXCEPT SELECT {columns} FROM {other})"
        for columns, one, other in (
            (stays, "household", "earlier_household"),
            (stays, "earlier_household", "household"),
        )
    )
    apart_kin = apart.replace(stays, kin).replace("household", "family")
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE rehoused AS
        SELECT person_id FROM ({apart}) UNION SELECT person_id FROM ({apart_kin})
        """
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE together AS
        WITH living AS (
            SELECT person_id, household_id AS place FROM household UNION
            SELECT person_id, household_id FROM earlier_household UNION
            SELECT person_id, family_id FROM family UNION SELECT person_id, family_id FROM earlier_family
        )
        SELECT DISTINCT one.person_id, other.person_id AS other_id FROM living AS one JOIN living AS other USING (place)
        """
    )


def _changed(connection: duckdb.DuckDBPyConnection, different: str, over: Over) -> _Changed:
    """Count the people of `different` by cause. Of a household or family, what befell one of them counts for all."""

    def befell(table: str) -> str:
        if over is Over.SELF:
            return f"person_id IN (FROM {table})"
        return (
            f"person_id IN (FROM {table}) OR "
            f"person_id IN (SELECT person_id FROM together WHERE other_id IN (FROM {table}))"
        )

    household = "false" if over is Over.SELF else befell("rehoused")
    [row] = connection.execute(
        f"""
        SELECT count(*) FILTER (cause = 'linkage'), count(*) FILTER (cause = 'absent'),
               count(*) FILTER (cause = 'household'), count(*) FILTER (cause = 'events')
        FROM (
            SELECT CASE WHEN {befell("relinked")} THEN 'linkage' WHEN {befell("absent")} THEN 'absent'
                        WHEN {household} THEN 'household' ELSE 'events' END AS cause
            FROM ({different})
        )
        """
    ).fetchall()
    return _Changed(*(int(one) for one in row))


def _findings(
    kind: LeakKind, about: str, words: str, changed: _Changed, people: int, called: str, small: SmallNumbers
) -> list[Finding]:
    part = Portion(changed.events, max(people, changed.events), f"{called} compared", small)
    homes = Portion(changed.household, max(people, changed.household), f"{called} compared", small)
    evidence = {
        "children_by_events": changed.events,
        "children_by_household": changed.household,
        "children_by_linkage": changed.linkage,
        "children_absent": changed.absent,
        "children_compared": max(people, changed.linkage + changed.absent + changed.household + changed.events),
        "share": part.figure,
    }
    if changed.events:
        grave = part.many >= FEWEST and part.low > SHARE
        severity = Severity.REFUSE if grave else Severity.WARN
        why = "because events of the past came, went or changed"
        return [Finding(kind, severity, about, f"{words} for {part}, {why}.", evidence, _REMEDY, *_CAUSES)]
    if homes.many >= FEWEST and homes.low > SHARE:
        why = "because it is told in another way where they lived or to which family they belong"
        return [Finding(kind, Severity.WARN, about, f"{words} for {homes}, {why}.", evidence, _REMEDY, *_CAUSES)]
    return []
