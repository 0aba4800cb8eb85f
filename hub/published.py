"""One published directory, and the ways in which its files are read: only what was checked is ever used.

`hub.artefacts` publishes and opens them.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hub import held_files, names, regular_files
from hub.digests import sha256_bytes
from hub.errors import ConfigurationError, IntegrityError
from hub.held_files import FileState, Hold
from hub.manifests import MANIFEST


@dataclass(frozen=True, slots=True)
class Artefact:
    """A published directory whose manifest has been checked against its name.

    Attributes:
        path: the directory.
        digest: SHA-256 of the manifest's bytes, 64 hexadecimal characters.
        kind: what it is, such as "snapshot" or "bundle".
        facts: what the publisher said of it (digests of its inputs, counts, dates).
        files: for each file, relative with forward slashes, `{"sha256": ..., "bytes": ...}`.
    """

    path: Path
    digest: str
    kind: str
    facts: Mapping[str, Any]
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def read(self, name: str) -> bytes:
        """Return the bytes of one file, read once and checked before they are handed out.

        Raises:
            IntegrityError: the file is missing, not named in the manifest, or differs from its digest.
        """
        path, expected = self._named(name)
        try:
            content = regular_files.read(path, most=expected["bytes"], follow_links=False)
        except OSError:
            raise self._changed(name) from None
        if sha256_bytes(content) != expected["sha256"]:
            raise self._changed(name)
        return content

    def verify(self) -> int:
        """Check every file against the manifest and that there is nothing else; return how many were checked.

        Raises:
            IntegrityError: a file is missing, changed, was added, or is a link, a FIFO or a device.
        """
        self._states()
        for name in self.files:
            self._check(name)
        return len(self.files)

    @contextmanager
    def held(self) -> Iterator["Held"]:
        """Check every file, let the block read them by path, and look when it ends that nothing has changed since.

        What is read by path in the block (DuckDB, pyarrow) are the bytes that were checked, or the block ends in an
        error: read from `held.artefact`, whose path stays with this very directory whatever is renamed above it. Before
        something is published from it inside the block, ask `held.require_unchanged()`.

        Raises:
            IntegrityError: as `verify`, or something changed while the block read it, even if it was put back.
        """
        descriptor = self._opened()
        try:
            pinned = Path(f"/proc/self/fd/{descriptor}")
            there = replace(self, path=pinned) if pinned.is_dir() else self
            hold = Hold(there._states(), there._states, there._changed)
            for name in self.files:
                there._check(name)
            yield Held(there, hold)
            hold.require_unchanged()
        finally:
            os.close(descriptor)

    def private_copy(self, name: str, into: Path) -> Path:
        """Copy one file, hashing the bytes as they are copied, and return the copy.

        Args:
            name: the file.
            into: a folder that only this process' user may enter, such as `tempfile.mkdtemp` makes.

        Raises:
            IntegrityError: the file is missing, not named in the manifest, or differs; no copy is left then.
            ConfigurationError: others may enter `into`.
        """
        path, expected = self._named(name)
        found = into.lstat()
        if not into.is_dir() or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise ConfigurationError(f"Others may enter {into}.", "Give a folder of your own.")
        copy = into / path.name
        descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                same = held_files.hashed(path, expected["bytes"], copy=stream) == expected["sha256"]
            if not same:
                raise self._changed(name)
        except BaseException as error:
            copy.unlink(missing_ok=True)
            if isinstance(error, regular_files.TooLargeError | regular_files.NotRegularError | FileNotFoundError):
                raise self._changed(name) from None
            raise
        return copy

    def _named(self, name: str) -> tuple[Path, Mapping[str, Any]]:
        expected = self.files.get(name)
        if expected is None:
            raise IntegrityError(f"{self.kind} {self.digest[:12]} has no file {name} in its manifest.")
        return names.file_in(self.path, name), expected

    def _check(self, name: str) -> None:
        path, expected = self._named(name)
        try:
            same = held_files.hashed(path, expected["bytes"]) == expected["sha256"]
        except OSError:
            same = False
        if not same:
            raise self._changed(name)

    def _opened(self) -> int:
        try:
            return os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            raise self._changed("its folder") from None

    def _states(self) -> dict[str, FileState | None]:
        """Return the state of the folder and everything in it.

        Raises:
            IntegrityError: a file is missing or was added, or something is neither a folder nor a regular file.
        """
        try:
            found = held_files.entries(self.path)
        except OSError:
            raise self._changed("its folder") from None
        folders = {"", *(folder for name in self.files for folder in _folders_of(name))}
        for name in sorted(set(found) - set(self.files) - folders - {MANIFEST}):
            raise IntegrityError(
                f"{self.kind} {self.digest[:12]} holds a file that its manifest does not name: {ascii(name)[1:-1]}.",
                "Remove it, or restore the directory from a copy.",
            )
        for name in (*self.files, MANIFEST):
            if found.get(name) is None:
                raise self._changed(name)
        return found

    def _changed(self, name: str) -> IntegrityError:
        return IntegrityError(
            f"{self.kind} {self.digest[:12]}: {name or 'its folder'} is missing or differs from the digest it was "
            "published under, or changed while it was read.",
            "Restore it from a copy, or publish anew; nothing that was read from it is used.",
        )


@dataclass(frozen=True, slots=True)
class Held:
    """An artefact whose files were checked and are being read by path; see `Artefact.held`.

    Attributes:
        artefact: the same artefact, by a path that stays with its directory; it ends with the block.
        hold: the states of its files.
    """

    artefact: Artefact
    hold: Hold

    def require_unchanged(self) -> None:
        """Raise when anything in it has changed since it was checked.

        Raises:
            IntegrityError: it names the first such file.
        """
        self.hold.require_unchanged()


def _folders_of(name: str) -> list[str]:
    parts = name.split("/")[:-1]
    return ["/".join(parts[: number + 1]) for number in range(len(parts))]
