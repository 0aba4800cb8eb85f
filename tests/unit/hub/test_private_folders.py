"""Only their owner may enter the folders of a workspace, whatever the umask."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import artefacts, private_folders
from hub.errors import StateError


@pytest.fixture(autouse=True)
def wide() -> Iterator[None]:
    """Work under the umask that most machines have."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_folders_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    made = private_folders.make(tmp_path / "a" / "b" / "c")
    assert [_mode(made), _mode(made.parent), _mode(made.parent.parent)] == [0o700] * 3
    assert private_folders.make(made) == made


def test_a_wider_folder_is_narrowed(tmp_path: Path) -> None:
    (tmp_path / "wide").mkdir()
    (tmp_path / "wide").chmod(0o2775)
    private_folders.narrow(tmp_path / "wide")
    assert _mode(tmp_path / "wide") == 0o700
    private_folders.narrow(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_file_in_its_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StateError, match="is not a folder"):
        private_folders.make(tmp_path / "file")
    with pytest.raises(StateError, match="is not in a folder"):
        private_folders.make(tmp_path / "file" / "below")


def test_what_is_published_is_for_its_owner_alone(tmp_path: Path) -> None:
    with artefacts.publish(tmp_path / "things", "thing", {}) as draft:
        (draft.path / "deep").mkdir()
        (draft.path / "deep" / "a.bin").write_bytes(b"a")
    artefacts.write_pointer(tmp_path / "things" / "current", draft.digest)
    found = [tmp_path / "things", *(tmp_path / "things").rglob("*")]
    assert len(found) == 6
    assert [path for path in found if _mode(path) & 0o077] == []
