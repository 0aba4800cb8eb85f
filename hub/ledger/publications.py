"""Publications: what was made here, from what, by which code and for whom, as entries of the ledger.

    record(workspace, kind="snapshot", digest=digest, inputs={"extracts": [...]}, by="operator")
    require(workspace, "bundle", digest)          # the entry, or NotPublishedError

An artefact's digest says that its bytes are whole, and nothing about where they come from: whoever can write the
workspace can make one. So whatever rests on an artefact asks whether the ledger knows its digest. A publication is
written when all of its files are on disk and before it has its name, so that no artefact is without its entry.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy.orm import Session

from hub.errors import LedgerError, NotPublishedError
from hub.ledger import ledger
from hub.ledger.chain import Chain, Followed
from hub.ledger.ledger import Entry
from hub.ledger.store import Store, open_store
from hub.workspace import Workspace

KIND = "publication"
WITHDRAWAL = "delivery withdrawal"
"""An entry that takes a delivery back: the extract stays where it is and is used no more (hub.erasing.withdrawal)."""
OPERATOR = "operator"
"""Who published, where a command did not say."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One publication.

    Attributes:
        number: of its entry in the ledger.
        at: when, in UTC, as text.
        kind: of the artefact, such as "snapshot".
        digest: of the artefact.
        inputs: what it was made from: digests by name.
        code: digest of the code that made it, where that is known.
        by: who published it.
        more: what else is kept of it, such as the run of a training.
    """

    number: int
    at: str
    kind: str
    digest: str
    inputs: Mapping[str, Any]
    code: str | None
    by: str
    more: Mapping[str, Any]

    @classmethod
    def of(cls, entry: Entry) -> "Publication":
        """Return the publication that an entry is about."""
        facts = entry.read_facts()
        said = {name: facts[name] for name in ("kind", "digest", "inputs", "code", "more")}
        return cls(number=entry.seq, at=entry.at, by=entry.actor, **said)


class Publications:
    """All publications of a ledger whose chain holds, read once and then only what was added."""

    def __init__(self, chain: Chain | None = None) -> None:
        """Take the chain.

        Args:
            chain: how far the ledger was followed; without one it is followed from the first entry.
        """
        self.chain = chain or Chain()
        self._seen = -1
        self._of: dict[str, list[Publication]] = {}
        self._withdrawn: frozenset[str] = frozenset()

    @property
    def withdrawn(self) -> frozenset[str]:
        """The digests of what was withdrawn and not published again since, under every name that it ever had."""
        return self._withdrawn

    def refresh(self, session: Session) -> Self:
        """Read what was added since the last time.

        Raises:
            LedgerError: the chain does not hold.
        """
        return self._read(self.chain.follow(session))

    def catch_up(self, store: Store) -> Self:
        """Do the same page by page.

        Raises:
            LedgerError: the chain does not hold.
        """
        return self._read(self.chain.catch_up(store))

    def _read(self, followed: Followed) -> Self:
        if self._seen != followed.number:
            read: dict[str, list[Publication]] = {}
            try:
                for one in map(Publication.of, followed.entries(KIND)):
                    read.setdefault(one.kind, []).append(one)
            except (ValueError, KeyError, TypeError):
                raise LedgerError("A publication in the ledger does not say what Sentinel writes.") from None
            self._of, self._seen = read, followed.number
            self._withdrawn = _withdrawn(followed)
        return self

    def of(self, kind: str, digest: str | None = None) -> list[Publication]:
        """Return the publications of one kind (and digest), oldest first."""
        return [one for one in self._of.get(kind, []) if digest in (None, one.digest)]

    def newest(self, kind: str, digest: str) -> Publication | None:
        """Return the newest publication of an artefact, or None."""
        found = self.of(kind, digest)
        return found[-1] if found else None

    def require(self, kind: str, digest: str) -> Publication:
        """Return the newest publication of an artefact.

        Raises:
            NotPublishedError: the ledger knows of none.
        """
        found = self.of(kind, digest)
        if not found:
            raise NotPublishedError(
                f"The ledger does not know the {kind} {digest[:12]}: it was not published by a command here.",
                "Make it anew with Sentinel's own commands; what was put into the workspace by hand is never used.",
            )
        return found[-1]


def _withdrawn(followed: Followed) -> frozenset[str]:
    """Return what is withdrawn after all entries in their order.

    | entry | then |
    |---|---|
    | withdrawal of D | D is withdrawn |
    | publication of D, as it was ingested | D is not withdrawn: it came again |
    | publication of E, rewritten from D (an erasure) | E is withdrawn when D is |

    Raises:
        LedgerError: an entry does not say what Sentinel writes.
    """
    found: set[str] = set()
    entries = [*followed.entries(KIND), *followed.entries(WITHDRAWAL)]
    try:
        for entry in sorted(entries, key=lambda one: one.seq):
            facts = entry.read_facts()
            before = None if entry.kind == WITHDRAWAL else facts["inputs"].get("rewritten_from")
            if entry.kind == WITHDRAWAL or before in found:
                found.add(str(facts["digest"]))
            elif before is None:
                found.discard(facts["digest"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise LedgerError("An entry of the ledger does not say what Sentinel writes.") from None
    return frozenset(found)


def require_writable(workspace: Workspace) -> None:
    """Check that a publication could be written now, before long work is done for one. Nothing is written.

    Raises:
        RecordError: the ledger cannot be written.
        LedgerError: it does not end where its anchor says, as in a copy of a workspace.
    """
    if _exists(workspace):
        with open_store(workspace) as store, store.writing():
            pass


def record(
    workspace: Workspace,
    *,
    kind: str,
    digest: str,
    inputs: Mapping[str, Any],
    by: str,
    code: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Write a publication to the ledger.

    Raises:
        RecordError: the ledger cannot be written; then nothing may be published.
        LedgerError: it does not end where its anchor says.
    """
    facts = {"kind": kind, "digest": digest, "inputs": dict(inputs), "code": code, "more": dict(more or {})}
    with open_store(workspace) as store, store.writing() as session:
        ledger.append(session, kind=KIND, actor=by, facts=facts, at=store.now())


def recorder(
    workspace: Workspace,
    kind: str,
    inputs: Mapping[str, Any],
    *,
    by: str = OPERATOR,
    code: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> Callable[[str], None]:
    """Return what `artefacts.publish` is to call before an artefact has its name: it writes the publication."""

    def before(digest: str) -> None:
        record(workspace, kind=kind, digest=digest, inputs=inputs, by=by, code=code, more=more)

    return before


def read(workspace: Workspace) -> Publications:
    """Return all publications in the ledger of a workspace; none where there is no ledger yet.

    Raises:
        RecordError: the ledger cannot be read.
        LedgerError: its chain does not hold.
    """
    if not _exists(workspace):
        return Publications()
    with open_store(workspace) as store:
        return read_from(store)


def read_from(store: Store) -> Publications:
    """Return all publications in an open ledger.

    Raises:
        LedgerError: its chain does not hold.
    """
    return Publications().catch_up(store)


def _exists(workspace: Workspace) -> bool:
    return workspace.database_url is not None or (workspace.ethics / "ethics.db").exists()
