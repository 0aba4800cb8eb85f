"""Verification: is every byte what was published, from extracts and the person map to audits?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub import artefacts, extracts, persons
from hub.errors import IntegrityError, NotFoundError, SentinelError
from hub.snapshots import KIND
from hub.workspace import Workspace

WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Verified:
    """One artefact: how many of its files were checked, and `whole` or what is wrong."""

    kind: str
    digest: str
    files: int
    state: str

    def row(self) -> dict[str, Any]:
        """Return one row for a listing."""
        return {"kind": self.kind, "digest": self.digest[:12], "files": self.files, "state": self.state}


def verify(workspace: Workspace, digest: str | None = None) -> list[Verified]:
    """Check every artefact, extracts with their identity files too, and the person map.

    Args:
        workspace: where they lie.
        digest: only the one with this digest, or whose digest begins with it.

    Raises:
        NotFoundError: there is none with this digest.
    """
    found = []
    for kind, folder in _folders(workspace).items():
        names = [one for one in artefacts.digests_in(folder) if digest is None or one.startswith(digest)]
        found += [_verified(workspace, kind, name) for name in names]
    if digest is None and (workspace.identity / "persons" / persons.CURRENT).exists():
        found.append(_verified(workspace, persons.KIND, ""))
    if digest is not None and not found:
        raise NotFoundError(f"Nothing here has a digest that begins with {digest[:12]}.", "List the artefacts first.")
    return found


def _folders(workspace: Workspace) -> dict[str, Path]:
    return {
        extracts.KIND: workspace.extracts,
        KIND: workspace.snapshots,
        "feature set": workspace.features,
        "bundle": workspace.bundles,
        "audit": workspace.audits,
        "online source": workspace.online,
    }


def _verified(workspace: Workspace, kind: str, digest: str) -> Verified:
    try:
        if kind == extracts.KIND:
            extract = artefacts.open_artefact(workspace.extracts, digest, extracts.KIND)
            return Verified(kind, digest, extracts.verify(workspace, extract), WHOLE)
        if kind != persons.KIND:
            found = artefacts.open_artefact(_folders(workspace)[kind], digest, kind)
            return Verified(kind, digest, found.verify(), WHOLE)
        artefact = persons.open_map(workspace).artefact
        return Verified(kind, artefact.digest, artefact.verify(), WHOLE)
    except SentinelError as error:
        return Verified(kind, digest, 0, error.message)


def require_whole(found: Sequence[Verified]) -> None:
    """Raise IntegrityError when one of `found` is not whole."""
    broken = [one for one in found if one.state != WHOLE]
    if broken:
        raise IntegrityError(
            f"{len(broken)} of {len(found)} artefacts are not what was published, first the {broken[0].kind} "
            f"{broken[0].digest[:12]}.",
            "Restore them from a copy, or ingest and publish anew.",
        )
