"""The kernel run over histories, and its numbers compared with those of the oracle."""

import datetime
from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.declarations.catalogue import Indicator, Over
from features.declarations.measures import DEFINITIONS, Measure
from features.declarations.use_cases import UseCase
from features.kernel.vectors import EVENT_COLUMNS, Looked, Vectors
from features.rows.companions import keyed_statement
from hub import sql
from hub.publishing.snapshots import Snapshot
from tests.factories.histories import AS_OF, Histories, of_rows
from tests.factories.snapshots import drawn
from tests.factories.use_cases import indicator
from tests.oracles.cohorts import cohort_statement, outcome_statement
from tests.oracles.measures import oracle, prepare

Rows = str | list[dict[str, Any]]
STATES = (
    Measure.IN_STATE,
    Measure.DAYS_IN_STATE,
    Measure.SHARE_IN_STATE,
    Measure.LONGEST_SPELL,
    Measure.CURRENT_SPELL,
)
START, STOP = "start", "stop"


def looked_of(looked: pa.Table) -> Looked:
    """Return the rows of `looked` (sorted) as the kernel takes them."""
    runs = pc.run_end_encode(looked["person_id"].combine_chunks())
    starts = np.concatenate(([0], runs.run_ends.to_numpy())).astype(np.int64)
    return Looked(runs.values, starts, looked["as_of_date"].cast(pa.int32()).to_numpy())


def stream(
    histories: Histories, connection: duckdb.DuckDBPyConnection, over: Over, indicators: Sequence[Indicator]
) -> pa.Table:
    """Return the events of one stream, of the people who are looked at, in the kernel's order."""
    if over is Over.SELF:
        events = histories.event.select(EVENT_COLUMNS)
    else:
        events = connection.sql(keyed_statement(over, indicators)).to_arrow_table()
    return events.filter(pc.is_in(events["person_id"], value_set=histories.looked["person_id"].unique()))


def filled(
    histories: Histories, connection: duckdb.DuckDBPyConnection, indicators: Sequence[Indicator]
) -> NDArray[np.float64]:
    """Return the kernel's numbers: shape (indicators, rows of looked)."""
    vectors = Vectors(indicators)
    looked = looked_of(histories.looked)
    out = vectors.blank(len(histories.looked))
    for over in vectors.overs:
        vectors.fill(over, stream(histories, connection, over, indicators), looked, out)
    return out


def differences(
    looked: pa.Table,
    connection: duckdb.DuckDBPyConnection,
    indicators: Sequence[Indicator],
    numbers: NDArray[np.float64],
) -> list[str]:
    """Return every number that is not the oracle's, in words; the connection is one of `prepare`.

    Numbers are equal to the last bit, but for entropy, whose parts may be added in another order (1e-12).
    """
    found = []
    for one, given in zip(indicators, numbers, strict=True):
        expected = pc.fill_null(oracle(connection, one)["value"], np.nan).to_numpy()
        near = 1e-12 if one.measure is Measure.ENTROPY else 0.0
        same = (given == expected) | (np.isnan(given) & np.isnan(expected)) | (np.abs(given - expected) <= near)
        for row in np.flatnonzero(~same).tolist():
            person, day = (looked[name][row].as_py() for name in looked.column_names)
            found.append(f"{one.name} of {person} on {day}: {given[row]!r}, not {expected[row]!r}")
    return found


def frame_differences(snapshot: Snapshot, use_case: UseCase, frame: pa.Table) -> list[str]:
    """Return in words what in a whole matrix of a snapshot is not the oracle's: rows, outcomes or numbers."""
    dates = pa.table({"as_of_date": frame["as_of_date"].unique()})
    with sql.connect() as connection:
        for table in ("person", "event", "household", "family", "area_event"):
            connection.execute(f"CREATE VIEW {table} AS FROM {sql.parquet(snapshot.path(table))}")
        connection.register("as_of", dates)
        connection.execute(f"CREATE TABLE looked AS {cohort_statement(use_case.cohort)}")
        prepare(connection)
        expected = connection.sql(outcome_statement(use_case, snapshot.known_to)).to_arrow_table()
        found = [f"another {name}" for name in expected.column_names if not expected[name].equals(frame[name])]
        if found:
            return found
        numbers = np.stack([pc.fill_null(frame[one.name], np.nan).to_numpy() for one in use_case.indicators])
        return differences(frame.select(["person_id", "as_of_date"]), connection, use_case.indicators, numbers)


def worked_out(
    indicators: list[Indicator], looked: list[tuple[str, datetime.date]], **tables: Rows
) -> dict[tuple[str, datetime.date], list[float | None]]:
    """Return the kernel's numbers by person and date; they are the oracle's too. None stands for no number."""
    rows = {name: drawn(given) if isinstance(given, str) else given for name, given in tables.items()}
    histories = of_rows(looked, **rows)
    with histories.connection() as connection:
        prepare(connection)
        numbers = filled(histories, connection, indicators)
        assert differences(histories.looked, connection, indicators, numbers) == []
    pairs = zip(*histories.looked.to_pydict().values(), strict=True)
    return {
        pair: [None if number != number else number for number in row]
        for pair, row in zip(pairs, numbers.T.tolist(), strict=True)
    }


def numbers(event: Rows, *indicators: Indicator) -> list[float | None]:
    """Return the numbers of the one person "ada"."""
    rows = drawn(event) if isinstance(event, str) else event
    named = [{"person_id": "ada"} | row for row in rows]
    return worked_out(list(indicators), [("ada", AS_OF)], event=named)["ada", AS_OF]


def each(cases: list[list[dict[str, Any]]], *indicators: Indicator) -> list[list[float | None]]:
    """Return the numbers of each case: the events of a person who has no others."""
    looked = [(f"case {number:02}", AS_OF) for number in range(len(cases))]
    events = [row | {"person_id": name} for (name, _), rows in zip(looked, cases, strict=True) for row in rows]
    return list(worked_out(list(indicators), looked, event=events).values())


def of_states(window: int | None) -> list[Indicator]:
    """Return an indicator of each measure of a state that has a meaning with this window, in the order of STATES."""
    spells = {"starts": {"types": [START]}, "ends": {"types": [STOP]}}
    return [
        indicator(one, measure=one, events=None, spells=spells, window_days=window)
        for one in STATES
        if window is not None or not DEFINITIONS[one].needs_window
    ]
