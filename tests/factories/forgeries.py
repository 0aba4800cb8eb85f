"""Artefacts put into a workspace by hand: every digest is right, and nothing but the ledger knows better."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hub import artefacts
from hub.artefacts import Artefact
from hub.identity import store as identity_store
from hub.ledger import publications
from hub.staging import extracts
from hub.workspace import Workspace

Change = Callable[[Path], None]
"""Changes files in the folder of a draft."""


def forged(parent: Path, kind: str, digest: str, change: Change, *, facts: Mapping[str, Any] | None = None) -> Artefact:
    """Publish a changed copy of an artefact beside it, with a right manifest, and tell the ledger nothing."""
    original = artefacts.open_artefact(parent, digest, kind)
    with artefacts.publish(parent, kind, {**original.facts, **(facts or {})}) as draft:
        for name in original.files:
            shutil.copy(original.path / name, draft.path / name)
        change(draft.path)
    assert draft.digest != digest
    return artefacts.open_artefact(parent, draft.digest, kind)


def forged_extract(workspace: Workspace, digest: str, change: Change) -> Artefact:
    """Forge an extract, with its rows in the identity store."""
    found = forged(workspace.extracts, extracts.KIND, digest, change)
    for path in (identity_store.records, identity_store.quarantined):
        source = found.facts["source"]
        shutil.copy(path(workspace, source, digest), path(workspace, source, found.digest))
    return found


def admit(workspace: Workspace, forgery: Artefact, original: str, **changed: Any) -> None:
    """Let the forger, who can write the ledger, publish a forgery as the original was published.

    Args:
        workspace: whose ledger.
        forgery: what was forged.
        original: digest of what it was made from.
        changed: what the entry says otherwise.
    """
    entry = publications.read(workspace).require(forgery.kind, original)
    said = {"inputs": entry.inputs, "by": entry.by, "code": entry.code, "more": entry.more} | changed
    publications.record(workspace, kind=forgery.kind, digest=forgery.digest, **said)
