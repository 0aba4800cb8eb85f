"""What an extract says of itself is checked when it is opened, and read and written again it is the same."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub import artefacts
from hub.digests import canonical_json
from hub.errors import IntegrityError, OtherSchemaError
from hub.staging import extracts
from hub.staging.extract_facts import EventHistory, ExtractRows
from hub.staging.history import COUNTS
from hub.workspace import Workspace
from tests.factories.extracts import extract_facts

SECRET = "Aoife"
FILE: dict[str, Any] = {
    "table": "rows",
    "file": "rows.csv",
    "sha256": "a" * 64,
    "bytes": 10,
    "rows": 2,
    "kept": 1,
    "quarantined": 1,
    "rules": {"day: date": 1},
    "lines": {"day: date": [3]},
    "blank_lines": 0,
    "noticed": {"row: repeated": {"rows": 1, "lines": []}},
}
LOSS: dict[str, Any] = {
    "kind": "death",
    "records": "1 to 9",
    "of": 12,
    "people": "1 to 9",
    "groups": {"sex": {"female": "1 to 9", "male": 0}},
    "must_be_agreed": True,
}


def _published(tmp_path: Path, said: dict[str, Any]) -> tuple[Workspace, str]:
    workspace = Workspace(tmp_path)
    with artefacts.publish(workspace.extracts, extracts.KIND, said) as draft:
        pass
    return workspace, draft.digest


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda said: said.pop("inputs"), r"its fact inputs is missing"),
        (lambda said: said.update(lost_births=3), r"its fact lost_births is none that Sentinel writes"),
        (lambda said: said.update(source=["police"]), r"its fact source is not written as"),
        (lambda said: said.update(delivered_on=SECRET), r"its fact delivered_on is not written as"),
        (lambda said: said.update(supersedes="0" * 64), r"its fact supersedes is not written as"),
        (lambda said: said.update(supersedes=[SECRET]), r"its fact supersedes\.0 is not written as"),
        (lambda said: said.update(identity_sha256=SECRET), r"its fact identity_sha256 is not written as"),
        (lambda said: said["files"][0].update(rows="2"), r"its fact files\.0\.rows is not written as"),
        (lambda said: said["files"][0].update(cells=[SECRET]), r"its fact files\.0\.cells is none that"),
        (lambda said: said["known_from"].pop("lifted"), r"its fact known_from\.lifted is missing"),
        (lambda said: said.update(days=[["2024-01-01"]]), r"its fact days\.0\.1 is missing"),
        (lambda said: said.update(people=True), r"its fact people is not written as"),
    ],
)
def test_a_fact_that_is_missing_unknown_or_wrong_is_refused_by_name(
    tmp_path: Path, change: Callable[[dict[str, Any]], Any], named: str
) -> None:
    said = extract_facts(files=[dict(FILE)])
    change(said)
    workspace, digest = _published(tmp_path, said)
    with pytest.raises(IntegrityError, match=named) as refused:
        extracts.open_extract(workspace, digest)
    assert SECRET not in str(refused.value)
    with pytest.raises(IntegrityError, match=named):
        extracts.all_extracts(workspace)


def test_what_an_earlier_version_ingested_does_not_count(tmp_path: Path) -> None:
    workspace, digest = _published(tmp_path, {"schema_version": 1, "source": "police"})
    with pytest.raises(OtherSchemaError, match="has schema 1, this is 2"):
        extracts.open_extract(workspace, digest)
    assert extracts.all_extracts(workspace) == extracts.current_extracts(workspace, ()) == []


@pytest.mark.parametrize("more", [{}, {"rewritten_from": ["c" * 64]}])
def test_facts_that_are_read_and_written_again_have_the_same_bytes(tmp_path: Path, more: dict[str, Any]) -> None:
    notice = {"notice": "files", "count": 1, "said": "One file was left.", "remedy": ""}
    said = extract_facts(
        files=[FILE, FILE | {"refused": ["gang_flag"]}],
        since={"absence": "2024-03-04", "death": "0001-01-01", "none": None},
        days=[["2024-03-01", 3]],
        taken_away=[LOSS],
        lost_deaths=[LOSS | {"delivered_on": "2024-03-01"}],
        notices=[notice],
        assumed_recording={"lag_days": 3, "because": "Nobody writes it down sooner."},
        **more,
    )
    workspace, digest = _published(tmp_path, said)
    found = extracts.open_extract(workspace, digest)
    assert canonical_json(found.facts.as_json()) == canonical_json(said)


def test_what_is_counted_is_told_whole() -> None:
    assert set(EventHistory.model_fields) == set(COUNTS)
    assert set(ExtractRows.model_fields) == set(extract_facts()["rows"])
