"""Artefacts: immutable directories named by their digest.

Extracts, snapshots, feature sets, bundles and audits are artefacts:

    with artefacts.publish(workspace.bundles, "bundle", facts) as draft:
        (draft.path / "model.txt").write_text(...)
    draft.digest                                   # now workspace.bundles / digest exists, whole

    bundle = artefacts.open_artefact(workspace.bundles, digest, "bundle")   # checks the manifest against its name
    bundle.read("model.txt")                       # bytes, checked against the manifest before anyone parses them
    bundle.verify()                                # checks every file
    with bundle.held() as held: ...                # checks every file, before and after it is read by path

`manifest.json` holds the kind, the facts, and the size and SHA-256 of each file. The digest of the manifest's bytes is
the name of the directory, so a changed byte anywhere shows. A directory appears under its name by one rename, after
every file is on disk: a kill at any step leaves the old state or the new one, never a torn one. Publishing the same
content twice gives the same name and is a no-op.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub import held_files, manifests, names, private_folders, regular_files
from hub.digests import canonical_json, sha256_bytes
from hub.errors import ConfigurationError, IntegrityError, NotFoundError
from hub.held_files import FileState
from hub.held_files import state as state
from hub.manifests import MANIFEST as MANIFEST
from hub.published import Artefact as Artefact

_DRAFT_PREFIX = ".draft-"
_SHORTEST = 4
_MOST_MANIFEST_BYTES = 64 << 20


@dataclass(slots=True)
class Draft:
    """A directory being filled. `digest` is empty until the `with` block has ended well."""

    path: Path
    facts: dict[str, Any]
    digest: str = ""


def _files_in(directory: Path) -> dict[str, FileState]:
    """Return the state of each file of a draft.

    Raises:
        IntegrityError: there is a link, a FIFO or a device.
    """
    found: dict[str, FileState] = {}
    for name, known in sorted(held_files.entries(directory).items()):
        if known is None:
            raise IntegrityError("Only regular files are published, no links or devices.")
        if name and not (directory / name).is_dir():
            found[name] = known
    return found


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def publish(
    parent: Path,
    kind: str,
    facts: Mapping[str, Any],
    *,
    before: Callable[[str], None] | None = None,
    apart: bool = False,
) -> Iterator[Draft]:
    """Fill a draft directory in the `with` block; on a clean exit it is published under its digest.

    `draft.facts` may still be added to inside the block. On an error nothing is left behind.

    Args:
        parent: the directory that holds artefacts of this kind; made when missing.
        kind: what it is, stored in the manifest and checked when it is opened.
        facts: JSON-able statements about it. No time of day goes in, so that equal content has an equal name.
        before: called with the digest when every file is on disk and the directory has not got its name yet, for what
            must never be missing where the artefact exists.
        apart: let the draft be filled outside `parent`, in a folder of this process in the system's temporary folder,
            and take its files over while they are hashed: whoever can write `parent` has no hand in what is published.
    """
    private_folders.make(parent)
    draft = Draft(Path(tempfile.mkdtemp(prefix=_DRAFT_PREFIX, dir=None if apart else parent)), dict(facts))
    taken: dict[str, str] = {}
    try:
        yield draft
        if apart:
            draft.path = _taken_over(draft.path, Path(tempfile.mkdtemp(prefix=_DRAFT_PREFIX, dir=parent)), taken)
        states = _files_in(draft.path)
        if apart and states.keys() != taken.keys():
            raise IntegrityError("A file was put into what is being published, or taken away; nothing was published.")
        files = {
            name: {"sha256": taken.get(name) or held_files.hashed(draft.path / name, known.size), "bytes": known.size}
            for name, known in states.items()
        }
        content = canonical_json({"kind": kind, "facts": draft.facts, "files": files})
        (draft.path / MANIFEST).write_bytes(content)
        for name in (*files, MANIFEST):
            (draft.path / name).chmod(0o600)
            _sync(draft.path / name)
        for directory in {draft.path, *((draft.path / name).parent for name in files)}:
            directory.chmod(0o700)
            _sync(directory)
        digest = sha256_bytes(content)
        if before is not None:
            before(digest)
        if not (parent / digest).exists():
            draft.path.rename(parent / digest)
            _sync(parent)
    except BaseException:
        shutil.rmtree(draft.path, ignore_errors=True)
        raise
    shutil.rmtree(draft.path, ignore_errors=True)
    draft.digest = digest
    draft.path = parent / digest


def _taken_over(filled: Path, draft: Path, taken: dict[str, str]) -> Path:
    """Move a filled folder's files into a draft, noting the digest of each as its bytes pass; return the draft."""
    try:
        for name, known in _files_in(filled).items():
            (draft / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with (draft / name).open("xb") as copy:
                taken[name] = held_files.hashed(filled / name, known.size, copy=copy)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    finally:
        shutil.rmtree(filled, ignore_errors=True)
    return draft


def remove_drafts(parent: Path) -> None:
    """Remove the drafts under `parent` that a kill left behind. The caller holds the lock of who publishes there."""
    for left in parent.glob(f"{_DRAFT_PREFIX}*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def digests_in(parent: Path) -> list[str]:
    """Return the digests of all artefacts under `parent`, sorted; whatever is called otherwise does not count."""
    if not parent.is_dir():
        return []
    return sorted(
        path.name for path in parent.iterdir() if names.is_digest(path.name) and path.is_dir() and not path.is_symlink()
    )


def open_artefact(parent: Path, digest: str, kind: str) -> Artefact:
    """Open the artefact named `digest`, or the only one whose digest begins with it.

    Raises:
        NotFoundError: there is none, or the beginning fits more than one.
        ConfigurationError: `digest` is not hexadecimal or is shorter than 4 characters.
        IntegrityError: its manifest is damaged, is of another kind, or differs from its name.
    """
    if len(digest) < _SHORTEST or not names.is_digest(digest.ljust(64, "0")):
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
        content = regular_files.read(parent / name / MANIFEST, most=_MOST_MANIFEST_BYTES, follow_links=False)
    except OSError:
        raise damaged from None
    if sha256_bytes(content) != name:
        raise damaged
    said, facts, files = manifests.parse(content, kind, name)
    if said != kind:
        raise IntegrityError(f"{name[:12]} is a {said}, not a {kind}.")
    return Artefact(parent / name, name, kind, facts, files)


def pointed_at(path: Path, kind: str) -> str:
    """Return the digest that the pointer `path` names; see `write_pointer`.

    Raises:
        NotFoundError: there is no pointer.
        IntegrityError: it is not one that `write_pointer` writes.
    """
    try:
        content = regular_files.read(path, most=65, follow_links=False)
    except FileNotFoundError:
        raise NotFoundError(f"There is no {kind} yet.") from None
    except OSError:
        content = b""
    digest = content.removesuffix(b"\n").decode("ascii", "replace")
    if not names.is_digest(digest):
        raise IntegrityError(f"{path} does not name a {kind}.", f"Restore it from a copy, or make the {kind} anew.")
    return digest


def write_pointer(path: Path, digest: str) -> None:
    """Make the file `path` name `digest`, by one rename: readers see the old name or the new one."""
    descriptor, draft = tempfile.mkstemp(prefix=_DRAFT_PREFIX, dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(digest + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    Path(draft).rename(path)
    _sync(path.parent)
