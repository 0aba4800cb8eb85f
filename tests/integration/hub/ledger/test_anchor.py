"""The anchor: which ends of the chain it knows, what is refused, and a kill at each step of a write."""

import fcntl
import hashlib
import hmac
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ethics.record.records import STEPS
from hub.digests import canonical_json
from hub.errors import IntegrityError, LedgerError, RecordError
from hub.ledger import ledger, schema, verification
from hub.ledger.anchor import Anchor
from hub.ledger.seals import EMPTY, Head
from hub.ledger.store import Store, head_of, open_store
from hub.ledger.verification import LedgerState
from hub.workspace import Workspace
from tests.factories import ledgers
from tests.factories.ethics import START

ROWS = 4
SECONDS = 2.0


def append(store: Store) -> int:
    """Append one entry; return its number."""
    with store.writing() as session:
        return ledger.append(session, kind="score", actor="hub", facts={}, at=START).seq


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Make a ledger of four entries, once."""
    workspace = Workspace(tmp_path_factory.mktemp("whole"))
    with open_store(workspace) as store:
        for _ in range(ROWS):
            append(store)
    return workspace


@pytest.fixture
def store(whole: Workspace, tmp_path: Path) -> Iterator[Store]:
    """Give a copy of it."""
    with open_store(ledgers.copied(whole, tmp_path)) as made:
        yield made


def heads(store: Store) -> list[Head]:
    """Return where the chain ended after each entry, the beginning first."""
    with store.reading() as session:
        return [EMPTY, *(Head(one.seq, one.hash, one.at) for one in ledger.entries(session))]


def begin(anchor: Anchor, *known: Head) -> None:
    """Write an anchor that knows one head, or two, sealed with its key."""
    first, last = known[0], known[-1]
    anchor.path.unlink()
    anchor.prepare(first, last)
    if len(known) == 1:
        anchor.settle(last)


OTHER = Head(ROWS, "f" * 64, "2026-03-02T09:30:00.000000Z")


def _none(anchor: Anchor, ends: list[Head]) -> None:
    assert anchor.heads() == (ends[ROWS],)


def _forgotten(anchor: Anchor, _: list[Head]) -> None:
    anchor.path.unlink()


def _folder(anchor: Anchor, _: list[Head]) -> None:
    shutil.rmtree(anchor.path.parent)


def _no_key(anchor: Anchor, _: list[Head]) -> None:
    anchor.key_path.unlink()


def _other_key(anchor: Anchor, _: list[Head]) -> None:
    anchor.key_path.write_bytes(bytes(32))


def _short_key(anchor: Anchor, _: list[Head]) -> None:
    anchor.key_path.write_bytes(anchor.key_path.read_bytes()[:31])


def _long_key(anchor: Anchor, _: list[Head]) -> None:
    anchor.key_path.write_bytes(anchor.key_path.read_bytes() + b"x")


def _knows(*known: Head | int) -> Callable[[Anchor, list[Head]], None]:
    def change(anchor: Anchor, ends: list[Head]) -> None:
        begin(anchor, *(one if isinstance(one, Head) else ends[one] for one in known))

    return change


def _other_time(anchor: Anchor, ends: list[Head]) -> None:
    begin(anchor, Head(ROWS, ends[ROWS].hash, "2026-03-02T09:30:01.000000Z"))


def _ahead(anchor: Anchor, _: list[Head]) -> None:
    begin(anchor, Head(ROWS + 1, "e" * 64, "2026-03-02T09:30:00.000000Z"))


def _content(make: Callable[[bytes], bytes]) -> Callable[[Anchor, list[Head]], None]:
    def change(anchor: Anchor, _: list[Head]) -> None:
        anchor.path.write_bytes(make(anchor.path.read_bytes()))

    return change


def _said(change: Callable[[dict[str, Any]], object]) -> Callable[[Anchor, list[Head]], None]:
    """Change what the anchor says and seal it with its own key, as no Sentinel writes it."""

    def made(anchor: Anchor, _: list[Head]) -> None:
        said = json.loads(anchor.path.read_bytes())
        del said["seal"]
        change(said)
        key = anchor.key_path.read_bytes()
        said["seal"] = hmac.new(key, canonical_json(said), hashlib.sha256).hexdigest()
        anchor.path.write_bytes(canonical_json(said).ljust(1023) + b"\n")

    return made


def _instead(make: Callable[[Path], object], *, key: bool = False) -> Callable[[Anchor, list[Head]], None]:
    def change(anchor: Anchor, _: list[Head]) -> None:
        path = anchor.key_path if key else anchor.path
        path.unlink()
        make(path)

    return change


def _linked(path: Path) -> None:
    path.symlink_to("/dev/zero")


ACCEPTED: dict[str, Callable[[Anchor, list[Head]], None]] = {
    "as it was written": _none,
    "two heads, and the first is the end": _knows(ROWS, Head(ROWS + 1, "e" * 64, "2026-03-02T09:30:00.000000Z")),
    "two heads, and the second is the end": _knows(ROWS - 1, ROWS),
}
REFUSED: dict[str, tuple[Callable[[Anchor, list[Head]], None], str]] = {
    "forgotten": (_forgotten, "4 entries and no anchor"),
    "its folder is gone": (_folder, "4 entries and no anchor"),
    "its key is gone": (_no_key, "key of the ledger's anchor is gone"),
    "another key": (_other_key, "seal of the ledger's anchor does not hold"),
    "a short key": (_short_key, "key of the ledger's anchor is damaged"),
    "a long key": (_long_key, "key of the ledger's anchor is damaged"),
    "ahead of the ledger": (_ahead, "ends with entry 4, and its anchor knows 5: it was put back or cut off"),
    "behind the ledger": (_knows(ROWS - 1), "ends with entry 4, and its anchor knows 3: entries were added past"),
    "at the beginning": (_knows(0), "ends with entry 4, and its anchor knows 0: entries were added past"),
    "another hash": (_knows(OTHER), "entry 4 is not the one that its anchor knows: it was written anew"),
    "another time": (_other_time, "entry 4 is not the one that its anchor knows: it was written anew"),
    "two heads, both before the end": (_knows(ROWS - 2, ROWS - 1), "its anchor knows 3: entries were added past"),
    "two heads, one before and one other": (_knows(ROWS - 1, OTHER), "it was written anew"),
    "no byte": (_content(lambda _: b""), "is damaged"),
    "a part of it": (_content(lambda content: content[:200]), "is damaged"),
    "without its last byte": (_content(lambda content: content[:-1]), "is damaged"),
    "one byte more": (_content(lambda content: content + b" "), "is damaged"),
    "twice": (_content(lambda content: content * 2), "is damaged"),
    "a megabyte": (_content(lambda content: content + b" " * (1 << 20)), "is damaged"),
    "deeper than Python goes": (_content(lambda _: b"[" * 1024), "is damaged"),
    "not text": (_content(lambda _: b"\xff" * 1024), "is damaged"),
    "another spelling": (_content(lambda content: content.replace(b'"heads":', b'"heads" :', 1)[:-2] + b"\n"), "damag"),
    "no seal": (_content(lambda content: content.replace(b"seal", b"seel")), "is damaged"),
    "another seal": (_content(lambda content: content[:-300].replace(b'"seal":"', b'"seal":"0', 1)), "is damaged|seal"),
    "no head": (_said(lambda said: said.update(heads=[])), "seal of the ledger's anchor does not hold"),
    "three heads": (_said(lambda said: said.update(heads=said["heads"] * 3)), "seal of the ledger's anchor does not"),
    "more in a head": (_said(lambda said: said["heads"][0].update(more=1)), "seal of the ledger's anchor does not"),
    "more beside the heads": (_said(lambda said: said.update(more=1)), "seal of the ledger's anchor does not hold"),
    "another version": (_said(lambda said: said.update(version=2)), "seal of the ledger's anchor does not hold"),
    "a FIFO": (_instead(os.mkfifo), "damaged|cannot be read"),
    "a folder": (_instead(Path.mkdir), "cannot be read"),
    "a device": (_instead(_linked), "is damaged"),
    "a FIFO for the key": (_instead(os.mkfifo, key=True), "cannot be read|key"),
    "a folder for the key": (_instead(Path.mkdir, key=True), "cannot be read|key"),
    "a device for the key": (_instead(_linked, key=True), "cannot be read|key"),
}


@pytest.mark.parametrize("how", ACCEPTED)
def test_an_end_that_the_anchor_knows_is_accepted_and_goes_on(store: Store, how: str) -> None:
    ACCEPTED[how](store.anchor, heads(store))
    assert verification.verify(store).holds
    assert append(store) == ROWS + 1
    assert store.anchor.heads() == (heads(store)[-1],)
    assert verification.verify(store).holds


@pytest.mark.parametrize("how", REFUSED)
def test_any_other_end_is_refused_at_once_and_nothing_is_written(store: Store, how: str) -> None:
    change, why = REFUSED[how]
    change(store.anchor, heads(store))
    began = time.monotonic()
    with pytest.raises(IntegrityError, match=why):
        append(store)
    with store.reading() as session:
        assert head_of(session).seq == ROWS
    try:
        state = verification.verify(store)
    except IntegrityError:  # a key that is damaged
        pass
    else:
        assert (state.holds, state.broken) == (False, ROWS)
    assert time.monotonic() - began < SECONDS


def test_an_empty_ledger_without_an_anchor_is_a_new_one_and_gets_one_with_its_first_entry(tmp_path: Path) -> None:
    with open_store(Workspace(tmp_path)) as store:
        assert verification.verify(store).holds
        assert not store.anchor.path.exists()
        assert append(store) == 1
        assert store.anchor.heads() == (heads(store)[-1],)


@pytest.mark.parametrize("known", [1, 2])
def test_each_changed_bit_of_the_anchor_and_of_its_key_is_seen(store: Store, known: int) -> None:
    ends = heads(store)
    begin(store.anchor, *ends[-known:])
    assert store.anchor.heads() == tuple(ends[-known:])
    for path in (store.anchor.path, store.anchor.key_path):
        content = path.read_bytes()
        for place in range(len(content)):
            path.write_bytes(content[:place] + bytes([content[place] ^ 1 << place % 7]) + content[place + 1 :])
            with pytest.raises(LedgerError):
                store.anchor.heads()
        path.write_bytes(content)
    assert store.anchor.heads() == tuple(ends[-known:])


def test_the_anchor_is_its_owners_alone_and_written_in_its_place(store: Store) -> None:
    before = store.anchor.path.stat()
    append(store)
    after = store.anchor.path.stat()
    assert (before.st_ino, before.st_size) == (after.st_ino, after.st_size) == (after.st_ino, 1024)
    for path, mode in ((store.anchor.path, 0o600), (store.anchor.key_path, 0o600), (store.anchor.path.parent, 0o700)):
        assert stat.S_IMODE(path.stat().st_mode) == mode
    assert sorted(path.name for path in store.anchor.path.parent.iterdir()) == [
        "ledger.json",
        "ledger.key",
        "ledger.lock",
    ]


A, B, C = (Head(seq, str(seq) * 64, "2026-03-02T09:30:00.000000Z") for seq in (1, 2, 3))


@pytest.mark.parametrize(
    ("steps", "known"),
    [
        ([("prepare", A, B)], (A, B)),
        ([("prepare", A, B), ("settle", B)], (B,)),
        ([("prepare", A, B), ("settle", B), ("settle", B)], (B,)),
        ([("prepare", A, B), ("prepare", A, C)], (A, C)),  # the first of them was never kept
        ([("prepare", A, B), ("prepare", B, C)], (B, C)),  # the first of them was kept, and its writer killed
    ],
)
def test_it_moves_on_from_where_it_was(tmp_path: Path, steps: list[tuple[Any, ...]], known: tuple[Head, ...]) -> None:
    anchor = Anchor(tmp_path / "anchor" / "ledger.json")
    for name, *given in steps:
        getattr(anchor, name)(*given)
    assert anchor.heads() == known


@pytest.mark.parametrize(
    ("steps", "refused", "known"),
    [
        ([("prepare", A, B), ("prepare", B, C)], ("settle", B), (B, C)),  # never undoes what somebody else prepared
        ([("prepare", A, B), ("prepare", B, C), ("settle", C)], ("settle", B), (C,)),
        ([("prepare", A, B), ("settle", B)], ("settle", A), (B,)),
        ([("prepare", A, B), ("settle", B)], ("prepare", A, C), (B,)),
        ([("prepare", A, B), ("settle", B)], ("prepare", C, A), (B,)),
        ([("prepare", A, B)], ("prepare", C, A), (A, B)),
    ],
)
def test_it_moves_on_from_nowhere_else(
    tmp_path: Path, steps: list[tuple[Any, ...]], refused: tuple[Any, ...], known: tuple[Head, ...]
) -> None:
    anchor = Anchor(tmp_path / "anchor" / "ledger.json")
    for name, *given in steps:
        getattr(anchor, name)(*given)
    name, *given = refused
    with pytest.raises(LedgerError, match="moved on while something was written"):
        getattr(anchor, name)(*given)
    assert anchor.heads() == known


def test_whoever_holds_the_lock_keeps_nobody_waiting_for_long(store: Store) -> None:
    with store.anchor.key_path.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        began = time.monotonic()
        with pytest.raises(LedgerError, match="cannot be read"):
            append(store)
        assert 0.5 < time.monotonic() - began < SECONDS
    assert append(store) == ROWS + 1


def test_whoever_writes_holds_the_anchor_from_the_look_to_the_end_in_whatever_file(tmp_path: Path) -> None:
    first, second = Workspace(tmp_path / "one"), Workspace(tmp_path / "other")
    with open_store(first) as one, open_store(replace(second, anchor_file=first.anchor), wait_seconds=0.3) as other:
        with one.writing() as session:
            ledger.append(session, kind="score", actor="hub", facts={}, at=START)
            began = time.monotonic()
            with pytest.raises(RecordError, match="anchor cannot be held"):
                append(other)
            assert 0.2 < time.monotonic() - began < SECONDS
        with pytest.raises(LedgerError, match="ends with entry 0, and its anchor knows 1"):
            append(other)


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, _linked])
def test_something_else_in_the_place_of_the_lock_keeps_nobody_waiting(
    store: Store, make: Callable[[Path], object]
) -> None:
    append(store)
    lock = store.anchor.path.with_suffix(".lock")
    lock.unlink()
    make(lock)
    began = time.monotonic()
    with suppress(RecordError):
        append(store)
    assert time.monotonic() - began < SECONDS
    assert verification.verify(store).holds


def test_a_link_in_the_place_of_the_lock_makes_no_file_elsewhere(store: Store, tmp_path: Path) -> None:
    append(store)
    lock = store.anchor.path.with_suffix(".lock")
    lock.unlink()
    lock.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RecordError, match="anchor cannot be held"):
        append(store)
    assert not (tmp_path / "elsewhere").exists()


# ---- kills

_KILLED = """
import os, signal, sys
from pathlib import Path
from hub.ledger import ledger
from hub.ledger.anchor import Anchor
from hub.ledger.store import open_store
from hub.workspace import Workspace
name, when = sys.argv[2:]
inner = getattr(Anchor, name)
def step(*given, **said):
    if when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    inner(*given, **said)
    if when == "after":
        os.kill(os.getpid(), signal.SIGKILL)
setattr(Anchor, name, step)
with open_store(Workspace(Path(sys.argv[1]))) as store:
    if name == "set_aside":
        ledger.resume(store, actor="olga", reasons="It was restored.")
    with store.writing() as session:
        ledger.append(session, kind="score", actor="hub", facts={}, at=store.now())
"""


def killed(root: Path, name: str, when: str) -> None:
    """Let another process write and be killed before or after a step."""
    done = subprocess.run([sys.executable, "-c", _KILLED, str(root), name, when], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.mark.parametrize(
    ("name", "when", "rows", "known"),
    [
        ("check", "before", ROWS, 1),
        ("prepare", "before", ROWS, 1),
        ("prepare", "after", ROWS, 2),  # before it is kept
        ("settle", "before", ROWS + 1, 2),  # it is kept
        ("settle", "after", ROWS + 1, 1),
    ],
)
def test_a_kill_at_each_step_leaves_a_ledger_that_goes_on(
    store: Store, tmp_path: Path, name: str, when: str, rows: int, known: int
) -> None:
    killed(tmp_path, name, when)
    assert len(store.anchor.heads()) == known
    state = verification.verify(store)
    assert (state.rows, state.holds, state.why) == (rows, True, "")
    with store.writing() as session:
        ledger.append(session, kind="score", actor="hub", facts={}, at=store.now())
    assert len(store.anchor.heads()) == 1
    assert verification.verify(store).rows == rows + 1


def test_after_a_kill_in_the_very_first_write_the_ledger_begins_again(tmp_path: Path) -> None:
    for when, rows in (("before", 0), ("after", 0)):
        killed(tmp_path, "prepare", when)
        with open_store(Workspace(tmp_path)) as store:
            assert verification.verify(store).rows == rows
    with open_store(Workspace(tmp_path)) as store:
        assert append(store) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_while_the_owner_takes_the_ledger_up_leaves_it_to_be_taken_up_again(
    store: Store, tmp_path: Path, when: str
) -> None:
    killed(tmp_path, "set_aside", when)
    with store.reading() as session:
        assert head_of(session).seq == ROWS
    assert ledger.resume(store, actor="olga", reasons="It was restored.").seq == ROWS + 1
    assert verification.verify(store).holds


def test_what_fails_before_it_is_kept_leaves_the_anchor_as_it_was(store: Store) -> None:
    def fails(entry: bool) -> None:
        with store.writing() as session:
            if entry:
                ledger.append(session, kind="score", actor="hub", facts={}, at=START)
            raise ZeroDivisionError

    for entry in (False, True):
        with pytest.raises(ZeroDivisionError):
            fails(entry)
    assert store.anchor.heads() == (heads(store)[-1],)
    assert append(store) == ROWS + 1


def test_what_the_database_does_not_keep_in_the_end_leaves_a_ledger_that_goes_on(store: Store) -> None:
    with store.engine.begin() as connection:
        schema.bring_up_to_date(connection, (STEPS,))

    def refused_at_the_end() -> None:
        with store.writing() as session:
            session.execute(text("PRAGMA defer_foreign_keys=ON"))
            session.execute(text("INSERT INTO proposal_trainer VALUES (99, 'tom')"))  # there is no proposal 99
            ledger.append(session, kind="score", actor="hub", facts={}, at=START)

    with pytest.raises(RecordError):
        refused_at_the_end()
    assert len(store.anchor.heads()) == 2
    assert verification.verify(store) == LedgerState(ROWS, heads(store)[-1].hash)
    assert append(store) == ROWS + 1
    assert store.anchor.heads() == (heads(store)[-1],)


# ---- several at once

_WRITER = """
import sys
from pathlib import Path
from hub.ledger import ledger
from hub.ledger.store import open_store
from hub.workspace import Workspace
with open_store(Workspace(Path(sys.argv[1]))) as store:
    for _ in range(int(sys.argv[2])):
        with store.writing() as session:
            ledger.append(session, kind="score", actor="hub", facts={}, at=store.now())
"""


def test_two_processes_and_their_readers_never_find_an_end_that_the_anchor_does_not_know(
    store: Store, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", _WRITER, str(tmp_path), "40"]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]

    def look(_: int) -> list[str]:
        found = []
        while any(process.poll() is None for process in processes):
            found.append(verification.verify(store).why)
        return found

    with ThreadPoolExecutor(2) as pool:
        seen = [why for found in pool.map(look, range(2)) for why in found]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()
    assert len(seen) > 2
    assert set(seen) == {""}
    state = verification.verify(store)
    assert (state.rows, state.holds) == (ROWS + 80, True)
    assert len(store.anchor.heads()) == 1
