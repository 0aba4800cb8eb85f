"""Files that are hashed and then read by path: proof, afterwards, that what was read is what was hashed.

    with held_files.held({path: sha256}) as hold:
        connection.sql(f"FROM read_parquet('{path}')")
        hold.require_unchanged()                    # asked again when the block ends

The state of each file is taken before it is hashed, and compared when the block ends. A rename or a write in between,
even one that is undone, leaves another inode or another time of change (ctime), which nobody but the kernel can set.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from hub import regular_files
from hub.errors import IntegrityError

_CHUNK_BYTES = 1 << 20
_DEEPEST = 20


class FileState(NamedTuple):
    """What tells that a file or folder has not changed: none of it can be set back except the time of modification."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int


def state(path: Path) -> FileState:
    """Return the state of what lies at `path`; a symbolic link's own.

    Raises:
        OSError: nothing lies there.
    """
    return _state(path.lstat())


def _state(found: os.stat_result) -> FileState:
    return FileState(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def hashed(path: Path, size: int | None = None, *, copy: BinaryIO | None = None) -> str:
    """Return the SHA-256 of a regular file, read once through one descriptor.

    Args:
        path: the file; a symbolic link, a FIFO or a device is refused.
        size: how many bytes it has; reading stops at the first byte more.
        copy: where the same bytes are written.

    Raises:
        OSError: it is missing, is no regular file, or is larger than `size`.
    """
    digest, left = hashlib.sha256(), size
    with regular_files.opened(path, follow_links=False) as stream:
        while chunk := stream.read(_CHUNK_BYTES if left is None else min(_CHUNK_BYTES, left + 1)):
            if left is not None:
                left -= len(chunk)
                if left < 0:
                    raise regular_files.TooLargeError(f"{path} is larger than it was")
            digest.update(chunk)
            if copy is not None:
                copy.write(chunk)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Hold:
    """What was hashed, and how to see whether it is still the same.

    Attributes:
        states: the state of everything that was looked at, taken before it was hashed.
    """

    states: Mapping[str, FileState | None]
    _look: Callable[[], Mapping[str, FileState | None]]
    _changed: Callable[[str], IntegrityError]

    def require_unchanged(self) -> None:
        """Raise when anything has changed since it was hashed.

        Raises:
            IntegrityError: it names the first such file.
        """
        now = self._look()
        for name in sorted({*self.states, *now}):
            if now.get(name) != self.states.get(name):
                raise self._changed(name)


@contextmanager
def held(files: Mapping[Path, str], *, remedy: str = "Restore it from a copy.") -> Iterator[Hold]:
    """Hash files, let the block read them by path, and look when it ends whether they are still the same.

    Args:
        files: the digest of each file.
        remedy: what to do when one is missing or differs.

    Raises:
        IntegrityError: a file is missing, differs, or changed while the block read it.
    """

    def changed(name: str) -> IntegrityError:
        return IntegrityError(f"{name} is missing, differs from its digest, or changed while it was read.", remedy)

    def look() -> dict[str, FileState | None]:
        found: dict[str, FileState | None] = {}
        for path in {*files, *(path.parent for path in files)}:
            try:
                found[str(path)] = state(path)
            except OSError:
                raise changed(str(path)) from None
        return found

    hold = Hold(look(), look, changed)
    for path, sha256 in files.items():
        try:
            same = hashed(path) == sha256
        except OSError:
            same = False
        if not same:
            raise changed(str(path))
    yield hold
    hold.require_unchanged()


def entries(folder: Path) -> dict[str, FileState | None]:
    """Return the state of everything under a folder by its name relative to it; the folder's own is under "".

    Links are not followed. What is neither a folder nor a regular file, or lies too deep, has None.
    """
    found: dict[str, FileState | None] = {"": state(folder)}
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        with os.scandir(folder / inside) as listed:
            for entry in listed:
                name = f"{inside}/{entry.name}" if inside else entry.name
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode) and name.count("/") < _DEEPEST:
                    waiting.append(name)
                    found[name] = _state(status)
                else:
                    found[name] = _state(status) if stat.S_ISREG(status.st_mode) else None
    return found
