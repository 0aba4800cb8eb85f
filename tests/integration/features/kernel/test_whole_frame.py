"""A whole matrix, from a published snapshot through streams and partitions, equals the oracle's in every cell."""

import datetime
from pathlib import Path

import pyarrow as pa

from features.declarations.catalogue import Over
from features.rows import unpublished
from hub.workspace import Workspace
from tests.factories.histories import AS_OF, DAY, of_each_measure
from tests.factories.many_histories import many_histories
from tests.factories.snapshots import snapshot
from tests.factories.streams import frame_differences
from tests.factories.use_cases import outcome, use_case

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

    found = unpublished.of(published, ASKED.reading(wanted), DATES)

    assert 300 < len(found) < 1000
    assert {0, 1, None} == set(found["outcome"].to_pylist())
    assert frame_differences(published, ASKED.reading(wanted), found) == []

    place = found.column_names.index("count_household")
    counts = found["count_household"].to_pylist()
    other = found.set_column(place, "count_household", pa.array([counts[0] + 1, *counts[1:]]))
    [counted] = [one for one in wanted if one.name == "count_household"]
    assert len(frame_differences(published, ASKED.reading([counted]), other)) == 1
    assert frame_differences(published, ASKED.reading([counted]), found.slice(1)) != []
