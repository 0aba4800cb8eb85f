"""The scoring service of a world, with a clock that the bench sets: `python -m tests.bench.clocked_service ROOT PORT`.

ROOT is a folder of `tests.factories.worlds`; the file `offset` in it holds by how many seconds the clock is ahead. It
is the product's own server in every other way. `forked` starts it from this process, which has imported everything, so
that a bench can start and kill it many times.
"""

import datetime
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from hub.commands.command_line import Place
from hub.workspace import Workspace
from service.http import server
from tests.factories import worlds


@dataclass(frozen=True)
class Clock:
    """The machine's clock, ahead by what a file says.

    Attributes:
        file: holds the seconds; without it the clock is right.
    """

    file: Path

    def __call__(self) -> datetime.datetime:
        """Return the present moment of this clock."""
        now = datetime.datetime.now(datetime.UTC)
        try:
            return now + datetime.timedelta(seconds=float(self.file.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return now

    def ahead(self, by: datetime.timedelta) -> None:
        """Set by how much it is ahead, in one step."""
        draft = self.file.with_suffix(".draft")
        draft.write_text(str(by.total_seconds()), encoding="utf-8")
        draft.replace(self.file)


@dataclass(frozen=True)
class ClockedPlace(Place):
    """A place whose workspace has another clock."""

    clock: Clock = field(kw_only=True)

    @property
    def workspace(self) -> Workspace:
        """The workspace, with that clock."""
        return replace(super().workspace, clock=self.clock)


def place(root: Path) -> ClockedPlace:
    """Return where the world in `root` is, with the clock of the file `offset` in it."""
    return ClockedPlace(worlds.place(root).settings, clock=Clock(root / "offset"))


def forked(root: Path, port: int) -> int:
    """Serve the world in `root` on a port of this machine in a child of this process; return its number."""
    return in_child(root, lambda: server.run(place(root), port=port))


def in_child(root: Path, serve: Callable[[], object]) -> int:
    """Serve in a child of this process, whose words go to files in `root`; return its number."""
    child = os.fork()
    if child:
        return child
    try:
        sys.stdout = Path(root / "service.out").open("a", encoding="utf-8")  # noqa: SIM115 - until the process ends
        os.dup2(os.open(root / "service.err", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
        serve()
    except BaseException:  # noqa: BLE001 - the parent sees the exit code
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    server.run(place(Path(sys.argv[1])), port=int(sys.argv[2]))
