"""What a snapshot says of itself is checked when it is opened, and read and written again it is the same."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub import artefacts
from hub.digests import canonical_json
from hub.errors import IntegrityError, OtherSchemaError
from hub.publishing.snapshot_facts import TableRows
from hub.publishing.snapshots import KIND, open_snapshot
from hub.tables import SNAPSHOT_TABLES
from hub.workspace import Workspace
from tests.factories.snapshots import snapshot

Change = Callable[[dict[str, Any]], Any]
SECRET = "Aoife"


def _said(tmp_path: Path) -> dict[str, Any]:
    extract = {"digest": "e" * 64, "source": "police", "delivered_on": "2024-12-31", "rows": {"event": 2}}
    facts = {"extracts": [extract], "erased": {"people": 1}, "rewritten_from": ["a" * 64]}
    return dict(snapshot(Workspace(tmp_path / "made"), facts=facts).artefact.facts)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda said: said.pop("known_to"), r"its fact known_to is missing"),
        (lambda said: said.pop("schema_version"), r"its fact schema_version is missing"),
        (lambda said: said.update(colour=SECRET), r"its fact colour is none that Sentinel writes"),
        (lambda said: said.update(known_to=20241231), r"its fact known_to is not written as"),
        (lambda said: said.update(known_to=SECRET), r"its fact known_to is not written as"),
        (lambda said: said.update(schema_version="2"), r"its fact schema_version is not written as"),
        (lambda said: said["rows"].update(person="3"), r"its fact rows\.person is not written as"),
        (lambda said: said["rows"].update(person=-1), r"its fact rows\.person is not written as"),
        (lambda said: said["rows"].pop("event"), r"its fact rows\.event is missing"),
        (lambda said: said["sources"]["police"].pop("level"), r"its fact sources\.police\.level is missing"),
        (lambda said: said["sources"]["police"].update(level=SECRET), r"sources\.police\.level is not written as"),
        (lambda said: said["sources"]["police"].update(reported=SECRET), r"sources\.police\.reported is not"),
        (lambda said: said["sources"]["police"].update(reported=[[SECRET, None]]), r"sources\.police\.reported is not"),
        (lambda said: said["sources"]["police"]["gateways"][0].pop("law"), r"police\.gateways\.0\.law is missing"),
        (lambda said: said["extracts"][0].update(name=SECRET), r"its fact extracts\.0\.name is none that"),
        (lambda said: said["linkage"]["quality"].update(f1={"n": 1}), r"its fact linkage\.quality\.f1 is not"),
        (lambda said: said.update(rewritten_from=SECRET), r"its fact rewritten_from is not written as"),
    ],
)
def test_a_fact_that_is_missing_unknown_or_wrong_is_refused_by_name(tmp_path: Path, change: Change, named: str) -> None:
    said = _said(tmp_path)
    change(said)
    workspace = Workspace(tmp_path / "forged")
    with artefacts.publish(workspace.snapshots, KIND, said) as draft:
        pass
    with pytest.raises(IntegrityError, match=named) as refused:
        open_snapshot(workspace, draft.digest)
    assert SECRET not in str(refused.value)


def test_another_schema_is_told_from_damage(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with artefacts.publish(workspace.snapshots, KIND, {"schema_version": 1}) as draft:
        pass
    with pytest.raises(OtherSchemaError, match="has schema 1, this is 2"):
        open_snapshot(workspace, draft.digest)


@pytest.mark.parametrize("named", [["erased", "rewritten_from"], []])
def test_facts_that_are_read_and_written_again_have_the_same_bytes(tmp_path: Path, named: list[str]) -> None:
    said = _said(tmp_path)
    kept = {name: value for name, value in said.items() if name in named or name not in {"erased", "rewritten_from"}}
    found = snapshot(Workspace(tmp_path / "again"), facts=kept)
    assert canonical_json(found.facts.as_json()) == canonical_json(found.artefact.facts)
    assert {*found.artefact.facts} & {"erased", "rewritten_from"} == {*named}


def test_rows_are_told_of_every_table() -> None:
    assert set(TableRows.model_fields) == {table.name for table in SNAPSHOT_TABLES}
