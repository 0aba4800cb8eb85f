"""The hub: reading extracts against a bare scan of the same files, and how well people are linked."""

import shutil
from collections.abc import Iterator

from hub import ingest, linkage, sql
from hub.workspace import Workspace
from tests.bench import Measured, county, linkage_data, measured, ratio, scale, validation


def figures() -> Iterator[Measured]:
    """Yield the hub's figures."""
    folder, said = county.delivered(), county.partnership().file.demonstration
    assert said is not None
    fresh = Workspace(county.workspace().root / "again")

    def read() -> None:
        shutil.rmtree(fresh.root, ignore_errors=True)
        ingest.ingest(fresh, county.partnership(), folder, said.delivered_on)

    def scan() -> None:
        with sql.connect() as connection:
            for path in sorted(folder.glob("*.csv")):
                table = f"read_csv({sql.text(path.as_posix())}, all_varchar = true)"
                connection.execute(f"SELECT count(DISTINCT columns(*)) FROM {table}").fetchall()

    yield ratio("ingest_ratio", read, scan, "<= 15")
    yield from validation.figures()
    county.snapshot()
    report = linkage.link(county.workspace(), county.partnership(), truth=folder / "truth" / "people.csv")
    for name, figure, goal in (
        ("siblings_precision", report.precision, ">= 0.995"),
        ("siblings_recall", report.recall, ">= 0.95"),
    ):
        yield measured(name, getattr(figure, "value", 0.0), f"of pairs, n {figure.n}", goal)
    yield from linkage_data.figures()
    yield from scale.figures()
