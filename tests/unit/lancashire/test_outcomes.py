"""The outcomes framework of the generated county: its events are there, and its label cards say what they must."""

import duckdb
import pytest

from features.declarations import outcomes
from features.declarations.outcomes import Outcome
from hub import sql
from tests.factories import lancashire

FRAMEWORK = outcomes.read(lancashire.declared())


def test_every_outcome_reads_events_that_are_there(events: duckdb.DuckDBPyConnection) -> None:
    rows = events.execute("SELECT DISTINCT event_type, role, detail FROM event").fetchall()
    for outcome in FRAMEWORK.outcomes:
        wanted = outcome.events
        mine = [row for row in rows if row[0] in wanted.types]
        assert {row[0] for row in mine} == set(wanted.types), outcome.name
        assert set(wanted.roles or ()) <= {row[1] for row in mine}, outcome.name
        assert set(wanted.details or ()) <= {row[2] for row in mine}, outcome.name


def test_no_outcome_begins_before_its_records(events: duckdb.DuckDBPyConnection) -> None:
    for outcome in FRAMEWORK.outcomes:
        statement = f"SELECT min(occurred_on) FROM event WHERE event_type IN {sql.texts(outcome.events.types)}"
        first = events.execute(statement).fetchall()[0][0]
        assert (first - outcome.since).days < 366, outcome.name


@pytest.mark.parametrize("outcome", FRAMEWORK.outcomes, ids=lambda one: one.name)
def test_a_label_card_is_in_plain_and_kind_words(outcome: Outcome) -> None:
    assert outcome.plain.endswith(".")
    assert outcome.known_bias.endswith(".")
    assert len(outcome.known_bias.split()) >= 15
    assert not outcome.decided_by.lower().startswith("the system")
    said = f"{outcome.title} {outcome.plain} {outcome.known_bias}".lower()
    for word in ("offender", "high-risk", "high risk", "troubled", "perpetrator", "vulnerable"):
        assert word not in said, word


def test_the_framework_covers_what_its_sources_allow() -> None:
    assert 12 <= len(FRAMEWORK.outcomes) <= 20
    assert {one.value for one in FRAMEWORK.not_measured} == {"good_early_years_development", "secure_housing"}
