"""Artefacts: immutable directories named by their digest.

Extracts, snapshots, feature sets, bundles and audits are artefacts:

    with artefacts.publish(workspace.bundles, "bundle", facts) as draft:
        (draft.path / "model.txt").write_text(...)
    draft.digest                                   # now workspace.bundles / digest exists, whole

    bundle = artefacts.open_artefact(workspace.bundles, digest, "bundle")   # checks the manifest against its name
    bundle.read("model.txt")                       # bytes, checked against the manifest before anyone parses them
    bundle.verify()                                # checks every file

`manifest.json` holds the kind, the facts, and the size and SHA-256 of each file. The digest of the manifest's bytes is
the name of the directory, so a changed byte anywhere shows. A directory appears under its name by one rename, after
every file is on disk: a kill at any step leaves the old state or the new one, never a torn one. Publishing the same
content twice gives the same name and is a no-op.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.digests import canonical_json, sha256_bytes, sha256_file
from hub.errors import ConfigurationError, IntegrityError, NotFoundError

MANIFEST = "manifest.json"
_DRAFT_PREFIX = ".draft-"
_HEX_DIGEST = re.compile(r"[0-9a-f]{4,64}")


@dataclass(slots=True)
class Draft:
    """A directory being filled. `digest` is empty until the `with` block has ended well."""

    path: Path
    facts: dict[str, Any]
    digest: str = ""


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
        expected = self.files.get(name)
        if expected is None:
            raise IntegrityError(f"{self.kind} {self.digest[:12]} has no file {name} in its manifest.")
        try:
            content = (self.path / name).read_bytes()
        except OSError:
            raise self._changed(name) from None
        if sha256_bytes(content) != expected["sha256"]:
            raise self._changed(name)
        return content

    def verify(self) -> int:
        """Check every file against the manifest and that there is no other file; return how many were checked.

        Raises:
            IntegrityError: a file is missing, changed or was added.
        """
        for name, expected in self.files.items():
            path = self.path / name
            if not path.is_file() or sha256_file(path) != expected["sha256"]:
                raise self._changed(name)
        extra = sorted(set(_files_in(self.path)) - set(self.files))
        if extra:
            raise IntegrityError(
                f"{self.kind} {self.digest[:12]} holds a file that its manifest does not name: {extra[0]}.",
                "Remove it, or restore the directory from a copy.",
            )
        return len(self.files)

    def _changed(self, name: str) -> IntegrityError:
        return IntegrityError(
            f"{self.kind} {self.digest[:12]}: {name} is missing or differs from the digest it was published under.",
            "Restore it from a copy, or publish anew; nothing was read from it.",
        )


def _files_in(directory: Path) -> Iterator[str]:
    for path in sorted(directory.rglob("*")):
        if path.is_file() and path != directory / MANIFEST:
            yield path.relative_to(directory).as_posix()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def publish(
    parent: Path, kind: str, facts: Mapping[str, Any], *, before: Callable[[str], None] | None = None
) -> Iterator[Draft]:
    """Fill a draft directory in the `with` block; on a clean exit it is published under its digest.

    `draft.facts` may still be added to inside the block. On an error nothing is left behind.

    Args:
        parent: the directory that holds artefacts of this kind; made when missing.
        kind: what it is, stored in the manifest and checked when it is opened.
        facts: JSON-able statements about it. No time of day goes in, so that equal content has an equal name.
        before: called with the digest when every file is on disk and the directory has not got its name yet, for what
            must never be missing where the artefact exists.
    """
    parent.mkdir(parents=True, exist_ok=True)
    draft = Draft(Path(tempfile.mkdtemp(prefix=_DRAFT_PREFIX, dir=parent)), dict(facts))
    try:
        yield draft
        names = list(_files_in(draft.path))
        files = {
            name: {"sha256": sha256_file(draft.path / name), "bytes": (draft.path / name).stat().st_size}
            for name in names
        }
        content = canonical_json({"kind": kind, "facts": draft.facts, "files": files})
        (draft.path / MANIFEST).write_bytes(content)
        for name in [*names, MANIFEST]:
            _sync(draft.path / name)
        for directory in {draft.path, *((draft.path / name).parent for name in names)}:
            _sync(directory)
        digest = sha256_bytes(content)
        if before is not None:
            before(digest)
        if not (parent / digest).exists():
            draft.path.chmod(0o755)
            draft.path.rename(parent / digest)
            _sync(parent)
    except BaseException:
        shutil.rmtree(draft.path, ignore_errors=True)
        raise
    shutil.rmtree(draft.path, ignore_errors=True)
    draft.digest = digest
    draft.path = parent / digest


def remove_drafts(parent: Path) -> None:
    """Remove the drafts under `parent` that a kill left behind. The caller holds the lock of who publishes there."""
    for left in parent.glob(f"{_DRAFT_PREFIX}*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def digests_in(parent: Path) -> list[str]:
    """Return the digests of all artefacts under `parent`, sorted; drafts that a kill left behind do not count."""
    if not parent.is_dir():
        return []
    return sorted(path.name for path in parent.iterdir() if path.is_dir() and len(path.name) == 64)


def open_artefact(parent: Path, digest: str, kind: str) -> Artefact:
    """Open the artefact named `digest`, or the only one whose digest begins with it.

    Raises:
        NotFoundError: there is none, or the beginning fits more than one.
        ConfigurationError: `digest` is not hexadecimal or is shorter than 4 characters.
        IntegrityError: its manifest is damaged, is of another kind, or differs from its name.
    """
    if not _HEX_DIGEST.fullmatch(digest):
        raise ConfigurationError(
            f"This is not the digest of a {kind}.", "Give 4 to 64 hexadecimal characters as listings print them."
        )
    found = [name for name in digests_in(parent) if name.startswith(digest)]
    if len(found) != 1:
        how_many = "no" if not found else f"{len(found)}"
        raise NotFoundError(
            f"There is {how_many} {kind} whose digest begins with {digest[:12]}.", "List them and give more characters."
        )
    name = found[0]
    damaged = IntegrityError(
        f"{kind} {name[:12]}: {MANIFEST} is missing or differs from the digest it was published under.",
        "Restore it from a copy, or publish anew; nothing was read from it.",
    )
    try:
        content = (parent / name / MANIFEST).read_bytes()
    except OSError:
        raise damaged from None
    if sha256_bytes(content) != name:
        raise damaged
    manifest = json.loads(content)
    if manifest["kind"] != kind:
        raise IntegrityError(f"{name[:12]} is a {manifest['kind']}, not a {kind}.")
    return Artefact(parent / name, name, kind, manifest["facts"], manifest["files"])


def write_pointer(path: Path, digest: str) -> None:
    """Make the file `path` name `digest`, by one rename: readers see the old name or the new one."""
    descriptor, draft = tempfile.mkstemp(prefix=_DRAFT_PREFIX, dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(digest + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    Path(draft).rename(path)
    _sync(path.parent)
