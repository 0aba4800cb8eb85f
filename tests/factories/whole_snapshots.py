"""A snapshot of generated histories of children of all ages, and indicators of every measure over every stream."""

import datetime
from pathlib import Path

import numpy as np

from features.declarations.catalogue import Over
from hub.publishing.snapshots import Snapshot
from hub.workspace import Workspace
from tests.factories.histories import AS_OF, of_each_measure
from tests.factories.many_histories import many_histories
from tests.factories.snapshots import snapshot
from tests.factories.use_cases import use_case

DATES = [AS_OF - datetime.timedelta(days=days) for days in (60, 29, 0)]
INDICATORS = [
    one
    for over in Over
    for window in (30, None)
    for one in of_each_measure(
        f"d{window or 0}_", over=over, window_days=window, recent_days=None if window is None else 7
    )
]
ASKED = use_case(
    indicators=INDICATORS,
    simple_rule={"indicator": INDICATORS[0].name},
    cohort={
        "plain": "Children of school age without an open spell",
        "ages": {"from_years": 4, "below_years": 18},
        "without_open_spell": {"starts": ["start"], "ends": ["stop"], "started_within_days": 5},
        "without_event_ever": {"types": ["move"], "details": ["d"], "origins": ["agency"]},
    },
    as_of={"kind": "dates", "dates": DATES},
)


def published(root: Path, people: int) -> Snapshot:
    """Publish the histories of some people; nobody knows when one in fifty was born."""
    drawn = many_histories(people, seed=4)
    random = np.random.default_rng(1)
    born = [
        datetime.date(year, month, 1) for year, month in random.integers((2003, 1), (2022, 13), (people, 2)).tolist()
    ]
    person = [{"person_id": f"p{n:06}", "birth_month": None if n % 50 == 7 else day} for n, day in enumerate(born)]
    tables = {name: getattr(drawn, name).to_pylist() for name in ("event", "household", "family", "area_event")}
    return snapshot(Workspace(root), person=person, **tables)
