"""An erased person is nowhere under the workspace, everybody else is as before, and they do not come back."""

import datetime
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from ethics.record.store import open_store
from features.batch import erasure as feature_erasure
from features.online.vector import open_source
from features.rows.feature_sets import open_feature_set
from hub import artefacts
from hub.erasing import erasure, rewriting
from hub.errors import ConfigurationError, IntegrityError, NotFoundError, StateError
from hub.identity import store as identity_store
from hub.intake import ingest, tombstones
from hub.ledger import ledger, publications
from hub.linking import linkage
from hub.publishing import publish
from hub.publishing.snapshots import open_snapshot
from hub.rebuilding import verification
from hub.staging import extracts
from hub.workspace import Workspace
from service.commands.cli import app
from service.erasing import erasure as everywhere
from tests.factories import feature_sets
from tests.factories.counties import County
from tests.factories.identity import identity_row
from tests.factories.use_cases import indicator, use_case

TODAY = datetime.date(2024, 9, 1)
SECRETS = ("S-4711", "POL-99812", "9434765919", "A823430212001", "Zaphodine", "Quillfeather")


def _person(source: str, own: str, given: str = "Zaphodine", **said: Any) -> dict[str, Any]:
    same = {"given_name": given, "family_name": "Quillfeather", "date_of_birth": datetime.date(2012, 3, 4)}
    return identity_row(source, own, **same, **said)


ZAPHODINE = (
    _person("school", "S-4711", identifiers={"upn": "A823430212001"}, address="1 Mill Rd", postcode="PR1 1AA"),
    _person("police", "POL-99812", identifiers={"nhs_number": "943 476 5919"}, address="1 Mill Rd", postcode="PR1 1AA"),
)
TREVOR = (
    identity_row("school", "S-1", given_name="Trevor", family_name="Hill", date_of_birth=datetime.date(2011, 1, 2)),
    identity_row("police", "POL-1", given_name="Trevor", family_name="Hill", date_of_birth=datetime.date(2011, 1, 2)),
)
EVENTS = tuple(
    {"source": source, "event": "contact", "person": own, "occurred_on": day, "known_from": "2024-02-01"}
    for source, own in (("school", "S-4711"), ("police", "POL-99812"), ("school", "S-1"), ("police", "POL-1"))
    for day in ("2024-01-05", "2024-01-09")
)
BAD = {"source": "police", "event": "contact", "person": "POL-99812", "occurred_on": "2024-99-99"}
NAMED = {**_person("school", "", identifiers={"upn": ""})}


SOURCES = {"school": True, "police": False}


@pytest.fixture(scope="module")
def whole_county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county that holds Zaphodine and Trevor, linked and published, with rows about her in quarantine."""
    found = County(tmp_path_factory.mktemp("county"), SOURCES)
    found.deliver([*ZAPHODINE, *TREVOR, NAMED], events=[*EVENTS, BAD])
    linkage.link(found.workspace, found.partnership)
    publish.publish(found.workspace, found.partnership)
    return found.root


@pytest.fixture
def county(whole_county: Path, tmp_path: Path) -> County:
    """A copy of it."""
    return County(shutil.copytree(whole_county, tmp_path, dirs_exist_ok=True), SOURCES)


def _texts(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield every file under `root` with all that it holds: Parquet decoded, everything else as it is."""
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        yield path, path.read_bytes().decode("latin-1")
        if path.suffix == ".parquet":
            yield path, str(pq.read_table(path).to_pylist())


def _found(root: Path, words: tuple[str, ...] = SECRETS) -> set[str]:
    spellings = {word: {word, word.lower(), f"{word[:3]} {word[3:6]} {word[6:]}"} for word in words}
    return {
        word for _, text in _texts(root) for word, forms in spellings.items() if any(form in text for form in forms)
    }


def _erase(county: County, **whom: str) -> erasure.Erased:
    return erasure.erase(county.workspace, erasure.find(county.workspace, **whom), on=TODAY, reference="DSR-1")


def test_no_byte_of_the_person_is_left_and_everybody_else_stays(county: County) -> None:
    assert _found(county.workspace.root) == set(SECRETS)
    before = open_snapshot(county.workspace)
    events = {row["event_id"] for row in pq.read_table(before.path("event")).to_pylist()}
    county.workspace.delivered.mkdir()
    (county.workspace.delivered / "copy.csv").write_text("S-4711")
    done = _erase(county, source="school", own_id="S-4711")
    assert _found(county.workspace.root) == set()
    assert done.rows["event"] == 8
    assert done.rows["person"] == 1
    assert done.rows["quarantine"] == 2
    assert done.files == ["delivered/copy.csv"]
    assert not county.workspace.delivered.exists()
    after = open_snapshot(county.workspace, verify=True)
    assert list(done.snapshots) == [before.digest]
    assert after.artefact.facts["rewritten_from"] == [before.digest]
    kept = {row["event_id"] for row in pq.read_table(after.path("event")).to_pylist()}
    assert kept < events
    assert len(kept) == 4
    assert after.artefact.facts["rows"]["person"] == pq.read_table(after.path("person")).num_rows == 1
    known = publications.read(county.workspace)
    for kind, digest in (("snapshot", after.digest), *(("extract", one) for one in done.extracts.values())):
        assert known.require(kind, digest).inputs["rewritten_from"] in {before.digest, *done.extracts}
    assert set(done.extracts) == {one for extract in extracts.all_extracts(county.workspace)
                                  for one in extract.facts.rewritten_from}  # fmt: skip
    assert {one.state for one in verification.verify(county.workspace)} == {verification.WHOLE}


def test_the_hub_works_on_and_the_person_does_not_come_back(county: County) -> None:
    _erase(county, source="police", own_id="POL-99812")
    folder = county.root / "delivery-2024-06-30"
    again = ingest.ingest(county.workspace, county.partnership, folder, datetime.date(2024, 6, 30))
    assert [report.is_new for report in again] == [False, False]
    later = ingest.ingest(county.workspace, county.partnership, folder, datetime.date(2024, 7, 31))
    assert [report.is_new for report in later] == [True, True]
    erased = {report.source: report.extract.artefact.facts["erased"] for report in later}
    assert erased["school"]["people"] == erased["police"]["people"] == 1
    # Her row without an identifier can only be told by her names, which no tombstone holds.
    assert _found(county.workspace.root) <= {"Zaphodine", "Quillfeather"}
    report = linkage.link(county.workspace, county.partnership)
    assert report.people == 1
    snapshot = publish.publish(county.workspace, county.partnership)
    assert snapshot.artefact.facts["rows"]["person"] == 1


def test_another_source_with_her_nhs_number_is_kept_out_too(county: County) -> None:
    _erase(county, source="school", own_id="S-4711")
    new = identity_row("school", "S-NEW", given_name="Zaphodine", identifiers={"nhs_number": "9434765919"})
    county.deliver([new, *TREVOR], on="2024-08-31", events=[{**EVENTS[0], "person": "S-NEW"}])
    assert _found(county.workspace.root, ("S-NEW", "9434765919", "Zaphodine")) == set()


def test_an_identifier_that_others_carry_too_gets_no_tombstone(tmp_path: Path) -> None:
    county = County(tmp_path, SOURCES)
    mixed_up = {"identifiers": {"upn": "A823430212001"}}
    brother = identity_row("police", "POL-2", given_name="Ford", date_of_birth=datetime.date(2010, 1, 1), **mixed_up)
    county.deliver([ZAPHODINE[0], brother], events=EVENTS[:1])
    done = _erase(county, source="school", own_id="S-4711")
    assert (done.of_others_too, done.tombstones) == (1, 1)
    county.deliver([brother], on="2024-08-31")
    assert _found(county.workspace.root, ("POL-2", "Ford")) == {"POL-2", "Ford"}


@pytest.mark.parametrize("step", ["extract", "person_map", "snapshot"])
def test_an_interrupted_erasure_goes_on_where_it_stopped(
    county: County, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def interrupted(*_given: Any, **_said: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(rewriting, step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            _erase(county, source="school", own_id="S-4711")
    with pytest.raises(StateError, match="interrupted"):
        linkage.link(county.workspace, county.partnership)
    erasure.erase(county.workspace, None, on=TODAY, reference="resumed")
    assert not erasure.unfinished(county.workspace)
    assert _found(county.workspace.root) == set()
    assert open_snapshot(county.workspace, verify=True).artefact.facts["rows"]["person"] == 1


def test_whom_nobody_knows_cannot_be_erased(county: County) -> None:
    with pytest.raises(NotFoundError) as refused:
        erasure.find(county.workspace, source="school", own_id="Zaphod")
    assert "Zaphod" not in str(refused.value)


def test_damaged_tombstones_stop_every_ingest(county: County) -> None:
    _erase(county, source="school", own_id="S-4711")
    (county.workspace.identity / tombstones.FILE).write_text("[{]")
    folder = county.root / "delivery-2024-06-30"
    with pytest.raises(IntegrityError, match="damaged"):
        ingest.ingest(county.workspace, county.partnership, folder, datetime.date(2024, 7, 31))


def test_feature_sets_are_written_anew(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    whole = feature_sets.feature_set(workspace, people=60)
    matrix, person = whole.matrix(), whole.matrix()["person_id"][0].as_py()
    theirs = matrix["person_id"].to_pylist().count(person)
    (workspace.online / "source").mkdir(parents=True)
    [(old, new)] = feature_erasure.rewrite(workspace, [person], {whole.snapshot_digest: "6" * 64}).items()
    rewritten = open_feature_set(workspace, new)
    assert old == whole.digest
    assert artefacts.digests_in(workspace.features) == [new]
    assert rewritten.matrix().num_rows == matrix.num_rows - theirs == sum(rewritten.artefact.facts["rows"].values())
    assert person not in rewritten.groups()["person_id"].to_pylist()
    assert rewritten.snapshot_digest == "6" * 64
    assert not workspace.online.exists()
    assert feature_erasure.rewrite(workspace, [person], {}) == {}


def test_what_single_scores_read_is_deleted_and_made_again_without_the_person(county: County) -> None:
    workspace, day = county.workspace, datetime.date(2024, 2, 1)
    wanted = [indicator("contacts", sources=["school", "police"], events={"types": ["contact"]})]
    before = open_snapshot(workspace)
    source = open_source(workspace, before, use_case().reading(wanted))
    subject = erasure.find(workspace, source="school", own_id="S-4711")
    everybody = pq.read_table(before.path("person"))["person_id"].to_pylist()
    assert {one: source.vector(one, as_of_date=day)[0] for one in everybody} == dict.fromkeys(everybody, 4)
    (workspace.online / ".draft-of-a-making-that-was-killed").mkdir()
    with open_store(workspace) as store:
        everywhere.erase(workspace, store, subject, by="ann", reference="DSR-1")
    assert not workspace.online.exists()
    source = open_source(workspace, open_snapshot(workspace), use_case().reading(wanted))
    for person in subject.person_ids:
        with pytest.raises(NotFoundError):
            source.vector(person, as_of_date=day)
    assert not any(person in text for person in subject.person_ids for _, text in _texts(workspace.online))
    [other] = set(everybody) - set(subject.person_ids)
    assert source.vector(other, as_of_date=day).tolist() == [4]


def test_models_and_approvals_that_used_the_person_are_listed_and_the_ledger_knows(county: County) -> None:
    workspace = county.workspace
    snapshot = open_snapshot(workspace).digest
    facts = {"snapshot": snapshot, "feature_set": "f" * 64, "use_case": "offer", "purpose": "early_help"}
    for digest in (snapshot, "0" * 64):
        with artefacts.publish(workspace.bundles, "bundle", facts | {"snapshot": digest}):
            pass
    earlier = {"bundles": ["b" * 64], "feature_sets": ["e" * 64], "snapshots": [snapshot]}
    kept = {"snapshot": "1" * 64, "update": {"step": "intercept", "earlier": earlier}}
    with artefacts.publish(workspace.bundles, "bundle", facts | kept):
        pass  # an update that kept the trees: they saw whom the older snapshot tells of
    with open_store(workspace) as store:
        subject = erasure.find(workspace, source="school", own_id="S-4711")
        done = everywhere.erase(workspace, store, subject, by="ann", reference="DSR-1")
        with store.reading() as session:
            last = ledger.entries(session)[-1]
    assert [one["state"] for one in done.bundles] == ["its training saw the person"] * 2
    assert done.approvals == []
    assert (done.ledger_entry, last.kind) == (last.seq, "erasure")
    assert not any(secret in json.dumps(done.as_json()) for secret in (*SECRETS, *subject.person_ids))
    shutil.rmtree(workspace.bundles)


def test_a_model_is_listed_by_every_name_that_its_data_ever_had(county: County) -> None:
    # Somebody was erased before, so the snapshot that the model was trained on has another name by now.
    workspace = county.workspace
    first = open_snapshot(workspace).digest
    facts = {"snapshot": first, "feature_set": "f" * 64, "use_case": "offer", "purpose": "early_help"}
    with artefacts.publish(workspace.bundles, "bundle", facts):
        pass
    _erase(county, source="school", own_id="S-1")
    assert open_snapshot(workspace).digest != first
    with open_store(workspace) as store:
        subject = erasure.find(workspace, source="school", own_id="S-4711")
        done = everywhere.erase(workspace, store, subject, by="ann", reference="DSR-2")
    assert [one["state"] for one in done.bundles] == ["its training saw the person"]
    shutil.rmtree(workspace.bundles)


def test_who_is_cut_off_before_anything_was_erased_is_kept_out_all_the_same(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = identity_store.write

    def interrupted(workspace: Workspace, name: str, content: bytes) -> None:
        if name == identity_store.ERASURE:
            raise KeyboardInterrupt
        write(workspace, name, content)

    with monkeypatch.context() as patched:
        patched.setattr(identity_store, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            _erase(county, source="school", own_id="S-4711")
    assert not erasure.unfinished(county.workspace)
    assert len(tombstones.read(county.workspace)) > 0


def test_resuming_asks_for_what_was_interrupted_and_knows_who_asked(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_given: Any, **_said: Any) -> None:
        raise KeyboardInterrupt

    workspace = county.workspace
    with open_store(workspace) as store:
        with pytest.raises(StateError, match="No erasure was interrupted"):
            everywhere.erase(workspace, store, None, by="resumed", reference="resumed")
        subject = erasure.find(workspace, source="school", own_id="S-4711")
        with monkeypatch.context() as patched:
            patched.setattr(rewriting, "snapshot", interrupted)
            with pytest.raises(KeyboardInterrupt):
                everywhere.erase(workspace, store, subject, by="ann", reference="DSR-3")
        done = everywhere.erase(workspace, store, None, by="resumed", reference="resumed")
        with store.reading() as session:
            entry = ledger.entry_at(session, done.ledger_entry or 0)
    assert entry is not None
    assert (entry.actor, entry.read_facts()["reference"]) == ("ann", "DSR-3")


def test_identity_files_keep_their_digests(county: County) -> None:
    _erase(county, source="school", own_id="S-4711")
    for extract in extracts.all_extracts(county.workspace):
        assert extracts.verify(county.workspace, extract) > 0
    held = {path.stem for path in (county.workspace.identity / "records").rglob("*.parquet")}
    assert held == {extract.digest for extract in extracts.all_extracts(county.workspace)}
    assert not list(county.workspace.identity.glob(f"{identity_store.ERASURE}*"))


def test_the_command_shows_first_and_erases_when_told(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    before = len(publications.read(county.workspace).of("snapshot"))
    county.workspace.root.rename(county.root / "county")
    workspace = Workspace(county.root / "county")
    monkeypatch.setenv("SENTINEL_ANCHOR", str(workspace.anchor))
    place = ["--workspace", str(county.root), "--partnership", str(county.root / "partnership")]

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["hub", "erase", *words, *place])

    whom = ("--source", "school", "--id", "S-4711")
    shown = run(*whom)
    assert shown.exit_code == 0
    assert "Nothing was erased" in shown.stdout
    [person_id] = erasure.find(workspace, source="school", own_id="S-4711").person_ids
    assert person_id in shown.stdout
    listed = json.loads(run(*whom, "--as", "person_0", "--json").stdout)
    assert listed["person_ids"] == [person_id]
    assert {one["source"] for one in listed["records"]} == {"school", "police"}
    with open_store(workspace) as store, store.reading() as session:
        look = ledger.entry_at(session, listed["ledger_entry"])
    assert look is not None
    assert (look.kind, look.actor) == ("look", "person_0")
    assert person_id not in look.facts
    assert _found(county.root / "county") == set(SECRETS)
    for words, said in (
        ((), "Say whom"),
        ((*whom, "--person", "p1"), "Say whom"),
        ((*whom, "--yes"), "An erasure is recorded"),
        ((*whom, "--yes", "--reference", "DSR-1", "--as", "nobody"), "is nobody"),
    ):
        refused = run(*words)
        assert isinstance(refused.exception, ConfigurationError)
        assert said in str(refused.exception)
    done = run(*whom, "--yes", "--reference", "DSR-1", "--as", "person_0", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["rows_removed"]["person"] == 1
    with open_store(workspace) as store, store.reading() as session:
        entry = ledger.entry_at(session, said["ledger_entry"])
    assert entry is not None
    assert (entry.kind, entry.actor) == ("erasure", "person_0")
    assert len(publications.read(workspace).of("snapshot")) == before + 1
    assert not any(secret in done.output for secret in SECRETS)
    assert _found(county.root / "county") == set()
