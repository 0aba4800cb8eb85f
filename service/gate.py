"""The gate: what must be true, at this moment, before anything is scored for a purpose.

Nothing is remembered from one request to the next but what was parsed from the very bytes whose digest is checked
again: the decision is read from the store, every byte of bundle and audit is hashed, the use case is compared with the
approved one, the snapshot's files are checked, and each source that is read must have a gateway on the day, as gateways
are declared now and as they were when the snapshot was published. Any doubt is a refusal.
"""

import contextlib
import datetime
import threading
from dataclasses import dataclass, field
from pathlib import Path

from audits.audit import open_audit
from ethics.approvals import Decision, valid_decision
from ethics.store import Store
from features import use_cases
from features.needs import cohort_sources
from features.online import OnlineSource, open_source
from features.use_cases import UseCase
from hub import partnership as partnerships
from hub.digests import digest_of, sha256_file
from hub.errors import IntegrityError, SentinelError
from hub.partnership import Partnership
from hub.snapshots import Snapshot, open_snapshot
from hub.workspace import Workspace
from models.bundles import Bundle, Model, open_bundle


@dataclass(frozen=True, slots=True)
class Opened:
    """What an open gate lets a request use."""

    decision: Decision
    partnership: Partnership
    use_case: UseCase
    bundle: Bundle
    model: Model
    snapshot: Snapshot
    online: OnlineSource


@dataclass
class Gate:
    """The gate of one partnership.

    Attributes:
        workspace: where bundles, audits and snapshots lie.
        folder: the partnership's folder.
        store: the ethics record.
    """

    workspace: Workspace
    folder: Path
    store: Store
    _models: dict[str, Model] = field(default_factory=dict)
    _verified: dict[Path, tuple[int, ...]] = field(default_factory=dict)
    _seen: str = ""
    _partnership: Partnership | None = None
    _use_cases: dict[str, UseCase] = field(default_factory=dict)
    _online: dict[str, tuple[tuple[object, ...], OnlineSource]] = field(default_factory=dict)
    _making: threading.Lock = field(default_factory=threading.Lock)

    def open(self, purpose: str, *, at: datetime.datetime) -> Opened:
        """Return what may be used for `purpose` at this moment.

        Raises:
            ApprovalError: no decision allows it: not approved, expired or withdrawn.
            IntegrityError: the bundle, the audit, the use case or the snapshot changed since it was approved.
            GatewayError: a source that is read has no valid gateway for the purpose, then or now.
            NotFoundError: something that the decision is about is gone.
        """
        decision = valid_decision(self.store, purpose=purpose, at=at)
        bundle = open_bundle(self.workspace, decision.bundle)
        open_audit(self.workspace, decision.audit)
        partnership = self.partnership()
        use_case = self._use_case(partnership, bundle.use_case.name)
        if {use_case.digest, bundle.use_case.digest} != {decision.use_case_digest}:
            raise IntegrityError(
                f"The use case {use_case.name} is not as it was approved.", "Restore it, or propose the new one."
            )
        snapshot = open_snapshot(self.workspace)
        self._verify(snapshot)
        on = partnership.day_of_use(at)
        for source in self._read(partnership, use_case, bundle, snapshot):
            snapshot.require_gateway(source, purpose=purpose, on=on)
            partnership.require_gateway(source, purpose=purpose, on=on)
        if decision.bundle not in self._models:
            self._models = {decision.bundle: bundle.load()}
        online = self._source(purpose, use_case, bundle, snapshot)
        return Opened(decision, partnership, use_case, bundle, self._models[decision.bundle], snapshot, online)

    def prepare(self, at: datetime.datetime) -> None:
        """Open everything that is approved now, so that no request waits for it; what is refused stays refused."""
        partnership = self.partnership()
        for name in use_cases.names(partnership):
            with contextlib.suppress(SentinelError):
                self.open(self._use_case(partnership, name).purpose, at=at)

    def partnership(self) -> Partnership:
        """Return the partnership as its files say now; they are parsed again when a byte of one of them has changed.

        Raises:
            ConfigurationError: a file is missing or wrong.
        """
        seen = digest_of([sha256_file(path) for path in sorted(self.folder.rglob("*.yaml"))])
        if self._partnership is None or self._seen != seen:
            self._partnership, self._use_cases = partnerships.read(self.folder), {}
            self._seen = seen
        return self._partnership

    def _use_case(self, partnership: Partnership, name: str) -> UseCase:
        if name not in self._use_cases:
            self._use_cases[name] = use_cases.read(partnership, name)
        return self._use_cases[name]

    def _read(self, partnership: Partnership, use_case: UseCase, bundle: Bundle, snapshot: Snapshot) -> list[str]:
        """Return the sources that a score reads: those of its indicators, and those in the hub that make its cohort."""
        cohort = cohort_sources(partnership, use_case) & snapshot.artefact.facts["sources"].keys()
        return sorted({source for indicator in bundle.indicators for source in indicator.sources} | cohort)

    def _source(self, purpose: str, use_case: UseCase, bundle: Bundle, snapshot: Snapshot) -> OnlineSource:
        """Return what single vectors are read from: kept until the snapshot, the bundle or the file is another one."""
        with self._making:
            wanted = (snapshot.digest, bundle.digest, use_case.digest)
            key, source = self._online.get(purpose, ((), None))
            if source is None or key != (*wanted, *_state(source.file)):
                source = open_source(self.workspace, snapshot, use_case, bundle.indicators)
                self._online[purpose] = (*wanted, *_state(source.file)), source
            return source

    def _verify(self, snapshot: Snapshot) -> None:
        """Hash the snapshot's tables, again whenever the file system says that one was touched."""
        state = tuple(
            number for name in sorted(snapshot.artefact.files) for number in _state(snapshot.artefact.path / name)
        )
        if self._verified.get(snapshot.artefact.path) != state:
            snapshot.artefact.verify()
            self._verified = {snapshot.artefact.path: state}


def _state(path: Path) -> tuple[int, ...]:
    """Return what changes when a file is written: inode, size, and the times of its content and of its entry."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
