"""A whole matrix, from a published snapshot through streams and partitions, equals the oracle's in every cell."""

import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from features import rows
from features.catalogue import Over
from hub import sql
from hub.workspace import Workspace
from tests.factories.histories import AS_OF, DAY, of_each_measure
from tests.factories.many_histories import many_histories
from tests.factories.snapshots import snapshot
from tests.factories.use_cases import outcome, use_case
from tests.oracles.cohorts import cohort_statement, outcome_statement
from tests.oracles.measures import oracle, prepare

DATES = [AS_OF + days * DAY for days in (-30, 0, 1)]
KNOWN_TO = AS_OF + 30 * DAY
ASKED = use_case(
    cohort={
        "plain": "Some children",
        "ages": {"from_years": 4, "below_years": 18},
        "without_open_spell": {"starts": ["start"], "ends": ["stop"], "started_within_days": 7},
    },
    outcome=outcome(events={"types": ["incident"], "roles": ["victim"]}),
    horizon_days=30,
)


def test_every_cell_of_a_matrix_is_the_oracle_s(tmp_path: Path) -> None:
    histories = many_histories(400, seed=11)
    births = [datetime.date(2002 + number % 24, 1 + number % 12, 1) for number in range(400)]
    person = [
        {"person_id": f"p{number:06}", "birth_month": birth if number % 9 else None}
        for number, birth in enumerate(births)
    ]
    tables = {name: getattr(histories, name).to_pylist() for name in ("event", "household", "family", "area_event")}
    published = snapshot(Workspace(tmp_path), known_to=KNOWN_TO.isoformat(), person=person, **tables)
    wanted = [one for over in Over for one in of_each_measure(over=over, window_days=60, recent_days=7)]

    found = rows.of(published, ASKED, wanted, DATES)

    with sql.connect() as connection:
        for table in ("person", *tables):
            connection.execute(f"CREATE VIEW {table} AS FROM {sql.parquet(published.path(table))}")
        connection.register("as_of", pa.table({"as_of_date": pa.array(DATES)}))
        connection.execute(f"CREATE TABLE looked AS {cohort_statement(ASKED.cohort)}")
        prepare(connection)
        outcomes = connection.sql(outcome_statement(ASKED, KNOWN_TO)).to_arrow_table()
        expected = {one.name: oracle(connection, one)["value"] for one in wanted}
    assert 300 < len(found) < 1000
    for name in outcomes.column_names:
        assert found[name].to_pylist() == outcomes[name].to_pylist(), name
    assert {0, 1, None} == set(found["outcome"].to_pylist())
    for one in wanted:
        given, due = (pc.fill_null(column, np.nan).to_numpy() for column in (found[one.name], expected[one.name]))
        assert given == pytest.approx(due, abs=1e-12, rel=0, nan_ok=True), one.name
        assert found[one.name].null_count == expected[one.name].null_count, one.name
