"""The kernel's numbers are those of the oracle, whatever the history; so is who is in a cohort, and the outcome."""

import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.declarations.catalogue import Over
from features.kernel import membership
from features.kernel.vectors import Looked, Vectors
from hub.staging.reporting import Reported
from tests.examples import examples
from tests.factories.histories import AS_OF, DATES, DAY, Histories, asked, drawn_histories
from tests.factories.streams import differences, filled
from tests.factories.use_cases import outcome, use_case
from tests.oracles.cohorts import cohort_statement, outcome_statement
from tests.oracles.measures import prepare


@pytest.mark.parametrize("over", list(Over))
@settings(max_examples=examples(8), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), histories=drawn_histories())
def test_every_measure_equals_the_oracle(over: Over, data: st.DataObject, histories: Histories) -> None:
    indicators = data.draw(asked(over))
    with histories.connection() as connection:
        prepare(connection)
        assert differences(histories.looked, connection, indicators, filled(histories, connection, indicators)) == []


BIRTHS = {"ada": "2010-03-01", "ben": "2006-02-01", "cleo": "2006-03-01", "dee": None, "nobody": "2024-02-01"}
SPELL = st.fixed_dictionaries(
    {
        "starts": st.sampled_from([["start"], ["start", "incident"]]),
        "ends": st.sampled_from([["stop"], ["stop", "move"]]),
        "started_within_days": st.sampled_from([None, 1, 30]),
    }
)
EVENTS = st.sampled_from([{"types": ["incident"]}, {"types": ["move", "stop"], "roles": ["victim"]}])
RULES = st.fixed_dictionaries(
    {"plain": st.just("people of the test")},
    optional={
        "ages": st.sampled_from([{"from_years": 0, "below_years": 18}, {"from_years": 14, "below_years": 19}]),
        "with_recent_event": st.fixed_dictionaries({"events": EVENTS, "within_days": st.sampled_from([1, 30, 366])}),
        "with_open_spell": SPELL,
        "without_open_spell": SPELL,
        "without_event_ever": EVENTS,
    },
)


@settings(max_examples=examples(15), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rules=RULES,
    happens=EVENTS,
    horizon=st.sampled_from([1, 30, 366]),
    known_to=st.sampled_from([AS_OF + days * DAY for days in (-1, 0, 1, 29, 30, 366)]),
    gap=st.none() | st.tuples(st.integers(-400, 400), st.integers(1, 400)),
    histories=drawn_histories(types=("incident", "move", "start", "stop", "death")),
)
def test_cohort_and_outcome_equal_the_oracle(
    rules: dict[str, Any],
    happens: dict[str, Any],
    horizon: int,
    known_to: datetime.date,
    gap: tuple[int, int] | None,
    histories: Histories,
) -> None:
    spans = [(datetime.date.min, known_to)]
    if gap is not None:
        missing = AS_OF + gap[0] * DAY, AS_OF + sum(gap) * DAY
        spans = [(datetime.date.min, min(missing[0], known_to)), (missing[1], known_to)]
    asked_for = use_case(cohort=rules, outcome=outcome(events=happens), horizon_days=horizon)
    births = {name: None if month is None else datetime.date.fromisoformat(month) for name, month in BIRTHS.items()}
    person = pa.table({"person_id": list(births), "birth_month": pa.array(list(births.values()), pa.date32())})
    everyone = Looked.everyone(person["person_id"].combine_chunks(), np.array(DATES, "datetime64[D]").astype(np.int32))
    with histories.connection() as connection:
        connection.register("person", person)
        connection.register("as_of", pa.table({"as_of_date": pa.array(DATES)}))
        expected = connection.execute(f"{cohort_statement(asked_for.cohort)} ORDER BY ALL").fetchall()
        connection.register("everyone", pa.table(everyone.rows(), names=["person_id", "as_of_date"]))
        connection.execute("CREATE OR REPLACE TABLE looked AS FROM everyone")
        outcomes = connection.execute(outcome_statement(asked_for, known_to, spans)).fetchall()
    vectors = Vectors(membership.columns(asked_for.cohort))
    numbers = vectors.blank(len(everyone.as_of))
    vectors.fill(Over.SELF, histories.event, everyone, numbers)
    births_known = membership.birth_months(person["birth_month"])
    inside = everyone.only(membership.members(asked_for.cohort, numbers, everyone, births_known))
    assert list(zip(*(column.to_pylist() for column in inside.rows()), strict=True)) == expected
    found = membership.Outcomes(asked_for, known_to, Reported.of(spans)).of(histories.event, everyone)
    assert found.to_pylist() == [happened for _, _, happened in outcomes]
