"""Cohorts, outcomes and audit groups as SQL over a snapshot. All rules look only at what was known on the date.

The statements read `person`, `event`, `membership` and `area` of a DuckDB connection, `as_of(as_of_date)` with the
dates of looking, and, for outcomes and groups, `looked(person_id, as_of_date)`.
"""

import datetime
from itertools import pairwise

from features.catalogue import EventFilter
from features.conditions import event_condition, known_before, known_on
from features.feature_sets import NOT_RECORDED
from features.use_cases import Cohort, Group, OpenSpell, UseCase
from hub import sql

_AGE = "date_sub('year', birth_month, as_of_date)"


def cohort_statement(cohort: Cohort) -> str:
    """Return the SELECT of (person_id, as_of_date): everyone in `person` who meets every rule on the date."""
    rules = []
    if cohort.ages is not None:
        rules.append(f"{_AGE} >= {cohort.ages.from_years} AND {_AGE} < {cohort.ages.below_years}")
    if cohort.with_recent_event is not None:
        recent = cohort.with_recent_event
        rules.append(_has_event(recent.events, recent.within_days))
    if cohort.with_open_spell is not None:
        rules.append(_has_open_spell(cohort.with_open_spell))
    if cohort.without_open_spell is not None:
        rules.append(f"NOT {_has_open_spell(cohort.without_open_spell)}")
    if cohort.without_event_ever is not None:
        rules.append(f"NOT {_has_event(cohort.without_event_ever, None)}")
    where = " AND ".join(f"coalesce({rule}, false)" for rule in rules) or "true"
    return f"SELECT person_id, as_of_date FROM person, as_of WHERE {where}"


def _has_event(events: EventFilter, within_days: int | None) -> str:
    since = "" if within_days is None else f" AND occurred_on >= as_of_date - {within_days}"
    return f"""EXISTS (
        SELECT 1 FROM event WHERE event.person_id = person.person_id
        AND {event_condition(events)} AND {known_before()}{since})"""


def _has_open_spell(spell: OpenSpell) -> str:
    since = ""
    if spell.started_within_days is not None:
        since = f" AND start.occurred_on >= as_of_date - {spell.started_within_days}"
    return f"""EXISTS (
        SELECT 1 FROM event AS start WHERE start.person_id = person.person_id
        AND start.event_type IN {sql.texts(spell.starts)}
        AND start.occurred_on < as_of_date AND {known_on("as_of_date", "start.")}{since}
        AND NOT EXISTS (
            SELECT 1 FROM event AS stop WHERE stop.person_id = start.person_id
            AND stop.event_type IN {sql.texts(spell.ends)} AND stop.episode_id = start.episode_id
            AND stop.occurred_on < as_of_date AND {known_on("as_of_date", "stop.")}))"""


def outcome_statement(use_case: UseCase, known_to: datetime.date) -> str:
    """Return the SELECT of (person_id, as_of_date, outcome) for every row of `looked`.

    The outcome is 1 when an event of the outcome occurred in `[as_of_date, as_of_date + horizon_days)`, else 0. It is
    null while the horizon reaches past `known_to`, because nobody can know yet. What counts is what is known on
    `known_to`: an event that was withdrawn or corrected by then did not happen.
    """
    horizon = use_case.horizon_days
    return f"""
        SELECT person_id, as_of_date,
            CASE WHEN as_of_date + {horizon} <= {sql.date(known_to)} THEN (EXISTS (
                SELECT 1 FROM event WHERE event.person_id = looked.person_id
                AND {event_condition(use_case.outcome.events)}
                AND {known_on(sql.date(known_to))}
                AND occurred_on >= as_of_date AND occurred_on < as_of_date + {horizon}))::TINYINT END AS outcome
        FROM looked
    """


def groups_statement(use_case: UseCase) -> str:
    """Return the SELECT of the audit groups: one row per (person_id, as_of_date) of `looked`, sorted by both."""
    columns = ", ".join(f"{_group(group)} AS {sql.name(group.name)}" for group in use_case.groups)
    return f"""
        SELECT looked.person_id, looked.as_of_date, {columns}
        FROM looked JOIN person USING (person_id) LEFT JOIN area USING (area_id)
        ORDER BY looked.person_id, looked.as_of_date
    """


def _group(group: Group) -> str:
    if group.column == "age":
        value = _AGE
    elif group.column.startswith("person.attributes."):
        value = f"person.attributes[{sql.text(group.column.removeprefix('person.attributes.'))}]"
    else:
        value = group.column
    label = _band(value, group.bands) if group.bands else _labelled(f"({value})::VARCHAR", group.labels)
    return f"coalesce(nullif({label}, ''), {sql.text(NOT_RECORDED)})"


def _labelled(value: str, labels: dict[str, str]) -> str:
    """Return CASE that puts plain words to codes; a code without words stands for itself."""
    if not labels:
        return value
    cases = " ".join(f"WHEN {sql.text(code)} THEN {sql.text(label)}" for code, label in labels.items())
    return f"CASE {value} {cases} ELSE {value} END"


def _band(value: str, starts: tuple[int, ...]) -> str:
    """Return CASE for bands of whole numbers: below the first start, from each start to before the next, and on."""
    labels = [f"below {starts[0]}"]
    labels += [f"{low}" if high == low + 1 else f"{low} to {high - 1}" for low, high in pairwise(starts)]
    labels.append(f"{starts[-1]} and over")
    cases = " ".join(
        f"WHEN {value} < {start} THEN {sql.text(label)}" for start, label in zip(starts, labels[:-1], strict=True)
    )
    return f"CASE {cases} WHEN {value} >= {starts[-1]} THEN {sql.text(labels[-1])} END"
