"""What is kept from one request to the next: parsed from bytes that were checked, and watched ever since.

A digest names what is kept. It is used again while the file system says that no file under it was touched (`State`),
and read and checked anew as soon as it says otherwise. The state is taken before the bytes are read and compared after,
so what changes meanwhile is never kept; and a state that is so young that another write could carry the same times does
not count as seen.
"""

import os
import stat
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from hub.errors import IntegrityError

State = tuple[tuple[str, int, int, int, int], ...]
"""For every file: its name, inode, size, and the times of its content and of its entry."""
_T = TypeVar("_T")
_YOUNG_NANOSECONDS = 100_000_000


def state_of(folder: Path, suffix: str = "") -> State:
    """Return what changes when a file in a folder, or in a folder of it, is written, replaced, added or removed.

    Links are followed, since whoever reads the files follows them: one that leads nowhere has a state of its own.

    Args:
        folder: the folder; one that is missing has an empty state.
        suffix: only files whose names end so, and none in a folder whose name begins with a dot, such as .git.
    """
    found: list[tuple[str, int, int, int, int]] = []
    waiting, entered = [str(folder)], set[tuple[int, int]]()
    while waiting:
        inside = waiting.pop()
        try:
            with os.scandir(inside) as entries:
                for entry in entries:
                    seen = _status(entry)
                    if not stat.S_ISDIR(seen.st_mode):
                        if entry.name.endswith(suffix):
                            found.append((entry.path, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns))
                    elif (seen.st_dev, seen.st_ino) not in entered and not (suffix and entry.name.startswith(".")):
                        entered.add((seen.st_dev, seen.st_ino))  # a link may lead to where it lies
                        waiting.append(entry.path)
        except PermissionError:
            found.append((inside, 0, 0, 0, 0))  # what cannot be entered cannot be read either
        except OSError:
            found.append((inside, 0, 0, 0, time.monotonic_ns()))  # another state than any, so nothing of it is kept
    return tuple(sorted(found))


def _status(entry: os.DirEntry[str]) -> os.stat_result:
    """Return what lies where an entry leads; of a link that leads nowhere, its own."""
    try:
        return entry.stat()
    except OSError:
        return entry.stat(follow_symlinks=False)


def _is_young(state: State) -> bool:
    newest = max((max(one[3], one[4]) for one in state), default=0)
    return time.time_ns() - newest < _YOUNG_NANOSECONDS


@dataclass(frozen=True, slots=True)
class _Held(Generic[_T]):
    state: State
    young: bool
    value: _T


@dataclass
class Kept(Generic[_T]):
    """Values by digest. Safe for many threads: one thread reads, the others wait for it.

    Attributes:
        most: how many are kept; the one that was read first goes first.
    """

    most: int = 8
    _held: dict[str, _Held[_T]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _reading: dict[str, threading.Lock] = field(default_factory=dict)

    def get(self, key: str, folder: Path, load: Callable[[], _T], suffix: str = "") -> _T:
        """Return the value of `key`, read by `load` unless it is kept and nothing under `folder` was touched.

        Args:
            key: a digest, or whatever names the value.
            folder: what is watched.
            load: reads and checks; what it raises is not kept.
            suffix: only files whose names end so are watched.

        Raises:
            IntegrityError: a file changed while it was read.
        """
        state = state_of(folder, suffix)
        held = self._held.get(key)
        if held is not None and held.state == state and not held.young:
            return held.value
        with self._lock:
            reading = self._reading.setdefault(key, threading.Lock())
        with reading:
            state = state_of(folder, suffix)
            held = self._held.get(key)
            if held is not None and held.state == state and not held.young:
                return held.value
            self.forget(key)
            young = _is_young(state)
            value = load()
            if state_of(folder, suffix) != state:
                raise IntegrityError(
                    f"{folder.name[:12]}: a file changed while it was read.", "Restore it from a copy, then ask again."
                )
            with self._lock:
                while len(self._held) >= self.most:
                    del self._held[next(iter(self._held))]
                self._held[key] = _Held(state, young, value)
            return value

    def forget(self, key: str) -> None:
        """Read `key` anew the next time it is asked for."""
        with self._lock:
            self._held.pop(key, None)

    def digests(self) -> list[str]:
        """Return what is kept now."""
        with self._lock:
            return list(self._held)
