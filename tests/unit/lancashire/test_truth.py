"""The truth beside the extracts: outcomes worked out once more from the extracts alone."""

import duckdb
import pytest

AS_OF = "2023-07-01"


@pytest.mark.parametrize("as_of", ["2022-01-01", AS_OF, "2024-07-01"])
def test_outcomes_follow_from_the_extracts(events: duckdb.DuckDBPyConnection, as_of: str) -> None:
    """Only the age is taken from truth: extracts hold mistaken birthdays."""
    different = events.execute(
        f"""
        WITH seen AS (
            SELECT DISTINCT person_id FROM event WHERE event_type = 'on_roll' AND known_from <= DATE '{as_of}'
            AND occurred_on >= DATE '{as_of}' - 190 AND occurred_on < DATE '{as_of}'
        ), open AS (
            SELECT s.person_id FROM event s WHERE s.event_type IN ('cin_start', 'cp_plan_start')
            AND s.occurred_on < DATE '{as_of}' AND s.known_from <= DATE '{as_of}' AND NOT EXISTS (
                SELECT 1 FROM event e WHERE e.person_id = s.person_id AND e.event_type IN ('cin_end', 'cp_plan_end')
                AND e.episode_id = s.episode_id AND e.occurred_on < DATE '{as_of}' AND e.known_from <= DATE '{as_of}')
        ), after AS (
            SELECT DISTINCT person_id FROM event WHERE event_type = 'cin_start'
            AND occurred_on >= DATE '{as_of}' AND occurred_on < DATE '{as_of}' + 180
        )
        SELECT count(*) FILTER (o.person_id NOT IN (FROM seen)), count(*) FILTER (o.person_id IN (FROM open)),
               count(*) FILTER ((o.outcome = '1') <> (o.person_id IN (FROM after))), count(*)
        FROM (SELECT true_person AS person_id, outcome FROM outcome WHERE as_of_date = '{as_of}') o
        """
    ).fetchall()
    [(unseen, open_, wrong, total)] = different
    assert (unseen, open_, wrong) == (0, 0, 0)
    assert total > 400


def test_a_horizon_past_the_period_has_no_outcome(events: duckdb.DuckDBPyConnection) -> None:
    rows = events.execute(
        """SELECT as_of_date, count(*) FILTER (outcome IS NULL OR outcome = ''), count(*)
           FROM outcome GROUP BY ALL ORDER BY ALL"""
    ).fetchall()
    assert [day for day, empty, total in rows if empty == total] == ["2024-10-01", "2025-01-01"]
    assert all(empty in (0, total) for _, empty, total in rows)
    assert len(rows) == 13


def test_about_one_in_fifteen_and_never_all_from_one_side(events: duckdb.DuckDBPyConnection) -> None:
    [(rate, high, low)] = events.execute(
        """SELECT avg(outcome::INT), avg(outcome::INT) FILTER (need::DOUBLE > 1),
                  avg(outcome::INT) FILTER (need::DOUBLE < 0)
           FROM outcome WHERE outcome IN ('0', '1')"""
    ).fetchall()
    assert 0.04 < rate < 0.10
    assert high > 3 * low
    assert low > 0, "luck has its part"
