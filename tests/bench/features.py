"""Indicators: building the feature set against a bare scan of the same events, and one child's vector."""

import shutil
from collections.abc import Iterator

from features import use_cases
from features.matrix import build
from features.online import vector
from hub import sql
from hub.workspace import Workspace
from tests.bench import Measured, county, ratio


def figures() -> Iterator[Measured]:
    """Yield the figures of indicators."""
    snapshot = county.snapshot()
    said = county.partnership().file.demonstration
    assert said is not None
    use_case = use_cases.read(county.partnership(), said.use_case)
    indicators = use_cases.indicators_of(county.partnership(), use_case)
    fresh = Workspace(county.workspace().root / "features-again")
    today = county.partnership().day_of_use()

    def whole() -> None:
        shutil.rmtree(fresh.root, ignore_errors=True)
        build(fresh, snapshot, use_case, indicators, partnership=county.partnership(), on=today)

    def scan() -> None:
        with sql.connect(threads=1) as connection:
            for _ in use_case.scheduled():
                events = sql.parquet(snapshot.path("event"))
                connection.execute(f"SELECT count(DISTINCT columns(*)) FROM {events}").fetchall()

    yield ratio("sql_build_ratio", whole, scan, "<= 10")
    found = build(fresh, snapshot, use_case, indicators, partnership=county.partnership(), on=today).matrix()
    person, day = found["person_id"][0].as_py(), found["as_of_date"][0].as_py()

    def one() -> None:
        for _ in range(5):
            vector(snapshot, use_case, indicators, person, as_of_date=day)

    def row() -> None:
        with sql.connect(threads=1) as connection:
            for _ in range(5):
                events = sql.parquet(snapshot.path("event"))
                connection.execute(f"SELECT * FROM {events} WHERE person_id = {sql.text(person)}").fetchall()

    yield ratio("sql_online_ratio", one, row, "<= 30")
