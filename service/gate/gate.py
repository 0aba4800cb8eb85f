"""The gate: what must be true, at this moment, before anything is scored for a purpose.

It opens in two steps. `open` looks before the score: the decision, the bundle, the audit and the snapshot that the
ledger knows, the use case and the policy as they were approved, a gateway on the day for each source that is read.
`confirm` looks again inside the write that records the score: it must be the same decision and the same snapshot, read
from the record in that very transaction, at the moment that the entry will bear. Any doubt is a refusal.

What was parsed from checked bytes is kept by its digest and watched (`service.gate.kept`); `sweep` hashes all of it
again now and then.
"""

import datetime
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from audits.audit.audit import KIND as AUDIT
from audits.audit.audit import open_audit
from ethics.acts import verification as record
from ethics.acts.approvals import Decision, Standing, check_policy, valid_decision
from ethics.errors import ApprovalError, StaleSnapshotError, SupersededError
from ethics.record.store import open_store
from ethics.rules import policy as policies
from ethics.rules.policy import Policy
from features.declarations import use_cases
from features.declarations.needs import in_snapshot, needs
from features.declarations.use_cases import UseCase
from features.online import source as online_source
from features.online.vector import OnlineSource
from hub.artefacts import open_artefact
from hub.declarations import partnership as partnerships
from hub.declarations.partnership import Partnership
from hub.errors import IntegrityError, LedgerError, NotFoundError, NotPublishedError, SentinelError
from hub.ledger import practice, verification
from hub.ledger.publications import Publication, Publications
from hub.ledger.store import Store
from hub.publishing.snapshots import CURRENT, Snapshot, open_snapshot, pointed_to
from hub.publishing.snapshots import KIND as SNAPSHOT
from hub.workspace import Workspace
from models.bundle.bundles import KIND as BUNDLE
from models.bundle.bundles import Bundle, Model, open_bundle
from service.gate import sources_told
from service.gate.kept import Kept
from service.gate.permits import Permits
from service.gate.sources_told import SourceAge

_CURRENT = "current"


@dataclass(frozen=True, slots=True)
class DeclaredFiles:
    """The partnership's files as they are now, and what was worked out of them.

    Attributes:
        partnership: parsed and checked.
        use_cases: by name.
        digests: of the use cases, by name.
        policies: by the name of the use case.
        permits: whether a source may be used.
    """

    partnership: Partnership
    use_cases: Mapping[str, UseCase]
    digests: Mapping[str, str]
    policies: Mapping[str, Policy]
    permits: Permits


@dataclass(frozen=True, slots=True)
class Opened:
    """What an open gate lets a request use; `performance` is what the approved audit tells of the model."""

    decision: Decision
    declared: DeclaredFiles
    use_case: UseCase
    bundle: Bundle
    model: Model
    performance: Mapping[str, Any]
    snapshot: Snapshot
    online: OnlineSource
    day: datetime.date
    publications: Mapping[tuple[str, str], Publication]
    told: tuple[SourceAge, ...]


@dataclass
class Gate:
    """The gate of one partnership. Safe for many threads.

    Attributes:
        workspace: where bundles, audits and snapshots lie.
        folder: the partnership's folder.
        store: the ethics record.
    """

    workspace: Workspace
    folder: Path
    store: Store
    _declared: Kept[DeclaredFiles] = field(default_factory=lambda: Kept(1))
    _bundles: Kept[tuple[Bundle, Model]] = field(default_factory=Kept)
    _performances: Kept[Mapping[str, Any]] = field(default_factory=Kept)
    _snapshots: Kept[Snapshot] = field(default_factory=lambda: Kept(2))
    _online: Kept[OnlineSource] = field(default_factory=Kept)
    _sources: dict[str, str] = field(default_factory=dict)
    _decisions: dict[str, Decision] = field(default_factory=dict)
    _standing: Standing = field(default_factory=Standing)
    _publications: Publications = field(init=False)
    _practice: bool | None = None
    _reading: threading.Lock = field(default_factory=threading.Lock)
    _making: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Let decisions and publications rest on the same way through the ledger."""
        self._publications = Publications(self._standing.chain)

    def open(self, purpose: str, *, at: datetime.datetime) -> Opened:
        """Return what may be used for `purpose` at this moment, for `confirm` to look at once more.

        Raises:
            ApprovalError: no decision allows it: not approved, expired, withdrawn, under another policy, or on data
                that are too old.
            IntegrityError: the bundle, the audit, the use case or the snapshot changed since it was approved, or the
                ledger does not know it.
            GatewayError: a source that is read has no valid gateway for the purpose, then or now.
            NotFoundError: something that the decision is about is gone.
        """
        try:
            return self._look(purpose, at)
        except LedgerError:
            self.forget()  # whatever was believed of this ledger may have been somebody else's
            raise

    def forget(self) -> None:
        """Read everything about the ledger anew the next time."""
        self._decisions.clear()
        self._sources.clear()
        self._standing.chain.forget()
        self._practice = None

    def _look(self, purpose: str, at: datetime.datetime) -> Opened:
        known = self._decisions.get(purpose)
        if known is not None and self._standing.chain.is_followed:
            try:
                return self._open(known, at)
            except SentinelError:
                self._decisions.pop(purpose, None)  # perhaps another decision holds by now
        decision = valid_decision(self.store, purpose=purpose, at=at, standing=self._standing)
        opened = self._open(decision, at)
        self._decisions[purpose] = decision
        return opened

    def _open(self, decision: Decision, at: datetime.datetime) -> Opened:
        bundle, model = self._bundle(decision.bundle)
        performance = self._performance(decision.audit)
        declared = self.declared()
        use_case = declared.use_cases.get(bundle.use_case.name)
        approved = decision.use_case_digest
        if use_case is None or (declared.digests[use_case.name], bundle.facts.use_case_digest) != (approved,) * 2:
            raise IntegrityError(
                f"The use case {bundle.use_case.name} is not as it was approved.",
                "Restore it, or propose the new one.",
            )
        day = declared.partnership.day_of_use(at, practice=self.practice)
        snapshot = self._snapshot()
        online = self._source(use_case, bundle, snapshot)
        read = [one for one in needs(declared.partnership, use_case, snapshot) if one.scored or one.outcome]
        inside = in_snapshot(snapshot, read)
        for need in read:
            refused = declared.permits.refusal(
                snapshot if need.source in inside else None, need.source, purpose=decision.purpose, on=day
            )
            if refused is not None:
                raise need.refused(refused)
        check_policy(decision, declared.policies[use_case.name])
        self._require_standing(snapshot)
        told = sources_told.of(snapshot, (one.source for one in read if one.scored), day)
        sources_told.require_fresh(use_case, told)
        used = (
            (SNAPSHOT, snapshot.digest),
            (BUNDLE, bundle.digest),
            (AUDIT, decision.audit),
            (online_source.KIND, online.artefact.digest),
        )
        publications = {(kind, digest): self._known(kind, digest) for kind, digest in used}
        return Opened(
            decision, declared, use_case, bundle, model, performance, snapshot, online, day, publications, told
        )

    def confirm(self, session: Session, opened: Opened, *, at: datetime.datetime) -> None:
        """Check inside the write that what was opened is what holds at the moment `at`.

        Raises:
            ApprovalError: the decision has ended, another one or a newer snapshot took its place, or the day is over.
            LedgerError: the chain does not hold, or an entry about what is used is not as it was.
        """
        decision = self._decision_in(session, opened.decision.purpose, at)
        newest = self._newest(session)
        day = opened.declared.partnership.day_of_use(at, practice=self.practice)
        same = (opened.decision, opened.snapshot.digest, opened.day)
        if (decision, None if newest is None else newest.digest, day) != same:
            self._decisions.pop(opened.decision.purpose, None)
            raise SupersededError(
                "Another decision, newer data or another day took the place of what was looked at.",
                "Ask again: it is a new score.",
            )
        numbers = {one.number for one in opened.publications.values()}
        with self._reading:
            known = self._publications.refresh(session)
            newest_of = {asked: known.newest(*asked) for asked in opened.publications}
        if any(
            found is not None and found.number > opened.publications[asked].number for asked, found in newest_of.items()
        ):
            raise SupersededError("What was looked at was published again.", "Ask again: it is a new score.")
        unchanged = newest_of == dict(opened.publications)
        self._require_standing(opened.snapshot)
        if not unchanged or not self._standing.chain.same(session, numbers):
            self.forget()
            raise LedgerError("A publication in the ledger was changed.", "Run `sentinel ledger verify`.")

    @property
    def practice(self) -> bool:
        """Whether this is a demonstration's workspace, by the ledger's first entry."""
        if self._practice is None:
            self._practice = practice.is_practice_of(self.store)
        return self._practice

    def prepare(self, at: datetime.datetime) -> list[SentinelError]:
        """Open everything that is approved now, so that no request waits for it.

        Returns:
            Why something that is approved could not be opened; what is not approved does not count.
        """
        refused: list[SentinelError] = []
        for use_case in self.declared().use_cases.values():
            try:
                self.open(use_case.purpose, at=at)
            except ApprovalError:
                continue
            except SentinelError as error:
                refused.append(error)
        return refused

    def sweep(self) -> list[SentinelError]:
        """Hash every byte of all that is kept, and follow the ledger anew; what is not as it was is used no more.

        Returns:
            What is not as it was published or written.
        """
        kept: tuple[tuple[Kept[Any], Callable[[str], object]], ...] = (
            (self._bundles, lambda digest: open_bundle(self.workspace, digest)),
            (self._performances, lambda digest: open_audit(self.workspace, digest)),
            (self._snapshots, lambda digest: open_snapshot(self.workspace, digest, verify=True)),
            (self._online, lambda digest: open_artefact(self.workspace.online, digest, online_source.KIND).verify()),
        )
        changed: list[SentinelError] = []
        for values, look in kept:
            for digest in values.digests():
                try:
                    look(digest)
                except SentinelError as error:
                    values.forget(digest)
                    changed.append(error)
        try:
            # By a connection of its own: what the others keep of the file may be older than the file, and an edit that
            # sets the file's own counter back is seen by none of them.
            with open_store(self.workspace, wait_seconds=self.store.wait_seconds) as fresh:
                verification.require(verification.verify(fresh))
                faults = record.verify(fresh)
            if faults:
                raise LedgerError("A row of the record is not what its entry says.", "Run `sentinel ledger verify`.")
        except SentinelError as error:
            self.store.engine.dispose()
            self.forget()
            changed.append(error)
        return changed

    def declared(self) -> DeclaredFiles:
        """Return the partnership as its files say now; they are parsed again when one of them was touched.

        Raises:
            ConfigurationError: a file is missing or wrong.
        """
        return self._declared.get(_CURRENT, self.folder, self._read_declared, ".yaml")

    def _read_declared(self) -> DeclaredFiles:
        partnership = partnerships.read(self.folder)
        found = {name: use_cases.read(partnership, name) for name in use_cases.names(partnership)}
        rules = {
            name: policies.policy_of(partnership, use_case, practice=self.practice) for name, use_case in found.items()
        }
        digests = {name: use_case.digest for name, use_case in found.items()}
        return DeclaredFiles(partnership, found, digests, rules, Permits(partnership))

    def _decision_in(self, session: Session, purpose: str, at: datetime.datetime) -> Decision:
        """Return the decision that holds, read once in each write."""
        key = f"decision:{purpose}"
        found: Decision | SentinelError | None = session.info.get(key)
        if found is None:
            try:
                found = self._standing.decision_in(session, purpose=purpose, at=at)
            except SentinelError as error:
                found = error
            session.info[key] = found
        if isinstance(found, SentinelError):
            self._decisions.pop(purpose, None)
            raise found
        return found

    def _newest(self, session: Session) -> Publication | None:
        """Return the publication of the snapshot that is used now."""
        with self._reading:
            self._publications.refresh(session)
        return self._current()

    def _require_standing(self, snapshot: Snapshot) -> None:
        """Raise StaleSnapshotError when a delivery in the snapshot was taken back (hub.erasing.withdrawal)."""
        with self._reading:
            gone = self._publications.withdrawn
        for one in snapshot.facts.extracts:
            if one.digest in gone:
                raise StaleSnapshotError(
                    f"The newest data rest on a delivery of {one.source} that was withdrawn.",
                    "Link and publish without it.",
                )

    def _current(self) -> Publication | None:
        with self._reading:
            found = [one for one in self._publications.of(SNAPSHOT) if one.more.get("current")]
        return found[-1] if found else None

    def _known(self, kind: str, digest: str) -> Publication:
        """Return the publication of an artefact.

        Raises:
            NotPublishedError: the ledger knows of none.
        """
        with self._reading:
            try:
                return self._publications.require(kind, digest)
            except NotPublishedError:
                return self._publications.catch_up(self.store).require(kind, digest)

    def _bundle(self, digest: str) -> tuple[Bundle, Model]:
        self._known(BUNDLE, digest)

        def load() -> tuple[Bundle, Model]:
            bundle = open_bundle(self.workspace, digest)
            return bundle, bundle.load()

        return self._bundles.get(digest, self.workspace.bundles / digest, load)

    def _performance(self, digest: str) -> Mapping[str, Any]:
        """Return what an audit tells of how good the model is, without small numbers."""
        self._known(AUDIT, digest)

        def load() -> Mapping[str, Any]:
            found: Mapping[str, Any] = open_audit(self.workspace, digest).document()["performance"]
            return found

        return self._performances.get(digest, self.workspace.audits / digest, load)

    def _snapshot(self) -> Snapshot:
        """Return the snapshot that the ledger says was published last, which the pointer must name too.

        Raises:
            NotPublishedError: the ledger does not know it, or knows a newer one.
        """
        pointed = pointed_to(self.workspace)
        self._known(SNAPSHOT, pointed)
        current = self._current()
        if current is None or current.digest != pointed:
            with self.store.reading() as session:
                current = self._newest(session)
        if current is None or current.digest != pointed:
            raise NotPublishedError(
                f"The file {CURRENT} names another snapshot than the one that was published last.",
                "Publish again: `sentinel hub publish`.",
            )
        return self._snapshots.get(
            pointed,
            self.workspace.snapshots / pointed,
            lambda: open_snapshot(self.workspace, pointed, verify=True),
        )

    def _source(self, use_case: UseCase, bundle: Bundle, snapshot: Snapshot) -> OnlineSource:
        """Return what single vectors are read from: a private copy of an online source that the ledger knows.

        Raises:
            IntegrityError: the one that was made has changed.
        """
        key = f"{snapshot.digest} {bundle.digest}"
        for last in (False, True):
            with self._making:
                if key not in self._sources:
                    made = online_source.current(self.workspace, snapshot, use_case)
                    self._sources[key] = made.digest
                digest = self._sources[key]

            def load(digest: str = digest) -> OnlineSource:
                found = open_artefact(self.workspace.online, digest, online_source.KIND)
                return OnlineSource(found, use_case)

            try:
                self._known(online_source.KIND, digest)
                return self._online.get(digest, self.workspace.online / digest, load)
            except (NotFoundError, NotPublishedError):  # it is derived: an erasure deletes all, and they are made again
                self._sources.pop(key, None)
                if last:
                    raise
        raise AssertionError("the loop ends by itself")
