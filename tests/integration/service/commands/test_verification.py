"""`hub verify` names whatever nobody published here, and whatever its inputs do not give; and nothing else."""

import datetime
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from audits.audit import audit as audits
from audits.report.report import render
from features.declarations import use_cases
from features.online import source as online_source
from features.online.vector import open_source
from features.rebuilding import sets
from features.rows import feature_sets
from hub.artefacts import Artefact
from hub.digests import canonical_json
from hub.erasing import erasure
from hub.errors import IntegrityError, LedgerError
from hub.identity import persons
from hub.ledger import publications
from hub.linking import linkage
from hub.publishing import publish
from hub.publishing.snapshots import KIND as SNAPSHOT
from hub.publishing.snapshots import open_snapshot
from hub.rebuilding import verification
from hub.staging import extracts
from hub.workspace import Workspace
from models.bundle import bundles
from service.commands.cli import app
from tests.factories import worlds
from tests.factories.counties import County
from tests.factories.forgeries import admit, forged, forged_extract
from tests.factories.identity import identity_row

SEEDS = pytest.mark.parametrize(
    "seeds", [pytest.param((0,), id="one seed"), pytest.param((0, 1, 2, 3), id="four seeds", marks=pytest.mark.prove)]
)


@dataclass(frozen=True)
class Here:
    """A workspace, and how commands are run in it."""

    workspace: Workspace
    options: tuple[str, ...]
    environment: dict[str, str]

    def run(self, *arguments: str) -> Result:
        """Run `sentinel hub verify`."""
        return CliRunner().invoke(app, ["hub", "verify", *arguments, *self.options], env=self.environment)

    def verify(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """Return what is said of each artefact, by digest."""
        result = self.run("--json", *arguments)
        assert result.exception is None or isinstance(result.exception, IntegrityError | SystemExit), result.exception
        return {row["digest"]: row for row in json.loads(result.stdout)}

    def faults(self, *arguments: str) -> dict[str, str]:
        """Return the state of each artefact that is not whole."""
        found = self.verify(*arguments).items()
        return {digest: row["state"] for digest, row in found if row["state"] != verification.WHOLE}


# --- from a snapshot to an audit ---


@pytest.fixture(scope="module")
def whole_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the small partnership up to an audited bundle and an online source."""
    root = tmp_path_factory.mktemp("world") / "made"
    shutil.copytree(worlds.kept(), root)
    here = worlds.place(root)
    use_case = use_cases.read(here.partnership, worlds.USE_CASE)
    open_source(here.workspace, open_snapshot(here.workspace), use_case).close()
    return root


@pytest.fixture
def world(whole_world: Path, tmp_path: Path) -> Here:
    """Return a copy of it."""
    root = tmp_path / "copy"
    shutil.copytree(whole_world, root)
    place = worlds.place(root)
    options = ("--workspace", str(place.settings.workspace), "--partnership", str(place.settings.partnership))
    return Here(place.workspace, options, {"SENTINEL_ANCHOR": str(place.settings.anchor)})


def _only(parent: Path) -> str:
    [name] = [path.name for path in parent.iterdir() if len(path.name) == 64]
    return name


def _feature_set(world: Here) -> tuple[Artefact, str]:
    """Change one cell of one row."""
    parent = world.workspace.features
    original = _only(parent)

    def change(folder: Path) -> None:
        table = pq.read_table(folder / feature_sets.MATRIX_FILE)
        place = table.column_names.index("incidents_365d")
        cells = table["incidents_365d"].to_pylist()
        cells[len(cells) // 2] += 1.0
        changed = table.set_column(place, table.schema.field(place), pa.array(cells, pa.float64()))
        pq.write_table(changed, folder / feature_sets.MATRIX_FILE, compression="zstd")

    return forged(parent, feature_sets.KIND, original, change), original


def _online_source(world: Here) -> tuple[Artefact, str]:
    """Let one event of the last 90 days have become known after everything."""
    parent = world.workspace.online
    original = _only(parent)

    def change(folder: Path) -> None:
        newest = (datetime.date(2024, 10, 1) - datetime.date(1970, 1, 1)).days
        with closing(duckdb.connect(str(folder / online_source.FILE))) as connection:
            read = "occurred < $1 AND occurred >= $1 - 90 AND known_from <= $1"
            [(row,)] = connection.execute(f"SELECT min(rowid) FROM event_0 WHERE {read}", [newest]).fetchall()
            connection.execute(f"UPDATE event_0 SET known_from = {2**31 - 2} WHERE rowid = $1", [row])

    return forged(parent, online_source.KIND, original, change), original


def _audit(world: Here) -> tuple[Artefact, str]:
    """Let fewer be missed, in the figures and on the page."""
    parent = world.workspace.audits
    original = _only(parent)

    def change(folder: Path) -> None:
        document = json.loads((folder / audits.EVIDENCE_FILE).read_bytes())
        rate = document["fairness"]["everyone"]["rates"]["false_negative_rate"]["rate"]
        rate["value"] *= 0.9
        (folder / audits.EVIDENCE_FILE).write_bytes(canonical_json(document))
        (folder / audits.REPORT_FILE).write_text(render(document), encoding="utf-8")

    return forged(parent, audits.KIND, original, change), original


FORGERIES = {
    "feature set": (_feature_set, "incidents_365d of matrix in 1 of"),
    "online source": (_online_source, "of 1 people"),
    "audit": (_audit, "rate false_negative_rate of everyone"),
}


@SEEDS
def test_nothing_is_named_where_nothing_was_forged(world: Here, seeds: tuple[int, ...]) -> None:
    found = world.verify("--seed", "5", "--sample", "80")
    assert {row["state"] for row in found.values()} == {verification.WHOLE}
    assert {row["seed"] for row in found.values()} == {5}
    drawn = {row["kind"]: row["rebuilt"]["compared"] for row in found.values()}
    assert drawn["feature set"] == drawn["online source"] == 80
    assert (drawn["snapshot"], drawn["bundle"]) == (0, 6)
    assert drawn["audit"] > 100
    for seed in seeds:
        for parent in (world.workspace.features, world.workspace.online):
            [row] = world.verify(_only(parent), "--seed", str(seed), "--sample", str(40 * (seed + 1))).values()
            assert (row["state"], row["rebuilt"]["compared"]) == (verification.WHOLE, 40 * (seed + 1))


@pytest.mark.parametrize("kind", FORGERIES)
def test_what_was_put_there_by_hand_is_named_and_never_opened(world: Here, kind: str) -> None:
    forgery, _ = FORGERIES[kind][0](world)
    assert world.faults("--sample", "0") == {forgery.digest: verification.NOT_PUBLISHED}
    [said] = world.verify(forgery.digest).values()
    assert (said["kind"], said["published"], said["rebuilt"]) == (kind, None, None)
    result = world.run("--sample", "0")
    assert isinstance(result.exception, IntegrityError)
    assert result.exception.exit_code == 5
    assert f"the {kind} {forgery.digest[:12]}" in result.exception.message
    assert "not published here" in " ".join(result.output.split())


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_forgery_with_an_entry_is_not_what_its_inputs_give(world: Here, kind: str) -> None:
    forge, words = FORGERIES[kind]
    forgery, original = forge(world)
    admit(world.workspace, forgery, original)
    assert world.faults("--sample", "0") == {}
    result = world.run(forgery.digest, "--json")
    assert words in json.loads(result.stdout)[0]["state"]
    assert isinstance(result.exception, IntegrityError)
    assert result.exception.exit_code == 5


def test_a_small_sample_misses_what_it_does_not_draw_and_other_seeds_find_it(world: Here) -> None:
    forgery, original = _feature_set(world)
    admit(world.workspace, forgery, original)
    found = {bool(world.faults(forgery.digest, "--sample", "125", "--seed", str(seed))) for seed in range(12)}
    assert found == {True, False}


def test_rates_of_an_audit_that_other_code_made_are_compared_all_the_same(world: Here) -> None:
    forgery, original = _audit(world)
    admit(world.workspace, forgery, original, code="0" * 64)
    assert "rate false_negative_rate of everyone" in world.faults(forgery.digest)[forgery.digest]


@pytest.mark.prove  # rates of such an audit are always compared
def test_words_of_an_audit_that_other_code_made_are_no_fault(world: Here) -> None:
    def change(folder: Path) -> None:
        document = json.loads((folder / audits.EVIDENCE_FILE).read_bytes())
        document["answer"][0] = "In other words."
        (folder / audits.EVIDENCE_FILE).write_bytes(canonical_json(document))

    original = _only(world.workspace.audits)
    forgery = forged(world.workspace.audits, audits.KIND, original, change)
    admit(world.workspace, forgery, original, code="0" * 64)
    said = world.verify(forgery.digest)[forgery.digest]
    assert said["state"] == verification.WHOLE
    assert "other code made it, and this code gives another answer" in said["rebuilt"]["why_not"]
    admit(world.workspace, forgery, original)
    assert "answer" in world.faults(forgery.digest)[forgery.digest]


def test_an_entry_that_says_other_inputs_than_the_artefact_is_named(world: Here) -> None:
    bundle = _only(world.workspace.bundles)
    entry = publications.read(world.workspace).require(bundles.KIND, bundle)
    said = {**entry.inputs, "feature_set": "f" * 64}
    publications.record(world.workspace, kind=bundles.KIND, digest=bundle, inputs=said, by="ana")
    state = world.faults("--sample", "0")[bundle]
    assert "says another feature set than it does" in state
    assert "made from a feature set that was not published here" in state


def test_what_other_code_made_is_not_made_again_and_no_fault(world: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sets, "code_digest", lambda: "0" * 64)
    feature_set = _only(world.workspace.features)
    said = world.verify(feature_set)[feature_set]
    assert (said["state"], said["rebuilt"]["why_not"]) == (verification.WHOLE, "made by other code")
    assert "not rebuilt: made by other code" in " ".join(world.run(feature_set).output.split())


def test_a_forgery_that_no_reader_understands_is_a_fault_and_no_crash(world: Here) -> None:
    original = _only(world.workspace.online)

    def change(folder: Path) -> None:
        (folder / online_source.FILE).write_bytes(b"no database at all")

    forgery = forged(world.workspace.online, online_source.KIND, original, change)
    admit(world.workspace, forgery, original)
    assert "cannot be read as what it says it is" in world.faults(forgery.digest)[forgery.digest]


def test_a_ledger_that_does_not_hold_proves_nothing(world: Here) -> None:
    with closing(sqlite3.connect(world.workspace.ethics / "ethics.db", isolation_level=None)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE ledger_entry SET actor = 'somebody' WHERE seq = 1")
    assert isinstance(world.run("--sample", "0").exception, LedgerError)


# --- from a delivery to a snapshot ---


SOURCES = {"school": True, "police": False}


@pytest.fixture(scope="module")
def whole_county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a county of 24 people in two sources, linked and published."""
    found = County(tmp_path_factory.mktemp("county"), SOURCES)
    people, events, involvements = [], [], []
    for number in range(24):
        same = {
            "given_name": f"Given{number}",
            "family_name": f"Family{number % 7}",
            "date_of_birth": datetime.date(2008 + number % 9, 1 + number % 12, 3),
            "sex": "FM"[number % 2],
            "address": f"{number % 5} Mill Road",
            "postcode": "PR1 1AA",
            "area_id": f"E0{number % 3}",
        }
        for source in ("school", "police"):
            people.append(identity_row(source, str(number), **same))
            involvements.append({"source": source, "person": number, "team": "T", "valid_from": "2024-02-02"})
            for month in range(1, 5):
                day = f"2024-0{month}-1{number % 9}"
                events.append(
                    {"source": source, "event": "contact", "person": number, "occurred_on": day, "known_from": day}
                    | {"value": number * month, "detail": "abc"[number % 3]}
                )
    areas = [
        {"source": "school", "area": f"E0{number}", "name": f"Area {number}", "imd": number} for number in range(3)
    ]
    found.deliver(people, events=events, involvements=involvements, areas=areas)
    linkage.link(found.workspace, found.partnership)
    publish.publish(found.workspace, found.partnership)
    return found.root


@pytest.fixture
def county(whole_county: Path, tmp_path: Path) -> County:
    """Return a copy of it."""
    return County(shutil.copytree(whole_county, tmp_path, dirs_exist_ok=True), SOURCES)


@pytest.fixture
def there(county: County, tmp_path: Path) -> Here:
    """Return the place in which commands find the county."""
    (tmp_path / "all").mkdir()
    county.workspace.root.rename(tmp_path / "all" / "county")
    county.workspace = Workspace(tmp_path / "all" / "county")
    options = ("--workspace", str(tmp_path / "all"), "--partnership", str(county.root / "partnership"))
    return Here(county.workspace, options, {"SENTINEL_ANCHOR": str(county.workspace.anchor)})


def _events(change: Any) -> Any:
    def changed(folder: Path) -> None:
        table = pq.read_table(folder / "event.parquet")
        rows = change(table.to_pylist())
        rows.sort(key=lambda row: (row["person_id"], row["occurred_on"], row["event_id"], row["known_from"]))
        pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), folder / "event.parquet", compression="zstd")

    return changed


def _one_more(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*rows, rows[0] | {"event_id": "f" * 32}]


def _one_changed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [rows[0] | {"value": 1e6}, *rows[1:]]


def _snapshot(there: Here, change: Any, more: int) -> tuple[Artefact, str]:
    original = open_snapshot(there.workspace).artefact
    rows = original.facts["rows"]
    facts = {"rows": {**rows, "event": rows["event"] + more}}
    return forged(there.workspace.snapshots, SNAPSHOT, original.digest, _events(change), facts=facts), original.digest


@SEEDS
def test_nothing_is_named_in_a_county_as_it_was_published(there: Here, seeds: tuple[int, ...]) -> None:
    snapshot = open_snapshot(there.workspace).digest
    for seed in seeds:
        found = there.verify("--seed", str(seed), "--sample", str(5 * (seed + 1)))
        assert {row["state"] for row in found.values()} == {verification.WHOLE}
        assert found[snapshot]["rebuilt"]["compared"] == 5 * (seed + 1)
    said, people = there.verify()[snapshot], open_snapshot(there.workspace).artefact.facts["rows"]["person"]
    assert people > 20
    assert said["rebuilt"] == {"compared": people, "of": people, "unit": "people", "differs": [], "why_not": None}


@SEEDS
@pytest.mark.parametrize(("change", "more"), [(_one_more, 1), (_one_changed, 0)])
@pytest.mark.parametrize("people", ["1", "24"])
def test_a_forged_event_of_a_snapshot_is_named_whoever_is_drawn(
    there: Here, change: Any, more: int, people: str, seeds: tuple[int, ...]
) -> None:
    forgery, original = _snapshot(there, change, more)
    assert there.faults() == {forgery.digest: verification.NOT_PUBLISHED}
    admit(there.workspace, forgery, original)
    assert there.faults("--sample", "0") == {}
    for seed in seeds:
        faults = there.faults("--sample", people, "--seed", str(seed))
        assert set(faults) == {forgery.digest}
        assert "event" in faults[forgery.digest]


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("person", "sex", "X"),
        ("household", "household_id", "0" * 32),
        ("area", "imd_decile", 9),
        ("involvement", "team", "U"),
    ],
)
def test_every_other_table_of_a_snapshot_is_made_again_too(there: Here, table: str, column: str, value: Any) -> None:
    def change(folder: Path) -> None:
        found = pq.read_table(folder / f"{table}.parquet")
        rows = found.to_pylist()
        rows[-1][column] = value
        pq.write_table(pa.Table.from_pylist(rows, schema=found.schema), folder / f"{table}.parquet", compression="zstd")

    original = open_snapshot(there.workspace).digest
    forgery = forged(there.workspace.snapshots, SNAPSHOT, original, change)
    admit(there.workspace, forgery, original)
    faults = there.faults()
    assert set(faults) == {forgery.digest}
    assert f"{column} of {table} in 1 of" in faults[forgery.digest]
    admit(there.workspace, forgery, original, code="0" * 64)
    assert bool(there.faults()) == (table == "involvement"), "who code of another day believes differs"


def test_a_forged_extract_is_named(there: Here) -> None:
    original = extracts.current_extracts(there.workspace)[0]
    forgery = forged_extract(there.workspace, original.digest, _events_of_extract)
    assert there.faults() == {forgery.digest: verification.NOT_PUBLISHED}


def _events_of_extract(folder: Path) -> None:
    table = pq.read_table(folder / "event.parquet")
    changed = table.set_column(
        table.column_names.index("value"), table.schema.field("value"), pc.add(table["value"], 1.0)
    )
    pq.write_table(changed, folder / "event.parquet", compression="zstd")


def test_a_snapshot_whose_inputs_are_gone_is_not_made_again_and_no_fault(there: Here) -> None:
    snapshot = open_snapshot(there.workspace).digest
    shutil.rmtree(persons.open_map(there.workspace).artefact.path)
    (there.workspace.identity / "persons" / persons.CURRENT).unlink()
    assert there.verify()[snapshot]["rebuilt"]["why_not"] == "its person map is gone"
    shutil.rmtree(extracts.current_extracts(there.workspace)[0].path)
    assert there.verify()[snapshot]["rebuilt"]["why_not"] == "its extracts are gone"
    assert there.run().exit_code == 0


def test_what_an_erasure_wrote_anew_is_what_its_inputs_give(there: Here) -> None:
    subject = erasure.find(there.workspace, source="school", own_id="3")
    erasure.erase(there.workspace, subject, on=datetime.date(2024, 9, 1), reference="DSR-1")
    snapshot = open_snapshot(there.workspace)
    assert snapshot.artefact.facts["rewritten_from"]
    found = there.verify()
    assert {row["state"] for row in found.values()} == {verification.WHOLE}
    assert found[snapshot.digest]["rebuilt"]["compared"] == snapshot.artefact.facts["rows"]["person"]
    forgery, original = _snapshot(there, _one_changed, 0)
    admit(there.workspace, forgery, original)
    assert set(there.faults()) == {forgery.digest}
