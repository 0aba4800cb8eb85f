"""What is used are the bytes that were checked, whoever writes or renames beside it at the worst moment."""

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub import artefacts, held_files
from hub.artefacts import Artefact
from hub.errors import ConfigurationError, IntegrityError

GOOD, FORGED = b"good " * 1000, b"evil " * 1000
Attack = Callable[[Path], None]


@pytest.fixture
def thing(tmp_path: Path) -> Artefact:
    with artefacts.publish(tmp_path / "things", "thing", {}) as draft:
        (draft.path / "deep").mkdir()
        (draft.path / "deep" / "a.bin").write_bytes(GOOD)
        (draft.path / "b.bin").write_bytes(b"two")
    return artefacts.open_artefact(tmp_path / "things", draft.digest, "thing")


def _rename_over(path: Path) -> None:
    forged = path.parent.parent.parent / "forged"
    forged.write_bytes(FORGED)
    forged.rename(path)


def _write_in_place(path: Path) -> None:
    status = path.stat()
    with path.open("r+b") as stream:
        stream.write(FORGED)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _swap_and_put_back(path: Path) -> None:
    aside = path.parent.parent.parent / "aside"
    path.rename(aside)
    path.write_bytes(FORGED)
    path.unlink()
    aside.rename(path)


def _swap_the_folder_and_put_back(path: Path) -> None:
    folder, aside = path.parent, path.parent.with_name("aside")
    folder.rename(aside)
    folder.mkdir()
    path.write_bytes(FORGED)
    path.unlink()
    folder.rmdir()
    aside.rename(folder)


def _link_elsewhere(path: Path) -> None:
    forged = path.parent.parent.parent / "forged"
    forged.write_bytes(FORGED)
    path.unlink()
    path.symlink_to(forged)


ATTACKS = [_rename_over, _write_in_place, _swap_and_put_back, _swap_the_folder_and_put_back, _link_elsewhere]


def _after_hashing(monkeypatch: pytest.MonkeyPatch, strike: Callable[[], None]) -> list[str]:
    """Strike once, between the moment in which deep/a.bin was hashed and whatever is done next."""
    hashed, struck = held_files.hashed, list[str]()

    def hooked(path: Path, *given: Any, **named: Any) -> str:
        found = hashed(path, *given, **named)
        if path.name == "a.bin" and not struck:
            struck.append(found)
            strike()
        return found

    monkeypatch.setattr(held_files, "hashed", hooked)
    return struck


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_change_between_hash_and_use_is_refused(
    thing: Artefact, monkeypatch: pytest.MonkeyPatch, attack: Attack
) -> None:
    struck = _after_hashing(monkeypatch, lambda: attack(thing.path / "deep" / "a.bin"))
    with pytest.raises(IntegrityError, match=r"changed while it was read|does not name"), thing.held() as held:
        (held.artefact.path / "deep" / "a.bin").read_bytes()
    assert struck


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_change_while_it_is_used_is_refused_before_anything_is_published(thing: Artefact, attack: Attack) -> None:
    published = thing.path.parent.parent / "published"

    def make() -> None:
        with artefacts.publish(published, "other", {}) as draft, thing.held() as held:
            attack(thing.path / "deep" / "a.bin")
            (draft.path / "made.bin").write_bytes((held.artefact.path / "b.bin").read_bytes())
            with pytest.raises(IntegrityError):
                held.require_unchanged()

    with pytest.raises(IntegrityError):
        make()
    assert artefacts.digests_in(published) == []


def test_what_is_held_stays_itself_when_the_folder_above_is_swapped(thing: Artefact) -> None:
    above = thing.path.parent
    with thing.held() as held:
        above.rename(above.with_name("aside"))
        (above / thing.digest / "deep").mkdir(parents=True)
        (above / thing.digest / "deep" / "a.bin").write_bytes(FORGED)
        assert (held.artefact.path / "deep" / "a.bin").read_bytes() == GOOD


def test_what_nobody_touched_is_held_and_nothing_stays_open(thing: Artefact) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with thing.held() as held:
            assert (held.artefact.path / "deep" / "a.bin").read_bytes() == GOOD
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_private_copy_is_what_was_checked_or_nothing(
    thing: Artefact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: Attack
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o700)
    _after_hashing(monkeypatch, lambda: attack(thing.path / "deep" / "a.bin"))
    copy = thing.private_copy("deep/a.bin", mine)
    assert copy.read_bytes() == GOOD
    assert copy.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [FORGED, GOOD[:-1], GOOD + b"x", b""])
def test_no_copy_is_left_of_what_differs(thing: Artefact, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine").mkdir(mode=0o700)
    (thing.path / "deep" / "a.bin").write_bytes(content)
    with pytest.raises(IntegrityError, match=r"deep/a.bin is missing or differs"):
        thing.private_copy("deep/a.bin", tmp_path / "mine")
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_copy_goes_only_where_nobody_else_may_enter(thing: Artefact, tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    (tmp_path / "linked").symlink_to(thing.path)
    for folder in ("open", "linked"):
        with pytest.raises(ConfigurationError, match="Others may enter"):
            thing.private_copy("b.bin", tmp_path / folder)


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _link(path: Path) -> None:
    (path.parent.parent.parent / "same").write_bytes(GOOD)
    path.symlink_to(path.parent.parent.parent / "same")


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path may be only 100 characters long
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(here)


def _zeros(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("put", [_fifo, _link, _socket, _zeros, Path.mkdir])
def test_what_is_no_file_is_refused_and_hangs_nobody(thing: Artefact, tmp_path: Path, put: Attack) -> None:
    path = thing.path / "deep" / "a.bin"
    path.unlink()
    put(path)
    (tmp_path / "mine").mkdir(mode=0o700)
    found: list[BaseException] = []

    def held() -> None:
        with thing.held():
            pass

    def ask() -> None:
        for use in (thing.verify, lambda: thing.read("deep/a.bin"), held):
            with pytest.raises(IntegrityError) as refused:
                use()
            found.append(refused.value)
        with pytest.raises(IntegrityError):
            thing.private_copy("deep/a.bin", tmp_path / "mine")

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(5)
    assert not asking.is_alive()
    assert len(found) == 3


def test_a_file_that_grew_is_not_read_to_its_end(thing: Artefact) -> None:
    path = thing.path / "deep" / "a.bin"
    with path.open("r+b") as stream:
        stream.truncate(1 << 40)  # a terabyte of nothing
    for use in (thing.verify, lambda: thing.read("deep/a.bin")):
        with pytest.raises(IntegrityError, match="differs"):
            use()


def test_an_empty_folder_or_a_deep_one_is_found(thing: Artefact) -> None:
    (thing.path / "more").mkdir()
    with pytest.raises(IntegrityError, match="does not name: more"):
        thing.verify()
    (thing.path / "more").rmdir()
    (thing.path / "/".join("d" * 200)).mkdir(parents=True)
    with pytest.raises(IntegrityError, match="does not name: d"):
        thing.verify()


def test_files_elsewhere_are_held_too(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.bin"
    path.parent.mkdir()
    path.write_bytes(GOOD)
    sha256 = held_files.hashed(path)
    with held_files.held({path: sha256}) as hold:
        hold.require_unchanged()
    for attack in (_write_in_place, _swap_and_put_back, _swap_the_folder_and_put_back):
        path.write_bytes(GOOD)
        with pytest.raises(IntegrityError, match="changed while it was read"), held_files.held({path: sha256}):
            attack(path)
    path.write_bytes(FORGED)
    with pytest.raises(IntegrityError, match="differs from its digest"), held_files.held({path: sha256}):
        raise AssertionError("it was let in")
