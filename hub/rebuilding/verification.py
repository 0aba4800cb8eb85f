"""Verification: is every byte what was published, does the ledger know it, and does its entry say the same as it does?

    for one in verify(workspace, known=publications.read(workspace)):
        one.state                       # `whole`, or everything that is wrong
    require_whole(...)

Whoever can write the workspace can make an artefact whose digest is right. So an artefact that no publication names is
`not published here`, and so is one that names an input of which the ledger knows nothing. Whether it is what its inputs
give is found by making it again: `hub.rebuilding` and the rooms of that name above, put together by `hub verify`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hub import artefacts
from hub.artefacts import Artefact
from hub.errors import IntegrityError, NotFoundError, SentinelError
from hub.identity import persons
from hub.ledger import publications
from hub.ledger.publications import Publication, Publications
from hub.publishing.snapshots import KIND
from hub.rebuilding.rebuilt import Rebuilt
from hub.staging import extracts
from hub.workspace import Workspace

WHOLE = "whole"
NOT_PUBLISHED = "not published here"
_FEATURE_SET, _BUNDLE, _AUDIT, _ONLINE = "feature set", "bundle", "audit", "online source"
_KIND_OF_INPUT = {
    "extracts": extracts.KIND,
    "person_map": persons.KIND,
    "snapshot": KIND,
    "feature_set": _FEATURE_SET,
    "bundle": _BUNDLE,
    "updated_from": _BUNDLE,
}
_NAMED_BY = {
    KIND: ("extracts",),
    persons.KIND: ("extracts",),
    _FEATURE_SET: ("snapshot",),
    _BUNDLE: ("feature_set", "snapshot"),
    _AUDIT: ("bundle", "feature_set", "snapshot"),
    _ONLINE: ("snapshot",),
}
"""Which facts of each kind are digests of what it was made from."""
_NOT_IN_FACTS = {"person_map"}


@dataclass(frozen=True, slots=True)
class Verified:
    """One artefact.

    Attributes:
        kind: what it is.
        digest: its name.
        files: how many of its files were checked.
        state: `whole`, or everything that is wrong.
        published: number of its newest entry in the ledger; None when there is none.
        rebuilt: what came of making it again; None when nobody tried.
    """

    kind: str
    digest: str
    files: int
    state: str
    published: int | None = None
    rebuilt: Rebuilt | None = None

    @property
    def is_whole(self) -> bool:
        """Say whether nothing is wrong with it."""
        return self.state == WHOLE

    def with_rebuilt(self, rebuilt: Rebuilt) -> "Verified":
        """Return the same with what came of making it again."""
        faults = [] if self.is_whole else [self.state]
        if rebuilt.differs:
            faults.append(f"not what it was made of gives: {'; '.join(rebuilt.differs)}")
        return replace(self, rebuilt=rebuilt, state="; ".join(faults) or WHOLE)

    def row(self) -> dict[str, Any]:
        """Return one row for a table."""
        return {
            "kind": self.kind,
            "digest": self.digest[:12],
            "files": self.files,
            "published": "no" if self.published is None else f"entry {self.published}",
            "rebuilt": "" if self.rebuilt is None else self.rebuilt.text,
            "state": self.state,
        }

    def as_json(self) -> dict[str, Any]:
        """Return it for scripts."""
        rebuilt = None if self.rebuilt is None else self.rebuilt.as_json()
        return {**self.row(), "digest": self.digest, "published": self.published, "rebuilt": rebuilt}


def verify(workspace: Workspace, digest: str | None = None, *, known: Publications | None = None) -> list[Verified]:
    """Check every artefact, extracts with their identity files too, and the person map.

    Args:
        workspace: where they lie.
        digest: only the one with this digest, or whose digest begins with it.
        known: what the ledger knows; it is read when it is not given.

    Raises:
        NotFoundError: there is none with this digest.
        RecordError: the ledger cannot be read.
    """
    published = publications.read(workspace) if known is None else known
    found = []
    for kind, folder in _folders(workspace).items():
        names = [one for one in artefacts.digests_in(folder) if digest is None or one.startswith(digest)]
        found += [_verified(workspace, kind, name, published) for name in names]
    if digest is None and (workspace.identity / "persons" / persons.CURRENT).exists():
        found.append(_verified(workspace, persons.KIND, "", published))
    if digest is not None and not found:
        raise NotFoundError(f"Nothing here has a digest that begins with {digest[:12]}.", "List the artefacts first.")
    return found


def _folders(workspace: Workspace) -> dict[str, Path]:
    return {
        extracts.KIND: workspace.extracts,
        KIND: workspace.snapshots,
        _FEATURE_SET: workspace.features,
        _BUNDLE: workspace.bundles,
        _AUDIT: workspace.audits,
        _ONLINE: workspace.online,
    }


def _verified(workspace: Workspace, kind: str, digest: str, known: Publications) -> Verified:
    try:
        if kind == extracts.KIND:
            extract = extracts.open_extract(workspace, digest)
            artefact, files = extract.artefact, extracts.verify(workspace, extract)
        elif kind == persons.KIND:
            artefact = persons.open_map(workspace).artefact
            files = artefact.verify()
        else:
            artefact = artefacts.open_artefact(_folders(workspace)[kind], digest, kind)
            files = artefact.verify()
    except SentinelError as error:
        entries = known.of(kind, digest) if digest else []
        return Verified(kind, digest, 0, error.message, entries[-1].number if entries else None)
    entries = known.of(kind, artefact.digest)
    faults = faults_of(artefact, entries, known)
    return Verified(kind, artefact.digest, files, "; ".join(faults) or WHOLE, entries[-1].number if entries else None)


def faults_of(artefact: Artefact, entries: Sequence[Publication], known: Publications) -> list[str]:
    """Return what is wrong between an artefact and the ledger: nothing knows it, or they do not say the same.

    Args:
        artefact: with its facts.
        entries: the publications of it.
        known: all publications.
    """
    if not entries:
        return [NOT_PUBLISHED]
    found = []
    for entry in entries:
        unlike = [
            name
            for name, said in entry.inputs.items()
            if name not in _NOT_IN_FACTS and _plain(name, artefact.facts.get(name)) != said
        ]
        stated = artefact.facts.get("code_digest")
        if None not in (stated, entry.code) and stated != entry.code:
            unlike.append("code_digest")
        found += [f"its entry {entry.number} says another {name.replace('_', ' ')} than it does" for name in unlike]
    named = {name: artefact.facts.get(name) for name in _NAMED_BY.get(artefact.kind, ())}
    for said in (*(one.inputs for one in entries), named):
        found += _unknown(artefact.kind, said, known)
    return list(dict.fromkeys(found))


def _unknown(kind: str, inputs: Mapping[str, Any], known: Publications) -> list[str]:
    """Return the inputs of an artefact of which the ledger knows nothing.

    What an erasure gave another name stays known under the old one too, so bundles and audits name what they did.
    """
    found = []
    for name, of_kind in {**_KIND_OF_INPUT, "rewritten_from": kind}.items():
        if name in inputs:
            said = _plain(name, inputs[name])
            digests = said if isinstance(said, list) else [said]
            if not all(isinstance(one, str) and known.of(of_kind, one) for one in digests):
                found.append(f"it was made from a {of_kind} that was {NOT_PUBLISHED}")
    return found


def _plain(name: str, said: Any) -> Any:
    """Return a fact as an entry says it: of extracts their digests, of earlier forms the last one."""
    if name == "extracts" and isinstance(said, list):
        return [one.get("digest") if isinstance(one, Mapping) else one for one in said]
    if name == "rewritten_from" and isinstance(said, list):
        return said[-1] if said else None
    return said


def require_whole(found: Sequence[Verified]) -> None:
    """Raise IntegrityError when one of `found` is not whole."""
    broken = [one for one in found if not one.is_whole]
    if broken:
        raise IntegrityError(
            f"{len(broken)} of {len(found)} artefacts are not what was published, first the {broken[0].kind} "
            f"{broken[0].digest[:12]}.",
            "Restore them from a copy, or ingest and publish anew.",
        )
