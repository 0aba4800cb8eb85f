"""A manifest whose digest is right and whose content is not one of ours is refused, never a traceback."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ethics.rules import canvas
from features.declarations import use_cases
from hub import artefacts, names
from hub.declarations import adapter as adapters
from hub.declarations import codes
from hub.declarations import partnership as partnerships
from hub.declarations.partnership import Demonstration
from hub.declarations.source_files import SourceFile
from hub.digests import canonical_json, sha256_bytes
from hub.errors import ConfigurationError, IntegrityError, NotFoundError
from hub.identity import store as identity_store
from hub.publishing.snapshots import open_snapshot
from hub.staging import extracts
from hub.tables import SCHEMA_VERSION
from hub.workspace import Workspace
from tests.examples import examples

LANCASHIRE = Path(__file__).parents[3] / "partnerships" / "lancashire"

FILE = {"sha256": "0" * 64, "bytes": 1}


def _forge(folder: Path, content: bytes) -> str:
    digest = sha256_bytes(content)
    (folder / digest).mkdir(exist_ok=True)
    (folder / digest / "manifest.json").write_bytes(content)
    return digest


def _said(**changed: Any) -> bytes:
    return canonical_json({"kind": "thing", "facts": {}, "files": {}} | changed)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"facts":{},"files":{},"kind":"thing","kind":"thing"}',
        b'{"facts":{"a":1,"a":2},"files":{},"kind":"thing"}',
        b'{"facts":{"a":NaN},"files":{},"kind":"thing"}',
        b'{"facts": {}, "files": {}, "kind": "thing"}',
        b'{"facts":{"n":' + b"9" * 5_000 + b'},"files":{},"kind":"thing"}',
        _said(kind=["thing"]),
        _said(kind=None),
        _said(kind="x" * 1_000),
        _said(facts=[]),
        _said(facts="x"),
        _said(files=[]),
        _said(files={"a.bin": None}),
        _said(files={"a.bin": "0" * 64}),
        _said(files={"a.bin": {"sha256": "0" * 64}}),
        _said(files={"a.bin": FILE | {"more": 1}}),
        _said(files={"a.bin": FILE | {"bytes": -1}}),
        _said(files={"a.bin": FILE | {"bytes": 1.0}}),
        _said(files={"a.bin": FILE | {"bytes": True}}),
        _said(files={"a.bin": FILE | {"bytes": 1 << 80}}),
        _said(files={"a.bin": FILE | {"sha256": "0" * 63}}),
        _said(files={"a.bin": FILE | {"sha256": "A" * 64}}),
        _said(files={"a.bin": FILE | {"sha256": 0}}),
        _said(files={"manifest.json": FILE}),
        *(
            _said(files={name: FILE})
            for name in ("", "/etc/passwd", "../a", "a/../b", "a//b", "./a", "a/", "a\\b", "a\0b", "a\nb", "x" * 300)
        ),
    ],
)
def test_a_forged_manifest_under_its_right_digest_is_refused(tmp_path: Path, content: bytes) -> None:
    digest = _forge(tmp_path, content)
    with pytest.raises(IntegrityError) as refused:
        artefacts.open_artefact(tmp_path, digest, "thing")
    assert refused.value.message.isprintable()


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tree=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda one: (
            st.lists(one, max_size=3)
            | st.dictionaries(st.sampled_from(["kind", "facts", "files", "sha256", "bytes", "a.bin"]), one)
        ),
    )
)
def test_any_json_is_an_artefact_or_an_integrity_error(tmp_path: Path, tree: Any) -> None:
    digest = _forge(tmp_path, json.dumps(tree, sort_keys=True, separators=(",", ":")).encode())
    with contextlib.suppress(IntegrityError):
        artefacts.open_artefact(tmp_path, digest, "thing").verify()


def test_a_manifest_that_is_a_link_is_refused(tmp_path: Path) -> None:
    digest = _forge(tmp_path, _said())
    (tmp_path / digest / "manifest.json").rename(tmp_path / "elsewhere")
    (tmp_path / digest / "manifest.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IntegrityError, match=r"manifest.json is missing or differs"):
        artefacts.open_artefact(tmp_path, digest, "thing")


def test_only_whole_digests_are_listed(tmp_path: Path) -> None:
    digest = _forge(tmp_path, _said())
    for name in ("A" * 64, "g" * 64, "a" * 63, "a" * 63 + "\n", "…" * 64):
        (tmp_path / name).mkdir()
    (tmp_path / ("b" * 64)).write_bytes(b"")
    (tmp_path / ("c" * 64)).symlink_to(tmp_path / digest)
    assert artefacts.digests_in(tmp_path) == [digest]


def test_a_pointer_names_a_whole_digest_or_nothing(tmp_path: Path) -> None:
    pointer = tmp_path / "current"
    with pytest.raises(NotFoundError):
        artefacts.pointed_at(pointer, "thing")
    artefacts.write_pointer(pointer, "a" * 64)
    assert artefacts.pointed_at(pointer, "thing") == "a" * 64
    for content in (b"", b"abcd\n", b"../../etc\n", b"A" * 64, b"a" * 64 + b"\n\n", b"\xff" * 64, b"a" * (1 << 20)):
        pointer.write_bytes(content)
        with pytest.raises(IntegrityError, match="does not name a thing"):
            artefacts.pointed_at(pointer, "thing")
    pointer.unlink()
    pointer.symlink_to("/dev/zero")
    with pytest.raises(IntegrityError):
        artefacts.pointed_at(pointer, "thing")


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "a/b", "/etc", "A", "1a", "a\0", "a\n", "a.yaml", "á", "a" * 101, "a b", "a\\b", None, 3],
)
def test_what_is_no_name_becomes_no_path(name: object) -> None:
    with pytest.raises(ConfigurationError, match=r"^That is not the name of a use case") as refused:
        names.checked(name, "use case")
    assert refused.value.message.isprintable()
    with pytest.raises(IntegrityError):
        names.checked(name, "use case", IntegrityError)


def test_names_and_files_that_may_be_parts_of_a_path(tmp_path: Path) -> None:
    assert names.checked("early_help_2", "use case") == "early_help_2"
    assert names.file_in(tmp_path, "streams/part-0.parquet") == tmp_path / "streams" / "part-0.parquet"
    (tmp_path / "inside").write_bytes(b"")
    (tmp_path / "linked").symlink_to(tmp_path / "inside")
    assert names.file_in(tmp_path, "linked") == tmp_path / "linked"
    (tmp_path / "out").symlink_to("/etc")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in ("out", "out/passwd", "loop/x"):
        with pytest.raises(IntegrityError, match="leads out of its folder"):
            names.file_in(tmp_path, name)
    with pytest.raises(ConfigurationError):
        names.file_in(tmp_path, "../x", ConfigurationError)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../b", "", "a\0b", "Early", "x\n"])
def test_a_name_from_a_manifest_or_a_request_opens_no_other_file(tmp_path: Path, name: str) -> None:
    """Before, `use_case: ../../…` of a forged manifest was read from wherever it led."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd.yaml").write_text("name: x\n")
    partnership = partnerships.read(LANCASHIRE)
    for read in (
        lambda: use_cases.read(partnership, name),
        lambda: canvas.path_of(tmp_path / "a", name),
        lambda: adapters.path_of(name),
        lambda: codes.read(name),
    ):
        with pytest.raises(ConfigurationError, match="That is not the name of"):
            read()
    for path in (identity_store.records, identity_store.quarantined):
        with pytest.raises(IntegrityError, match="That is not the name of a source"):
            path(Workspace(tmp_path), name, "0" * 64)


@pytest.mark.parametrize("facts", [{}, {"schema_version": 1}, {"schema_version": SCHEMA_VERSION}])
def test_a_forged_manifest_that_lacks_facts_is_an_integrity_error(tmp_path: Path, facts: dict[str, Any]) -> None:
    workspace = Workspace(tmp_path)
    for folder, kind in ((workspace.snapshots, "snapshot"), (workspace.extracts, "extract")):
        folder.mkdir()
        digest = _forge(folder, canonical_json({"kind": kind, "facts": facts, "files": {}}))
    with pytest.raises(IntegrityError):
        extracts.open_extract(workspace, digest)
    if facts == {"schema_version": 1}:
        assert extracts.all_extracts(workspace) == [], "an earlier version of the hub may have ingested it"
    else:
        with pytest.raises(IntegrityError):
            extracts.all_extracts(workspace)
    artefacts.write_pointer(workspace.snapshots / "current", artefacts.digests_in(workspace.snapshots)[0])
    with pytest.raises(IntegrityError):
        _ = open_snapshot(workspace).known_to
    with pytest.raises(IntegrityError, match="does not say 'source'"):
        _ = artefacts.open_artefact(workspace.extracts, digest, "extract").facts["source"]


@pytest.mark.parametrize("wrong", ["../elsewhere", "/elsewhere", "a/../../b"])
def test_files_that_a_declaration_names_lie_beside_it(wrong: str) -> None:
    with pytest.raises(ValidationError, match="beside this file"):
        Demonstration.model_validate({"use_case": "x", "delivered_on": "2024-01-01", "generator": wrong})
    one = {"name": "a", "file": "a.xml", "format": "xml", "record": "A/B", "columns": {"a": {}}, "xsd": wrong}
    with pytest.raises(ValidationError, match=r"beside sources\.yaml"):
        SourceFile.model_validate(one)
