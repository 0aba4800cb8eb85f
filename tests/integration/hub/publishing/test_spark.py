"""On Spark the same: extracts, people and snapshot have the digests that they have without it."""

import datetime
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from features.batch import spark_parts
from features.batch.matrix import build
from features.rows import partitions
from hub import artefacts
from hub.errors import ConfigurationError, InputError
from hub.identity import persons
from hub.intake import ingest, spark_sources
from hub.linking import linkage
from hub.publishing import publish
from hub.spark import session
from hub.weighing import comparisons
from hub.workspace import Workspace
from tests.factories import permissions
from tests.factories.counties import County
from tests.factories.identity import town
from tests.factories.whole_snapshots import ASKED, published

pytest.importorskip("pyspark", reason="PySpark is not installed: pip install .[spark]")
PANDAS = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
JAVA = pytest.mark.skipif(shutil.which("java") is None, reason="there is no Java runtime: python -m tests.java")
DELIVERED = "2024-06-30"
DAY = datetime.date.fromisoformat(DELIVERED)


def _county(root: Path) -> County:
    root.mkdir()
    return County(root, {"school": True, "police": False})


def _deliver(county: County, people: int = 12) -> Path:
    rows, _ = town(people)
    given = [row | {"source": "school" if row["source"] == "school" else "police"} for row in rows]
    events = [
        {"source": row["source"], "event": "contact", "person": row["source_person_id"], "occurred_on": "2024-05-01"}
        for row in given
    ]
    county.deliver(given, on=DELIVERED, events=events, ingested=False)
    return county.root / f"delivery-{DELIVERED}"


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the master of a Spark that is started once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")  # it lives for seconds only
        with session("local[2]", tmp_path_factory.mktemp("spark")):
            yield "local[2]"


@JAVA
@PANDAS
@pytest.mark.parametrize(("size", "every"), [(12, False), pytest.param(50, True, marks=pytest.mark.prove)])
def test_ingest_linkage_and_publish_give_the_same_digests(
    tmp_path: Path, spark: str, monkeypatch: pytest.MonkeyPatch, size: int, every: bool
) -> None:
    # One block in which a record may stand many times, and one in which it stands once; or all that there are.
    often, once = ([one for one in comparisons.BLOCKS if bool(one[2]) == many] for many in (True, False))
    monkeypatch.setattr(comparisons, "BLOCKS", comparisons.BLOCKS if every else (often[0], once[0]))
    digests = []
    for place, master in (("here", None), ("spark", spark)):
        county = _county(tmp_path / place)
        folder = _deliver(county, size)
        ingest.ingest(county.workspace, county.partnership, folder, DAY, spark=master)
        report = linkage.link(county.workspace, county.partnership, spark=master)
        assert report.method == "splink"
        assert report.people < report.records
        people = persons.open_map(county.workspace).table().to_pydict()
        snapshot = publish.publish(county.workspace, county.partnership, spark=master)
        digests.append((artefacts.digests_in(county.workspace.extracts), people["person_id"], snapshot.digest))
        assert not list(county.workspace.identity.glob(".draft-*"))
    assert digests[0] == digests[1]


@JAVA
@PANDAS
def test_a_feature_set_has_the_same_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spark: str) -> None:
    monkeypatch.setattr(partitions, "PARTITION_EVENTS", 150)
    declared = permissions.declared(sources=[permissions.source(name) for name in ("police", "school", "health")])
    digests = []
    for place, master in (("here", None), ("spark", spark)):
        found = build(
            Workspace(tmp_path / place),
            published(tmp_path / place, 100),
            ASKED,
            partnership=declared,
            on=datetime.date(2025, 1, 1),
            despite_leaks="The histories are drawn at random.",
            spark=master,
        )
        assert found.artefact.verify() == 5
        assert [path.name for path in Workspace(tmp_path / place).features.iterdir()] == [found.digest]
        digests.append(found.digest)
    assert digests[0] == digests[1]


def test_what_is_wrong_in_a_worker_is_said_as_without_spark() -> None:
    class Refused:
        def __init__(self) -> None:
            self.facts: dict[str, int] = {}

        def read_whole(self) -> None:
            raise InputError("police.csv: line 3 is not UTF-8.", "Ask for UTF-8.")

    assert spark_sources._read(Refused()) == ({}, ("InputError", "police.csv: line 3 is not UTF-8.", "Ask for UTF-8."))


def test_what_is_wrong_with_a_part_is_said_as_without_spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = published(tmp_path, 5)
    job = spark_parts.Job(found, ASKED, [], {}, tmp_path)

    def refused(*_: object) -> None:
        raise InputError("Events are not sorted by person.", "Sort them.")

    monkeypatch.setattr(spark_parts, "of_people", refused)
    [answer] = spark_parts._worker(job)([pa.RecordBatch.from_pylist([{"number": 7, "first": "a", "last": "b"}])])
    said = {"kind": "InputError", "message": "Events are not sorted by person.", "remedy": "Sort them."}
    assert answer.to_pylist() == [{"number": 7, **said}]


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
