"""The kernel run over generated histories, and its numbers compared with those of the oracle."""

from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.catalogue import Indicator, Over
from features.companions import keyed_statement
from features.measures import Measure
from features.vectors import EVENT_COLUMNS, Looked, Vectors
from tests.factories.histories import Histories
from tests.oracles.measures import oracle


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
    histories: Histories,
    connection: duckdb.DuckDBPyConnection,
    indicators: Sequence[Indicator],
    numbers: NDArray[np.float64],
) -> list[str]:
    """Return every number that is not the oracle's, in words; the connection is one of `prepare`.

    Numbers are equal to the last bit, but for entropy, whose parts may be added in another order (1e-12).
    """
    found = []
    for indicator, given in zip(indicators, numbers, strict=True):
        expected = pc.fill_null(oracle(connection, indicator)["value"], np.nan).to_numpy()
        near = 1e-12 if indicator.measure is Measure.ENTROPY else 0.0
        same = (given == expected) | (np.isnan(given) & np.isnan(expected)) | (np.abs(given - expected) <= near)
        for row in np.flatnonzero(~same).tolist():
            person, day = (histories.looked[name][row].as_py() for name in histories.looked.column_names)
            found.append(f"{indicator.name} of {person} on {day}: {given[row]!r}, not {expected[row]!r}")
    return found
