"""Mutants: one thing beside the gate is changed at a time, and a running service is asked for a score.

    python -m tests.bench.mutants --times 1000 --seed 1

Changed are manifests and files of artefacts, rows of the database (also with hashes made to fit, of all or of two
neighbours), the anchor and the partnership's files. After each the service must refuse, live and answer within two
seconds; then everything is put back, and it must score again. A mutant of a partnership's file that means the very
same (in a comment, or in what the use case does not read) is judged by what was parsed, not by the answer, and counted
apart.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ethics.rules import policy
from features.declarations import use_cases
from hub.declarations import partnership as partnerships
from hub.errors import SentinelError
from hub.ledger.ledger import _hash
from tests.bench import clocked_service, one_world
from tests.bench.load import Client, free_port, wait_until
from tests.factories import worlds

_PATIENCE_SECONDS = 2.0
_TABLES = (
    "ledger_entry",
    "ledger_head",
    "proposal",
    "proposal_trainer",
    "canvas_answer",
    "recommendation",
    "decision",
    "decision_condition",
)


@dataclass(slots=True)
class Mutants:
    """What was found.

    Attributes:
        mutants: how many differ in what they mean, by what was changed.
        meaningless: how many mean the very same.
        served: how many of the first were scored.
        crashed: answers that were none, or an error that nobody foresaw.
        slow: answers that took longer than two seconds.
        stuck: how often it did not score again when everything was put back.
        examples: what was changed in those that were served, crashed or were slow.
    """

    mutants: dict[str, int] = field(default_factory=dict)
    meaningless: int = 0
    served: int = 0
    crashed: int = 0
    slow: int = 0
    stuck: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _World:
    root: Path
    chance: random.Random
    before: bytes = b""

    @property
    def place(self) -> clocked_service.ClockedPlace:
        return clocked_service.place(self.root)

    @property
    def ledger(self) -> tuple[Path, ...]:
        """The files that are put back together: a database without its anchor is an earlier copy."""
        workspace = self.place.workspace
        return workspace.ethics / "ethics.db", workspace.anchor, workspace.anchor.with_suffix(".key")

    def rows(self) -> object:
        """Return everything that the database says; None when it cannot be read."""
        with closing(sqlite3.connect(self.ledger[0])) as connection:
            return [connection.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall() for table in _TABLES]

    def meaning(self) -> object:
        """Return what the partnership's files mean for the use case; None when they cannot be read."""
        try:
            found = partnerships.read(self.place.settings.partnership)
            return policy.policy_of(found, use_cases.read(found, worlds.USE_CASE), practice=False).digest
        except SentinelError:
            return None


@contextmanager
def _put_back(path: Path) -> Iterator[None]:
    moved = path.with_name(f".{path.name}.kept")
    shutil.copy2(path, moved)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        moved.rename(path)


def _changed_bytes(content: bytes, chance: random.Random) -> bytes:
    """Return the content with one byte flipped, put in or left out, or a stretch of it gone or repeated."""
    at = chance.randrange(len(content))
    how = chance.randrange(5)
    if how == 0:
        return content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :]
    if how == 1:
        return content[:at] + bytes([chance.randrange(256)]) + content[at:]
    if how == 2:
        return content[:at] + content[at + 1 :]
    if how == 3:
        return content[:at]
    return content[:at] + content[max(0, at - chance.randrange(1, 200)) :]


def _artefact(world: _World) -> tuple[str, contextlib.AbstractContextManager[object]]:
    folders = [world.place.workspace.root / name for name in ("bundles", "audits", "snapshots", "online")]
    manifests = world.chance.random() < 0.5
    files = sorted(
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and (path.name == "manifest.json") == manifests and not path.name.startswith(".")
    )
    path = world.chance.choice(files)
    return f"artefact {path.parent.parent.name}/{path.name}", _bytes(path, world.chance)


def _anchor(world: _World) -> tuple[str, contextlib.AbstractContextManager[object]]:
    path = world.place.workspace.anchor
    if world.chance.random() < 0.1:
        return "anchor of before", _earlier(path, world.before, world.ledger)
    chosen = world.chance.choice([path, path.with_suffix(".key")])
    return f"anchor {chosen.name}", _bytes(chosen, world.chance, world.ledger)


@contextmanager
def _earlier(path: Path, before: bytes, together: Iterable[Path]) -> Iterator[None]:
    """Put an earlier copy of a file in its place."""
    with contextlib.ExitStack() as stack:
        for one in together:
            stack.enter_context(_put_back(one))
        path.write_bytes(before)
        yield


def _declared(world: _World) -> tuple[str, contextlib.AbstractContextManager[object]]:
    folder = world.place.settings.partnership
    path = world.chance.choice(sorted(folder.rglob("*.yaml")))
    how = world.chance.random()
    if how < 0.1:
        return f"declared {path.name} renamed", _renamed(path)
    if how < 0.2:
        other = world.chance.choice(sorted(set(folder.rglob("*.yaml")) - {path}))
        return f"declared {path.name} and {other.name} swapped", _swapped(path, other)
    if how < 0.5:
        return f"declared {path.name} by lines", _lines(path, world.chance)
    return f"declared {path.name}", _bytes(path, world.chance)


@contextmanager
def _lines(path: Path, chance: random.Random) -> Iterator[None]:
    """Leave a line out, or let two change places."""
    with _put_back(path):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        one, other = chance.sample(range(len(lines)), 2)
        if chance.random() < 0.5:
            del lines[one]
        else:
            lines[one], lines[other] = lines[other], lines[one]
        path.write_text("".join(lines), encoding="utf-8")
        yield


@contextmanager
def _swapped(path: Path, other: Path) -> Iterator[None]:
    """Let two files change what they hold."""
    with _put_back(path), _put_back(other):
        first, second = path.read_bytes(), other.read_bytes()
        path.write_bytes(second)
        other.write_bytes(first)
        yield


@contextmanager
def _bytes(path: Path, chance: random.Random, together: Iterable[Path] = ()) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for one in {path, *together}:
            stack.enter_context(_put_back(one))
        content = path.read_bytes()
        mode = path.stat().st_mode
        if chance.random() < 0.1:
            path.unlink()
        else:
            other = content
            while other == content:
                other = _changed_bytes(content, chance)
            path.write_bytes(other)
            path.chmod(mode)
        yield


@contextmanager
def _renamed(path: Path) -> Iterator[None]:
    other = path.with_name(f"{path.stem}_.yaml")
    path.rename(other)
    try:
        yield
    finally:
        other.rename(path)


@contextmanager
def _row(world: _World, table: str) -> Iterator[None]:
    """Change the database as somebody could who has the file: any cell, or a row gone or doubled; hashes may fit."""
    workspace, chance = world.place.workspace, world.chance
    path = workspace.ethics / "ethics.db"
    with contextlib.ExitStack() as stack:
        for one in world.ledger:
            stack.enter_context(_put_back(one))
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA foreign_keys=OFF")
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            rows = [one for (one,) in connection.execute(f"SELECT rowid FROM {table}").fetchall()]
            columns = [one[1] for one in connection.execute(f"PRAGMA table_info({table})").fetchall()]
            row, column = chance.choice(rows), chance.choice(columns)
            how = chance.random()
            if how < 0.15:
                connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (row,))
            elif how < 0.25:
                _double(connection, table, columns, row)
            else:
                (old,) = connection.execute(f"SELECT {column} FROM {table} WHERE rowid = ?", (row,)).fetchone()
                new = old + 1 if isinstance(old, int) else _other_text(old, chance)
                with contextlib.suppress(sqlite3.IntegrityError):
                    connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (new, row))
            if table == "ledger_entry":
                chance.choice((_rechain, lambda one: _rechain(one, row, 2), lambda _: None))(connection)
        yield


def _double(connection: sqlite3.Connection, table: str, columns: list[str], row: int) -> None:
    """Put a row in a second time: under the next number, or, of what belongs to something, as one more of it."""
    values = list(connection.execute(f"SELECT * FROM {table} WHERE rowid = ?", (row,)).fetchone())
    at = 1 if columns[0].endswith("_id") else 0  # a row about what there is not means nothing to anybody
    if isinstance(values[at], int):
        values[at] = connection.execute(f"SELECT max({columns[at]}) + 1 FROM {table}").fetchone()[0]
    else:
        values[at] = f"{values[at]}x"
    with contextlib.suppress(sqlite3.IntegrityError):
        connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)


def _other_text(old: object, chance: random.Random) -> str:
    text = str(old or "x")
    at = chance.randrange(len(text))
    return text[:at] + chance.choice("abcdef0123456789") + "x" * chance.randrange(2) + text[at + 1 :]


def _rechain(connection: sqlite3.Connection, first: int = 1, count: int | None = None) -> None:
    """Give so many entries the hashes that fit; without `count` all of them, and the head too."""
    query = "SELECT rowid, seq, at, kind, actor, facts FROM ledger_entry WHERE seq >= ? ORDER BY seq LIMIT ?"
    rows = connection.execute(query, (first, -1 if count is None else count)).fetchall()
    before = connection.execute("SELECT hash FROM ledger_entry WHERE seq = ?", (first - 1,)).fetchone()
    last = str(before[0]) if before else "0" * 64
    for row, seq, *fields in rows:
        at, kind, actor, facts = map(str, fields)
        hash_ = _hash(int(seq), at, kind, actor, facts, last)
        connection.execute("UPDATE ledger_entry SET previous = ?, hash = ? WHERE rowid = ?", (last, hash_, row))
        last = hash_
    if count is None:
        connection.execute("UPDATE ledger_head SET seq = ?, hash = ?", (rows[-1][1], last))


def _database(world: _World) -> tuple[str, contextlib.AbstractContextManager[object]]:
    table = world.chance.choice(_TABLES)
    return f"row of {table}", _row(world, table)


_KINDS: tuple[Callable[[_World], tuple[str, contextlib.AbstractContextManager[object]]], ...] = (
    _artefact,
    _anchor,
    _declared,
    _database,
)


def run(root: Path, *, times: int, seed: int) -> Mutants:
    """Serve the world in `root`, whose purpose is approved, and try so many mutants."""
    found, world = Mutants(), _World(root, random.Random(seed))
    meaning, port = world.meaning(), free_port()
    child = clocked_service.forked(root, port)
    try:
        wait_until(port)
        world = replace(world, before=world.place.workspace.anchor.read_bytes())
        assert Client(port).ask()[0] == 200
        for at in range(times):
            _try(world, found, port, _KINDS[at % len(_KINDS)], meaning)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)
    return found


def _try(
    world: _World,
    found: Mutants,
    port: int,
    kind: Callable[[_World], tuple[str, contextlib.AbstractContextManager[object]]],
    meaning: object,
) -> None:
    what, changed = kind(world)
    rows = world.rows() if what.startswith("row") else None
    with changed:
        same = what.startswith("declared") and world.meaning() == meaning
        same = same or (rows is not None and rows == world.rows())
        began = time.perf_counter()
        try:
            status, _ = Client(port, timeout=10 * _PATIENCE_SECONDS).ask()
        except OSError:
            status = 0
        seconds = time.perf_counter() - began
    if same:
        found.meaningless += 1
    else:
        name = what.split(" ")[0]
        found.mutants[name] = found.mutants.get(name, 0) + 1
        if status == 200:
            found.served += 1
            found.examples.append(f"served: {what}")
    if status == 0 or (status >= 500 and status != 503):
        found.crashed += 1
        found.examples.append(f"crashed ({status}): {what}")
    if seconds > _PATIENCE_SECONDS:
        found.slow += 1
        found.examples.append(f"slow ({seconds:.1f} s): {what}")
    for last in (False, False, False, True):
        with contextlib.suppress(OSError):
            if Client(port).ask()[0] == 200:
                break
        if last:
            found.stuck += 1
            found.examples.append(f"stuck: {what}")
        time.sleep(0.15)


def main() -> None:
    """Make a world and print what was found as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with one_world.approved() as root:
        print(json.dumps(asdict(run(root, times=given.times, seed=given.seed)), indent=1))


if __name__ == "__main__":
    main()
