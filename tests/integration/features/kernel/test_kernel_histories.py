"""The kernel over many generated histories, over one of 100,000 events, and in whatever batches the people come."""

from dataclasses import replace
from itertools import pairwise

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from features.declarations.catalogue import Indicator, Over
from features.kernel.vectors import Vectors
from hub.tables import EVENT
from tests.factories.histories import AS_OF, DAY, Histories, of_each_measure, of_rows
from tests.factories.many_histories import many_histories
from tests.factories.streams import differences, filled, looked_of, stream
from tests.oracles.measures import prepare

INDICATORS = {
    over: of_each_measure(over=over, window_days=None if over is Over.AREA else 90, recent_days=30)
    + of_each_measure("short_", over=over, window_days=30, recent_days=7)
    for over in Over
}


@pytest.fixture(
    scope="module", params=[2_000, pytest.param(10_000, marks=pytest.mark.prove)], ids="{:,} histories".format
)
def histories(request: pytest.FixtureRequest) -> Histories:
    return many_histories(request.param, seed=4)


@pytest.fixture(scope="module")
def connection(histories: Histories) -> duckdb.DuckDBPyConnection:
    found = histories.connection()
    prepare(found)
    return found


@pytest.mark.parametrize("over", list(Over))
def test_many_histories(histories: Histories, connection: duckdb.DuckDBPyConnection, over: Over) -> None:
    numbers = filled(histories, connection, INDICATORS[over])
    assert differences(histories.looked, connection, INDICATORS[over], numbers) == []
    # Hardly any column is the same for everyone: there is something to tell apart.
    assert all(len(np.unique(column[~np.isnan(column)])) > 1 for column in numbers)


def test_the_cut_into_batches_and_the_encoding_change_nothing(
    histories: Histories, connection: duckdb.DuckDBPyConnection
) -> None:
    indicators: list[Indicator] = [one for some in INDICATORS.values() for one in some]
    whole = filled(histories, connection, indicators)
    vectors = Vectors(indicators)
    streams = {over: stream(histories, connection, over, indicators) for over in Over}
    people = histories.looked["person_id"].unique()
    cuts = [0, 1, 2, 3, 100, len(people) // 2, len(people) // 2 + 1, len(people)]
    parts = []
    for first, last in pairwise(cuts):
        these = people.slice(first, last - first)
        looked = looked_of(histories.looked.filter(pc.is_in(histories.looked["person_id"], value_set=these)))
        out = vectors.blank(len(looked.as_of))
        for over, events in streams.items():
            mine = events.filter(pc.is_in(events["person_id"], value_set=these))
            # Texts as a Parquet file gives them: in a dictionary, in chunks that end anywhere.
            coded = [
                column.dictionary_encode() if pa.types.is_string(column.type) else column for column in mine.columns
            ]
            table = pa.table(coded, names=mine.column_names)
            vectors.fill(over, pa.Table.from_batches(table.to_batches(max_chunksize=97), table.schema), looked, out)
        parts.append(out)
    assert np.array_equal(np.concatenate(parts, axis=1), whole, equal_nan=True)


def test_a_person_with_100_000_events_and_one_with_none() -> None:
    number = 100_000
    random = np.random.default_rng(8)
    days = random.integers(-5, 120, number)
    occurred = pa.array(np.datetime64(AS_OF) - days)
    kinds = random.choice(["incident", "move", "start", "stop"], number, p=[0.8, 0.1, 0.05, 0.05])
    events = EVENT.conform(
        pa.table(
            {field.name: pa.nulls(number, field.type) for field in EVENT.fields}
            | {
                "person_id": pa.array(["much"] * number),
                "event_id": pa.array([f"e{place:06}" for place in range(number)]),
                "event_type": pa.array(kinds.tolist()),
                "source": pa.array(["police"] * number),
                "occurred_on": occurred,
                "known_from": occurred,
                "value": pa.array(days / 3),
                "detail": pa.array([f"d{place * place % 499}" for place in range(number)]),
                "episode_id": pa.array([f"x{place % 5000}" for place in range(number)]),
            }
        )
    )
    looked = [(one, AS_OF - day * DAY) for one in ("much", "none") for day in (0, 1, 40, 3000)]
    histories = replace(of_rows(looked), event=events)
    wanted = INDICATORS[Over.SELF][:23] + of_each_measure("all_", over=Over.SELF, window_days=None)
    with histories.connection() as connection:
        prepare(connection)
        numbers = filled(histories, connection, wanted)
        assert differences(histories.looked, connection, wanted, numbers) == []
    count = numbers[[one.name for one in wanted].index("all_count_self")]
    assert count.tolist() == [
        0,
        *(int(np.isin(kinds[days > day], ["incident", "move"]).sum()) for day in (40, 1, 0)),
        *[0] * 4,
    ]
