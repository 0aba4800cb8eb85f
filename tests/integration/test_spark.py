"""On Spark the same: extracts, people and snapshot have the digests that they have without it."""

import datetime
import shutil
from pathlib import Path

import pytest

from hub import artefacts, ingest, linkage, persons, publish, spark_sources
from hub.errors import ConfigurationError, InputError
from tests.factories.counties import County
from tests.factories.identity import town

pytest.importorskip("pyspark", reason="PySpark is not installed: pip install .[spark]")
JAVA = pytest.mark.skipif(shutil.which("java") is None, reason="there is no Java runtime: python -m tests.java")
DELIVERED = "2024-06-30"
DAY = datetime.date.fromisoformat(DELIVERED)


def _county(root: Path) -> County:
    root.mkdir()
    return County(root, {"school": True, "police": False})


def _deliver(county: County) -> Path:
    rows, _ = town(50)
    given = [row | {"source": "school" if row["source"] == "school" else "police"} for row in rows]
    events = [
        {"source": row["source"], "event": "contact", "person": row["source_person_id"], "occurred_on": "2024-05-01"}
        for row in given
    ]
    county.deliver(given, on=DELIVERED, events=events, ingested=False)
    return county.root / f"delivery-{DELIVERED}"


@JAVA
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
def test_ingest_linkage_and_publish_give_the_same_digests(tmp_path: Path) -> None:
    digests = []
    for place, master in (("here", None), ("spark", "local[2]")):
        county = _county(tmp_path / place)
        folder = _deliver(county)
        ingest.ingest(county.workspace, county.partnership, folder, DAY, spark=master)
        report = linkage.link(county.workspace, county.partnership, spark=master)
        assert report.method == "splink"
        assert report.people < report.records
        people = persons.open_map(county.workspace).table().to_pydict()
        snapshot = publish.publish(county.workspace, county.partnership, spark=master)
        digests.append((artefacts.digests_in(county.workspace.extracts), people["person_id"], snapshot.digest))
        assert not list(county.workspace.identity.glob(".draft-*"))
    assert digests[0] == digests[1]


def test_what_is_wrong_in_a_worker_is_said_as_without_spark() -> None:
    class Refused:
        def __init__(self) -> None:
            self.facts: dict[str, int] = {}

        def read_whole(self) -> None:
            raise InputError("police.csv: line 3 is not UTF-8.", "Ask for UTF-8.")

    assert spark_sources._read(Refused()) == ({}, ("InputError", "police.csv: line 3 is not UTF-8.", "Ask for UTF-8."))


def test_without_java_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    county = _county(tmp_path / "county")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="Java 17"):
        ingest.ingest(
            county.workspace,
            county.partnership,
            _deliver(county),
            DAY,
            spark="local[1]",
        )
