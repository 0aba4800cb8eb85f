"""A world that is attacked: approved, served by a real server in its own process, with a clock that a test sets.

    with attacked.served(attacked.copied(tmp_path)) as world:
        with world.undone():
            ...                                # whatever somebody beside it can do to its files, rows and clock
            assert world.kind() == "not-published"
        assert world.kind() == "scored"

The world is made once in a process and copied; its servers come from one process that has imported everything
(`tests.factories.commands`), so that each may have its own.
"""

import datetime
import json
import os
import shutil
import signal
import sqlite3
import stat
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import httpx2

from ethics.acts import decisions, proposals
from ethics.acts.decisions import Condition, DecisionOutcome
from ethics.acts.proposals import Recommendation
from ethics.record.store import open_store
from ethics.rules import canvas
from features.online import source as online_source
from hub.declarations.partnership import Partnership
from hub.ledger import ledger
from hub.ledger.ledger import Entry
from hub.ledger.store import Store
from hub.publishing.snapshots import open_snapshot
from hub.workspace import Workspace
from models.bundle.bundles import open_bundle
from service.http.api import LIVE, READY, SCORES
from tests.bench import clocked_service
from tests.factories import commands, kept, worlds

PERSON = f"p{7:024x}"
ENTRIES = ("score", "refusal")
_START_SECONDS = 120
_PROBLEM = "urn:sentinel:problem:"
_KEPT = ("example", "anchor", *(f"workspace/example/{one}" for one in ("audits", "bundles", "ethics", "features")))
_KEPT += tuple(f"workspace/example/{one}" for one in ("identity", "online", "snapshots"))


def made() -> Path:
    """Return the world, with an approval that holds and its online source; `world.json` names its bundle and audit."""
    return kept.once("attacked world", _approved)


def _approved(root: Path) -> None:
    shutil.copytree(worlds.kept(), root, dirs_exist_ok=True)
    world = World(root)
    found = open_bundle(world.workspace, world.bundle)
    online_source.current(world.workspace, open_snapshot(world.workspace), found.use_case)
    world.approve()
    world.close()


def copied(folder: Path) -> "World":
    """Return a copy of the world, in the folder."""
    root = folder / "world"
    shutil.copytree(made(), root)
    return World(root)


@dataclass
class World:
    """One copy, as whoever runs it and whoever attacks it sees it.

    Attributes:
        root: its folder.
        address: where it is served, while it is.
        process: the server's number, while there is one.
    """

    root: Path
    address: str = ""
    process: int = 0

    def __post_init__(self) -> None:
        self.place = clocked_service.place(self.root)
        said = json.loads((self.root / "world.json").read_text(encoding="utf-8"))
        self.bundle, self.audit = str(said["bundle"]), str(said["audit"])
        self._client: httpx2.Client | None = None

    @property
    def partnership(self) -> Partnership:
        """The partnership as its files are now."""
        return clocked_service.place(self.root).partnership

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace, with the clock."""
        return self.place.workspace

    @property
    def folder(self) -> Path:
        """The partnership's folder."""
        return self.root / "example"

    @property
    def database(self) -> Path:
        """The ledger's file."""
        return self.workspace.ethics / "ethics.db"

    @property
    def anchor(self) -> Path:
        """The ledger's anchor."""
        return self.workspace.anchor

    @cached_property
    def store(self) -> Store:
        """The record, as the commands of this test have it open."""
        return open_store(self.workspace, wait_seconds=20)

    def close(self) -> None:
        """Close the record."""
        if "store" in self.__dict__:
            self.store.close()
            del self.__dict__["store"]

    # What those do who run it.

    def approve(self, *, bundle: str = "", audit: str = "", days: int = 30) -> int:
        """Walk a proposal to its approval; return its number."""
        number = self.recommended(bundle=bundle, audit=audit)
        self.decide(number, days=days)
        return number

    def recommended(
        self,
        members: Sequence[str] = worlds.REVIEWERS[:3],
        *,
        verdict: Recommendation = Recommendation.SUPPORT,
        bundle: str = "",
        audit: str = "",
    ) -> int:
        """Return a proposal about the bundle that these members have recommended."""
        number = self.under_review(bundle=bundle, audit=audit)
        for member in members:
            self.recommend(number, by=member, verdict=verdict)
        return number

    def under_review(self, *, bundle: str = "", audit: str = "") -> int:
        """Return a proposal that the group looks at, under the partnership's files as they are now."""
        store, workspace, partnership = self.store, self.workspace, self.partnership
        about = {"bundle": bundle or self.bundle, "audit": audit or self.audit}
        number = proposals.propose(store, workspace, partnership, **about, by=worlds.ANALYST)
        answers = canvas.read(canvas.path_of(self.folder, worlds.USE_CASE))
        proposals.answer(store, partnership, number, answers, by=worlds.ANALYST)
        proposals.submit(store, workspace, partnership, number, by=worlds.ANALYST)
        proposals.start_review(store, workspace, partnership, number, by=worlds.REVIEWERS[0])
        return number

    def recommend(self, number: int, *, by: str, verdict: Recommendation = Recommendation.SUPPORT) -> None:
        """Recommend, under the partnership's files as they are now."""
        words = "It was looked at from every side."
        proposals.recommend(self.store, self.workspace, self.partnership, number, verdict=verdict, words=words, by=by)

    def decide(self, number: int, *, days: int = 30, against_advice: str | None = None) -> int:
        """Approve for so many days, under the partnership's files as they are now; return the decision's number."""
        return decisions.decide(
            self.store,
            self.workspace,
            self.partnership,
            number,
            outcome=DecisionOutcome.APPROVED,
            reasons="The group recommends it for a short time.",
            by=worlds.OWNER,
            expires_on=self.store.now().date() + datetime.timedelta(days=days),
            conditions=[Condition("Look again at small groups.", "Analyst", self.store.now().date())],
            against_advice=against_advice,
        )

    def withdraw(self, number: int) -> int:
        """Withdraw an approved proposal; return the number of the withdrawal."""
        reasons = "The group stops the use."
        return decisions.withdraw(self.store, self.partnership, number, reasons=reasons, by=worlds.OWNER)

    def proposal(self) -> int:
        """Return the number of the approved proposal."""
        return int(self.sql("SELECT id FROM proposal WHERE state = 'approved'")[0][0])

    def entries(self, *kinds: str) -> list[Entry]:
        """Return the ledger's entries of these kinds, or all."""
        with self.store.reading() as session:
            return [one for one in ledger.entries(session) if not kinds or one.kind in kinds]

    def ahead(self, **by: float) -> None:
        """Set the clock of server and record ahead by so many `days`, `seconds`…, counted from the true time."""
        self.place.clock.ahead(datetime.timedelta(**by))

    def sentinel(self, *arguments: str) -> tuple[int, str]:
        """Run a command of `sentinel` in a process of its own; return its exit code and what it printed."""
        done = commands.run(*arguments, environment=self._environment())
        return done.code, done.stdout + done.stderr

    def _environment(self) -> Mapping[str, str]:
        said = self.place.settings.as_environment()
        return {name: value for name, value in said.items() if name.startswith("SENTINEL_")}

    # What those ask who want a score.

    def client(self) -> httpx2.Client:
        """Return a client of the server."""
        return httpx2.Client(base_url=self.address, timeout=20)

    def ask(self, client: httpx2.Client | None = None, **more: str) -> httpx2.Response:
        """Ask for a score."""
        if self._client is None:
            self._client = self.client()
        body = {"person_id": PERSON, "purpose": worlds.PURPOSE, **more}
        return (client or self._client).post(SCORES, json=body)

    def kind(self, **more: str) -> str:
        """Ask for a score; return "scored", or the kind of the refusal."""
        return kind_of(self.ask(None, **more))

    def hang_up(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    @contextmanager
    def asked(self, clients: int, **more: str) -> Iterator["Answers"]:
        """Let so many clients ask, one request after the other, while the block runs."""
        answers, stop = Answers(), threading.Event()

        def work() -> None:
            with self.client() as client:
                while not stop.is_set():
                    answers.add(self.ask(client, **more))

        with ThreadPoolExecutor(clients) as pool:
            done = [pool.submit(work) for _ in range(clients)]
            try:
                yield answers
            finally:
                stop.set()
        for one in done:
            one.result()

    # What those do who stand beside it.

    def sql(self, *statements: str, values: tuple[object, ...] = ()) -> list[Any]:
        """Run statements on the ledger's file as somebody who has it: without triggers and foreign keys.

        Returns:
            The rows of the last one, which gets the values.
        """
        rows: list[Any] = []

        def change(connection: sqlite3.Connection) -> None:
            for statement in statements[:-1]:
                connection.execute(statement)
            rows.extend(connection.execute(statements[-1], values).fetchall())

        self.edit(change, protected=statements[-1].startswith("SELECT"))
        return rows

    def edit(self, change: Callable[[sqlite3.Connection], object], *, protected: bool = False) -> None:
        """Let `change` work on the ledger's file in one transaction, without triggers and foreign keys."""
        with closing(sqlite3.connect(self.database, isolation_level=None, timeout=20)) as connection:
            connection.execute("PRAGMA foreign_keys=OFF")
            connection.execute("BEGIN IMMEDIATE")
            if not protected:
                for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                    connection.execute(f"DROP TRIGGER {name}")
            change(connection)
            connection.execute("COMMIT")

    def declare(self, name: str, change: Callable[[Any], object]) -> None:
        """Change what a file of the partnership says; `change` gets it parsed and changes it."""
        path = self.folder / f"{name}.yaml"
        said = json.loads(path.read_text(encoding="utf-8"))
        change(said)
        replace(path, json.dumps(said).encode())

    def saved(self) -> "Saved":
        """Return everything as it is now."""
        return Saved.of(self.root)

    @contextmanager
    def undone(self) -> Iterator[Self]:
        """Put everything back as it was when the block ends, each file in its place, and set the clock right."""
        before = self.saved()
        try:
            yield self
        finally:
            self.close()
            self.ahead(seconds=0)
            before.put_back()


@dataclass
class Answers:
    """What clients were answered.

    Attributes:
        kinds: how many answers there were of each kind.
        statuses: how many had each status.
        numbers: of the entries of the scores.
        probabilities: which there were.
        decisions: which were scored with.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    numbers: list[int] = field(default_factory=list)
    probabilities: set[float] = field(default_factory=set)
    decisions: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, response: httpx2.Response) -> None:
        """Count one answer."""
        with self._lock:
            self.kinds[kind_of(response)] += 1
            self.statuses[response.status_code] += 1
            if response.is_success:
                self.numbers.append(response.json()["ledger_entry"])
                self.probabilities.add(response.json()["probability"])
                self.decisions.add(response.json()["decision"]["id"])


@dataclass(frozen=True)
class Saved:
    """The files of a world at one moment, with the ledger and its anchor.

    Attributes:
        root: the world's folder.
        files: their bytes, by their names below it.
    """

    root: Path
    files: Mapping[str, bytes]

    @classmethod
    def of(cls, root: Path) -> "Saved":
        """Read everything that matters."""
        return cls(root, {path.relative_to(root).as_posix(): path.read_bytes() for path in _files(root)})

    def put_back(self, *parts: str) -> None:
        """Make all files below these parts of the world, or all, what they were: in their place where they are there.

        Args:
            parts: such as "anchor" or "workspace/example/ethics".
        """
        chosen = {name: said for name, said in self.files.items() if not parts or name.startswith(parts)}
        for path in _files(self.root):
            name = path.relative_to(self.root).as_posix()
            if (not parts or name.startswith(parts)) and (name not in chosen or not stat.S_ISREG(path.lstat().st_mode)):
                path.unlink()
        folders = [one for part in _KEPT for one in (self.root / part).rglob("*") if one.is_dir()]
        for folder in sorted(folders, reverse=True):
            with suppress(OSError):  # it holds something
                folder.rmdir()
        for name, content in chosen.items():
            path = self.root / name
            if not path.parent.is_dir() or path.parent.is_symlink():
                path.parent.unlink(missing_ok=True)
                path.parent.mkdir(parents=True)
            if not path.is_file() or path.read_bytes() != content:
                path.write_bytes(content)


def _files(root: Path) -> list[Path]:
    return sorted(path for part in _KEPT for path in (root / part).rglob("*") if path.is_symlink() or not path.is_dir())


def kind_of(response: httpx2.Response) -> str:
    """Return "scored", or the kind of a refusal."""
    return "scored" if response.is_success else str(response.json()["type"]).removeprefix(_PROBLEM)


def replace(path: Path, content: bytes) -> None:
    """Write a file by one rename, as an editor does."""
    draft = path.with_name(f".{path.name}.new")
    draft.write_bytes(content)
    draft.replace(path)


def flip(path: Path, place: int = -2) -> None:
    """Change one bit of a file, in its place."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def rechain(connection: sqlite3.Connection, first: int = 1, last: int | None = None) -> None:
    """Give the entries from `first` to `last` hashes that fit; without `last` all to the end, and the head too."""
    names = Entry.__slots__
    end = last or connection.execute("SELECT max(seq) FROM ledger_entry").fetchone()[0]
    before = connection.execute("SELECT hash FROM ledger_entry WHERE seq = ?", [first - 1]).fetchone()
    previous = before[0] if before else "0" * 64
    query = f"SELECT {', '.join(names)} FROM ledger_entry WHERE seq BETWEEN ? AND ? ORDER BY seq"
    for row in connection.execute(query, [first, end]).fetchall():
        said = dict(zip(names, row, strict=True)) | {"previous": previous}
        previous = ledger._hash(*(said[name] for name in names[:-1]))
        statement = "UPDATE ledger_entry SET previous = ?, hash = ? WHERE seq = ?"
        connection.execute(statement, [said["previous"], previous, said["seq"]])
    if last is None:
        connection.execute("UPDATE ledger_head SET seq = ?, hash = ?", [end, previous])


@contextmanager
def served(world: World, *, ready: bool = True) -> Iterator[World]:
    """Serve a world while the block runs.

    Args:
        world: the world.
        ready: wait until what is approved has been opened; else only until it lives.
    """
    out = world.root / "service.out"
    out.unlink(missing_ok=True)
    world.process = commands.serve(world.root)
    try:
        assert until(lambda: out.exists() and "http://" in out.read_text(encoding="utf-8"), _START_SECONDS)
        world.address = out.read_text(encoding="utf-8").rsplit(" ", 1)[-1].strip()
        with httpx2.Client(base_url=world.address, timeout=_START_SECONDS) as client:
            assert until(lambda: client.get(READY if ready else LIVE).is_success, _START_SECONDS)
        yield world
        assert is_running(world.process), "the server died"
    finally:
        world.hang_up()
        if is_running(world.process):
            os.kill(world.process, signal.SIGTERM)
        assert until(lambda: not is_running(world.process), 30)
        world.close()


def is_running(process: int) -> bool:
    """Say whether a process runs; one that has ended and that nobody has asked for its end does not."""
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


def until(holds: Callable[[], bool], seconds: float = 30) -> bool:
    """Wait until something holds; say whether it did in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
