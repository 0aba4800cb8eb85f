"""Publish: the snapshot holds what was linked and nothing that names anybody, and it appears whole or not at all."""

import dataclasses
import datetime
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hub import artefacts, sql
from hub.errors import GatewayError, IntegrityError, NotFoundError, StateError
from hub.identity import persons
from hub.identity import store as identity_store
from hub.ledger import publications
from hub.linking import linkage
from hub.publishing import publish
from hub.publishing.snapshots import Snapshot, open_snapshot
from hub.staging import extracts
from hub.tables import SNAPSHOT_TABLES
from hub.workspace import Workspace
from tests.factories.counties import County, gateway
from tests.factories.identity import identity_row

SOURCES = {"school": True, "police": False}
PLANTED = ("Zaphodine", "Beeblebrox", "42 Betelgeuse Avenue", "ZB42 9XX", "UPNSECRET77", "NHSSECRET88", "OWNID-99")
BORN = datetime.date(2011, 10, 23)


def _rows() -> list[dict[str, Any]]:
    given, family, address, postcode, upn, nhs, own = PLANTED
    home = {"address": address, "postcode": postcode, "area_id": "E01"}
    school = {
        "given_name": given,
        "family_name": family,
        "date_of_birth": BORN,
        "sex": "F",
        "ethnicity": "WBRI",
        **home,
    }
    police = {**school, "given_name": given.upper(), "ethnicity": "NOBT", "sex": None}
    return [
        identity_row(
            "school", own, identifiers={"upn": upn, "nhs_number": nhs}, attributes={"disability": "no"}, **school
        ),
        identity_row("school", "2", **{**school, "given_name": "Arthur", "date_of_birth": datetime.date(2013, 5, 6)}),
        identity_row("police", own, **police),
    ]


EVENTS = [
    {"source": source, "event": "contact", "person": own, "occurred_on": day, "known_from": day, "value": value}
    for source, own, day, value in (
        ("police", "OWNID-99", "2023-05-01", "3"),
        ("school", "OWNID-99", "2022-09-01", ""),
        ("school", "2", "2022-09-01", "0.5"),
        ("school", "2", "2021-09-01", "0.25"),
    )
]
INVOLVEMENTS = [
    {"source": "school", "person": "2", "team": "Family hub", "valid_from": "2023-01-01", "known_from": "2023-01-02"}
]
AREAS = [
    {"source": "school", "area": "E01", "name": "North", "imd": "3"},
    {"source": "police", "area": "E01", "name": "Other name", "imd": "3"},
]


def _county(folder: Path, *, on: str = "2024-06-30") -> County:
    folder.mkdir(exist_ok=True)
    county = County(folder, SOURCES)
    county.deliver(_rows(), events=EVENTS, involvements=INVOLVEMENTS, areas=AREAS, on=on)
    linkage.link(county.workspace, county.partnership)
    return county


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county, delivered and linked; tests copy it."""
    return _county(tmp_path_factory.mktemp("made")).root


@pytest.fixture
def county(made: Path, tmp_path: Path) -> County:
    """A copy of the county."""
    shutil.rmtree(tmp_path)
    shutil.copytree(made, tmp_path)
    return County(tmp_path, SOURCES)


def _table(snapshot: Snapshot, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(snapshot.path(name)).to_pylist()
    return rows


def test_a_snapshot_holds_linked_people_sorted_with_their_schema(county: County) -> None:
    snapshot = publish.publish(county.workspace, county.partnership)
    for table in SNAPSHOT_TABLES:
        found = pq.read_table(snapshot.path(table.name))
        assert found.schema.equals(table.schema)
        assert found.equals(table.conform(found))
        assert snapshot.artefact.facts["rows"][table.name] == found.num_rows
    people = {row["person_id"]: row for row in _table(snapshot, "person")}
    [girl] = [row for row in people.values() if row["sex"] == "F" and row["birth_month"] == datetime.date(2011, 10, 1)]
    assert (len(people), girl["ethnicity"], girl["attributes"]) == (2, "WBRI", [("disability", "no")])
    hers = [row for row in _table(snapshot, "event") if row["person_id"] == girl["person_id"]]
    assert [(row["source"], row["value"]) for row in hers] == [("school", None), ("police", 3.0)]
    assert {row["household_id"] for row in _table(snapshot, "household")} == {
        _table(snapshot, "household")[0]["household_id"]
    }
    assert [row["team"] for row in _table(snapshot, "involvement")] == ["Family hub"]
    assert {row["name"] for row in _table(snapshot, "area") if row["area_id"] == "E01"} == {"North"}


def test_the_facts_say_where_everything_comes_from(county: County) -> None:
    facts = publish.publish(county.workspace, county.partnership).artefact.facts
    assert (facts["partnership"], facts["known_to"], facts["schema_version"]) == ("county", "2024-06-30", 2)
    assert facts["sources"]["school"] == {
        "title": "Records of school",
        "agency": "council",
        "sector": "local_authority",
        "gateways": [gateway(level="person")],
        "level": "person",
        "assumed_recording": None,
        "recording_delay_days": 0,
        "types": ["contact"],
        "reported": [[None, "2024-06-30"]],
    }
    assert [extract["source"] for extract in facts["extracts"]] == ["police", "school"]
    assert facts["extracts"][1]["rows"]["event"] == 3
    linked = facts["linkage"]
    assert (linked["records"], linked["people"], linked["merged_records"]) == (3, 2, 1)
    assert linked["left_out"] == []
    assert linked["households"]["households"] == 1


def _cells(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [cell for one in value.values() for cell in _cells(one)]
    if isinstance(value, list | tuple):
        return [cell for one in value for cell in _cells(one)]
    return [str(value)]


def test_no_name_birthday_identifier_or_address_leaves_the_identity_store(county: County) -> None:
    snapshot = publish.publish(county.workspace, county.partnership)
    workspace = county.workspace
    outside = [path for path in workspace.root.rglob("*") if path.is_file() and workspace.identity not in path.parents]
    assert {path.name for path in outside} >= {"person.parquet", "event.parquet", "manifest.json", "current"}
    texts = [
        cell.lower()
        for path in outside
        if path.suffix == ".parquet"
        for cell in _cells(pq.read_table(path).to_pylist())
    ]
    raw = [path.read_bytes().lower() for path in outside]
    for secret in (*PLANTED, str(BORN), "2011-10-23", "beeblebrox", "betelgeuse", "zb429xx"):
        assert not any(secret.lower() in cell for cell in texts), secret
        assert not any(secret.lower().encode() in content for content in raw), secret
    days = {row["birth_month"].day for row in _table(snapshot, "person")}
    assert days == {1}
    inside = {
        cell for path in workspace.identity.rglob("*.parquet") for cell in _cells(pq.read_table(path).to_pylist())
    }
    assert inside >= {*PLANTED, str(BORN)}
    assert workspace.identity.stat().st_mode & 0o077 == 0


def test_the_same_inputs_give_the_same_digest(county: County, tmp_path_factory: pytest.TempPathFactory) -> None:
    first = publish.publish(county.workspace, county.partnership)
    assert publish.publish(county.workspace, county.partnership).digest == first.digest
    other = _county(tmp_path_factory.mktemp("other"))
    assert publish.publish(other.workspace, other.partnership).digest == first.digest


def test_when_no_source_is_left_nothing_is_written(county: County) -> None:
    before = publish.publish(county.workspace, county.partnership)
    county.declare([gateway(valid_to="2024-06-29")])
    with pytest.raises(GatewayError, match=r"The source school has no valid gateway .* on 2024-06-30"):
        publish.publish(county.workspace, county.partnership)
    assert artefacts.digests_in(county.workspace.snapshots) == [before.digest]


@pytest.mark.parametrize(
    ("used_on", "is_refused"), [("2024-06-30", False), ("2024-07-01", False), ("2024-07-02", True)]
)
def test_a_gateway_must_hold_on_the_last_day_covered_and_on_the_day_of_use(
    county: County, used_on: str, is_refused: bool
) -> None:
    county.declare([gateway(valid_to="2024-07-01")])
    day = datetime.date.fromisoformat(used_on)
    if not is_refused:
        assert publish.publish(county.workspace, county.partnership, on=day)
        return
    with pytest.raises(GatewayError, match=f"on {used_on}"):
        publish.publish(county.workspace, county.partnership, on=day)


def test_a_gateway_that_began_after_the_last_day_covered_does_not_reach_back(county: County) -> None:
    county.declare([gateway(valid_from="2024-07-01")])
    with pytest.raises(GatewayError, match="on 2024-06-30"):
        publish.publish(county.workspace, county.partnership, on=datetime.date(2024, 7, 1))


def test_a_source_whose_gateway_ended_stays_out_and_is_named(county: County) -> None:
    own = {"given_name": "Ford", "family_name": "Prefect", "date_of_birth": datetime.date(2010, 1, 2)}
    county.deliver([*_rows(), identity_row("police", "5", **own)], events=EVENTS, on="2024-07-31")
    county.declare(split=gateway(name="police_duty", valid_to="2024-08-31", owner="Chief superintendent"))
    linkage.link(county.workspace, county.partnership, on=datetime.date(2024, 8, 31))
    before = publish.publish(county.workspace, county.partnership, on=datetime.date(2024, 8, 31))
    assert before.artefact.facts["linkage"]["sources_left_out"] == {}
    day = datetime.date(2024, 9, 1)
    snapshot = publish.publish(county.workspace, county.partnership, on=day)
    facts = snapshot.artefact.facts
    said = facts["linkage"]["sources_left_out"]
    assert list(said) == ["police"]
    for words in ("police_duty", "2024-08-31", "Chief superintendent", "gateways.yaml", "sentinel hub link"):
        assert words in said["police"], words
    assert list(facts["sources"]) == ["school"]
    assert [one["source"] for one in facts["extracts"]] == ["school"]
    for table in ("event", "household", "involvement"):
        assert {row["source"] for row in _table(snapshot, table)} <= {"school"}, table
    assert {row["source"] for row in _table(before, "event")} == {"school", "police"}
    with pytest.raises(GatewayError, match=r"published without police.*police_duty"):
        snapshot.require_gateway("police", purpose="early_help", on=day)
    # A person whom only police know is not in it.
    everyone, here = ({row["person_id"] for row in _table(one, "person")} for one in (before, snapshot))
    assert (len(everyone - here), len(here - everyone)) == (1, 0)
    with pytest.raises(GatewayError, match=r"The source police .* for the purpose early_help"):
        publish.publish(county.workspace, county.partnership, "early_help", on=day)
    # Linked anew, its identity rows take no part in who is who either.
    report = linkage.link(county.workspace, county.partnership, on=day)
    assert report.records == facts["extracts"][0]["rows"]["identity"]
    assert list(report.left_out) == ["police"]
    again = publish.publish(county.workspace, county.partnership, on=day).artefact.facts
    assert "sentinel hub link" not in again["linkage"]["sources_left_out"]["police"]
    # The gateway is renewed: people must be linked with it again.
    county.declare(split=gateway(name="police_duty"))
    with pytest.raises(StateError, match="a gateway holds again"):
        publish.publish(county.workspace, county.partnership, on=day)


def test_a_purpose_without_a_gateway_is_refused(county: County) -> None:
    assert publish.publish(county.workspace, county.partnership, "early_help")
    with pytest.raises(GatewayError, match="for the purpose research"):
        publish.publish(county.workspace, county.partnership, "research")


def test_a_gateway_for_areas_lets_in_areas_only(county: County) -> None:
    county.declare([gateway(level="area")])
    with pytest.raises(GatewayError, match="is for areas only"):
        publish.publish(county.workspace, county.partnership)
    whole = county.partnership
    areas = tuple(
        source.model_copy(update={"people": (), "events": (), "involvements": ()}) for source in whole.sources
    )
    assert publish.publish(county.workspace, dataclasses.replace(whole, sources=areas))


def test_events_of_nobody_known_are_counted_and_not_published(county: County) -> None:
    workspace = county.workspace
    [old] = [one for one in extracts.current_extracts(workspace) if one.source == "police"]
    events = pq.read_table(old.path / "event.parquet")
    stray = events.to_pylist()[0] | {"record_key": "0" * 32, "event_id": "1" * 32}
    folder = {
        name: identity_store.__dict__[name](workspace, "police", old.digest) for name in ("records", "quarantined")
    }

    def place(digest: str) -> None:
        for name, path in folder.items():
            shutil.copy(path, identity_store.__dict__[name](workspace, "police", digest))
        publications.record(workspace, kind=extracts.KIND, digest=digest, inputs={}, by="operator")

    facts = {**old.artefact.facts, "supersedes": [old.digest]}
    with artefacts.publish(workspace.extracts, extracts.KIND, facts, before=place) as draft:
        for name in old.artefact.files:
            shutil.copy(old.path / name, draft.path / name)
        pq.write_table(
            pa.concat_tables([events, pa.Table.from_pylist([stray], schema=events.schema)]),
            draft.path / "event.parquet",
        )
    linkage.link(workspace, county.partnership)
    snapshot = publish.publish(workspace, county.partnership)
    assert snapshot.artefact.facts["linkage"]["left_out"] == [
        {"source": "police", "table": "event", "reason": publish.NO_RECORD, "rows": 1}
    ]
    assert snapshot.artefact.facts["rows"]["event"] == len(EVENTS)


def test_publishing_before_linking_and_linking_before_a_delivery(county: County) -> None:
    county.deliver([*_rows()[:2], identity_row("police", "5")], on="2024-09-30")
    with pytest.raises(StateError, match="Extracts came in since people were linked"):
        publish.publish(county.workspace, county.partnership)
    shutil.rmtree(county.workspace.identity / "persons")
    with pytest.raises(NotFoundError, match="Run `sentinel hub link`"):
        publish.publish(county.workspace, county.partnership)
    assert not county.workspace.snapshots.exists()


@pytest.mark.parametrize("which", ["extracts", "identity/records", "identity/persons"])
def test_a_changed_byte_in_what_it_reads_is_refused(county: County, which: str) -> None:
    for path in sorted((county.workspace.root / which).rglob("*.parquet")):
        whole = path.read_bytes()
        path.write_bytes(whole[:-10] + bytes([whole[-10] ^ 1]) + whole[-9:])
        if path.name == "log.parquet":  # read by the next linkage, checked by `verify`
            continue
        with pytest.raises(IntegrityError):
            publish.publish(county.workspace, county.partnership)
        path.write_bytes(whole)
    assert artefacts.digests_in(county.workspace.snapshots) == []


# Publishes, and kills itself at the given call of the operating system that touches the snapshots' folder.
_KILLED = """
import os, signal, sys
from pathlib import Path
from hub.declarations import partnership
from hub.publishing import publish
from hub.workspace import Workspace
root, step = Path(sys.argv[1]), int(sys.argv[2])
county, workspace = partnership.read(root / "partnership"), Workspace(root / "workspace")
seen = 0
def hook(event, arguments):
    global seen
    if event not in {"open", "os.mkdir", "os.rename", "os.chmod"}:
        return
    if any(str(workspace.snapshots) in str(one) for one in arguments):
        seen += 1
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
publish.publish(workspace, county)
print(seen)
"""


def _run(root: Path, step: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _KILLED, str(root), str(step)]
    top = Path(__file__).parents[4]
    return subprocess.run(command, cwd=top, env=os.environ, capture_output=True, text=True, check=False)


@pytest.mark.prove  # the bench of kills is always run, at a tiny size
def test_a_kill_in_the_middle_leaves_the_old_snapshot_or_the_new(county: County) -> None:
    old = publish.publish(county.workspace, county.partnership)
    county.deliver([*_rows(), identity_row("police", "5")], events=EVENTS, on="2024-09-30")
    linkage.link(county.workspace, county.partnership)
    shutil.copytree(county.root, county.root / "whole")
    whole = _run(county.root / "whole", 0)
    assert whole.returncode == 0, whole.stderr
    new = open_snapshot(Workspace(county.root / "whole" / "workspace"))
    steps = int(whole.stdout)
    assert steps > 10
    seen = set()
    shutil.copytree(county.workspace.snapshots, county.root / "before")
    for step in sorted({1, 3, steps // 2, steps - 5, steps - 3, steps - 2, steps - 1, steps}):
        shutil.rmtree(county.workspace.snapshots)
        shutil.copytree(county.root / "before", county.workspace.snapshots)
        assert _run(county.root, step).returncode == -9
        for digest in artefacts.digests_in(county.workspace.snapshots):
            open_snapshot(county.workspace, digest, verify=True)
        seen.add(open_snapshot(county.workspace, verify=True).digest)
    assert seen == {old.digest, new.digest}
    assert publish.publish(county.workspace, county.partnership).digest == new.digest
    assert persons.open_map(county.workspace).artefact.verify() == 3


_TWICE = """
import sys
from pathlib import Path
from hub.declarations import partnership
from hub.publishing import publish
from hub.errors import StateError
from hub.workspace import Workspace
root = Path(sys.argv[1])
county, workspace = partnership.read(root / "partnership"), Workspace(root / "workspace")
while True:
    try:
        print(publish.publish(workspace, county).digest)
        break
    except StateError as error:
        assert "at work" in error.message, error.message
"""


def test_two_publishes_at_once_are_one_after_the_other(county: County) -> None:
    top = Path(__file__).parents[4]
    command = [sys.executable, "-c", _TWICE, str(county.root)]
    both = [subprocess.Popen(command, cwd=top, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    told = [one.communicate(timeout=60) for one in both]
    assert [one.returncode for one in both] == [0, 0], told
    [digest] = {out.decode().strip() for out, _ in told}
    assert open_snapshot(county.workspace, verify=True).digest == digest
    assert [path.name for path in county.workspace.snapshots.iterdir() if path.is_dir()] == [digest]


def test_who_reads_a_snapshot_goes_on_reading_it_while_a_newer_one_is_published(county: County) -> None:
    old = publish.publish(county.workspace, county.partnership)
    with sql.connect() as reader:
        reader.execute(f"CREATE VIEW event AS FROM {sql.parquet(old.path('event'))}")
        before = reader.execute("FROM event ORDER BY ALL").fetchall()
        county.deliver([*_rows(), identity_row("police", "5")], events=EVENTS[:2], on="2024-09-30")
        linkage.link(county.workspace, county.partnership)
        with identity_store.working(county.workspace):  # somebody writes: readers do not wait
            assert open_snapshot(county.workspace, verify=True).digest == old.digest
        new = publish.publish(county.workspace, county.partnership)
        assert reader.execute("FROM event ORDER BY ALL").fetchall() == before
    assert open_snapshot(county.workspace).digest == new.digest != old.digest
    assert old.artefact.verify() == len(SNAPSHOT_TABLES)


def test_a_withdrawn_event_stays_in_the_snapshot_while_its_person_is_known(county: County) -> None:
    publish.publish(county.workspace, county.partnership)
    county.deliver(_rows(), events=[EVENTS[0], EVENTS[2], EVENTS[3]], on="2024-09-30")
    linkage.link(county.workspace, county.partnership)
    events = _table(publish.publish(county.workspace, county.partnership), "event")
    assert len(events) == len(EVENTS)
    assert [(row["occurred_on"], row["known_to"]) for row in events if row["known_to"]] == [
        (datetime.date(2022, 9, 1), datetime.date(2024, 9, 30))
    ]
    county.deliver([_rows()[0], _rows()[2]], events=[EVENTS[0]], on="2024-12-31")
    linkage.link(county.workspace, county.partnership)
    snapshot = publish.publish(county.workspace, county.partnership)
    assert {row["source"]: row["rows"] for row in snapshot.artefact.facts["linkage"]["left_out"]} == {"school": 2}
    people = {row["person_id"] for row in _table(snapshot, "person")}
    assert {row["person_id"] for row in _table(snapshot, "event")} <= people


def test_what_a_killed_publish_left_behind_is_taken_away(county: County) -> None:
    (county.workspace.snapshots / ".draft-x").mkdir(parents=True)
    (county.workspace.snapshots / ".draft-x" / "event.parquet").write_bytes(b"half")
    (county.workspace.snapshots / ".draft-pointer").write_text("half")
    publish.publish(county.workspace, county.partnership)
    assert not list(county.workspace.snapshots.glob(".draft-*"))
