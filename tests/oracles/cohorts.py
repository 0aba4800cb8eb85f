"""Cohorts and outcomes as SQL, one EXISTS a rule: who is in on each date, by what was known on it, and what came.

The statements read `person` and `event` of a snapshot; and `as_of(as_of_date)` or `looked(person_id, as_of_date)`.
"""

import datetime
from collections.abc import Sequence

from features.declarations.catalogue import EventFilter
from features.declarations.cohort import Cohort, OpenSpell
from features.declarations.conditions import event_condition, known_before, known_on
from features.declarations.use_cases import UseCase
from hub import sql

_AGE = "date_sub('year', birth_month, as_of_date)"
_DEATH = EventFilter(types=("death",))


def cohort_statement(cohort: Cohort) -> str:
    """Return the SELECT of (person_id, as_of_date): everyone alive in `person` who meets every rule on the date."""
    rules = [f"NOT {_has_event(_DEATH, None)}"]
    if cohort.ages is not None:
        # Nobody who is not born yet has an age: date_sub would round it to 0.
        rules.append("birth_month <= as_of_date")
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
    where = " AND ".join(f"coalesce({rule}, false)" for rule in rules)
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
            AND stop.occurred_on >= start.occurred_on
            AND stop.occurred_on < as_of_date AND {known_on("as_of_date", "stop.")}))"""


def outcome_statement(
    use_case: UseCase, known_to: datetime.date, spans: Sequence[tuple[datetime.date, datetime.date]] | None = None
) -> str:
    """Return the SELECT of (person_id, as_of_date, outcome) for every row of `looked`, sorted.

    The outcome is 1 when an event of it occurred in `[as_of_date, as_of_date + horizon_days)`, by what is known on
    `known_to`, else 0. It is null while the horizon reaches past that day, or where `spans` (the half-open times of
    which the outcome's sources have told; without them all days before `known_to`) do not hold all of it.
    """
    horizon, last = use_case.horizon_days, sql.date(known_to)
    told = f"as_of_date + {horizon} <= {last}" if spans is None else "false"
    for first, until in spans or ():
        told += f" OR (as_of_date >= {sql.date(first)} AND as_of_date + {horizon} <= {sql.date(until)})"
    return f"""
        SELECT person_id, as_of_date, CASE WHEN {told} THEN (EXISTS (
            SELECT 1 FROM event WHERE event.person_id = looked.person_id
            AND {event_condition(use_case.outcome.events)} AND {known_on(last)}
            AND occurred_on >= as_of_date AND occurred_on < as_of_date + {horizon}))::TINYINT END AS outcome
        FROM looked ORDER BY person_id, as_of_date
    """
