"""Extracts that came in: one artefact for each delivery of a source, under pseudonymous record keys.

An extract holds `event, involvement, family, area` and `area_event`, one Parquet file each (hub.tables.STAGED_EVENT,
STAGED_INVOLVEMENT, STAGED_FAMILY, AREA, AREA_EVENT); who its people are lies in the identity store under the extract's
digest. What its manifest says is `ExtractFacts`.

Of most sources every delivery is whole: the newest one replaces the one before, and takes over what was known earlier.
Of a source with `each_delivery: period`, each period is an extract of its own; those of several periods hold side by
side, and a new delivery of a period replaces the one before of that period.
"""

import datetime
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from hub import artefacts, facts, held_files, names
from hub.artefacts import Artefact
from hub.errors import IntegrityError, OtherSchemaError
from hub.identity import store as identity_store
from hub.ledger import publications
from hub.staging.extract_facts import DeliveryFacts as DeliveryFacts
from hub.staging.extract_facts import ExtractFacts as ExtractFacts
from hub.tables import SCHEMA_VERSION
from hub.workspace import Workspace

KIND = "extract"


@dataclass(frozen=True, slots=True)
class Extract:
    """One extract.

    Attributes:
        artefact: the directory and its files.
        facts: what its manifest says.
    """

    artefact: Artefact
    facts: ExtractFacts

    @property
    def digest(self) -> str:
        """The extract's digest, which is its name."""
        return self.artefact.digest

    @property
    def path(self) -> Path:
        """Its directory."""
        return self.artefact.path

    @property
    def source(self) -> str:
        """Name of the source."""
        return self.facts.source

    @property
    def delivered_on(self) -> datetime.date:
        """The day of delivery."""
        return self.facts.delivered_on

    @property
    def period(self) -> str | None:
        """The period that it is of; None for one that is whole."""
        return next(iter(self.facts.periods), None)


def open_extract(workspace: Workspace, digest: str) -> Extract:
    """Open an extract by its digest or the beginning of it.

    Raises:
        NotFoundError: there is none, or more than one begins so.
        OtherSchemaError: an earlier version of the hub ingested it: it has other tables.
        IntegrityError: its manifest has changed by a byte, or a fact is not as declared.
    """
    artefact = artefacts.open_artefact(workspace.extracts, digest, KIND)
    return Extract(
        artefact, facts.read(artefact, ExtractFacts, version=SCHEMA_VERSION, remedy="Ingest the delivery anew.")
    )


def all_extracts(workspace: Workspace) -> list[Extract]:
    """Return every extract of the workspace, sorted by day of delivery, source and digest.

    What an earlier version of the hub ingested does not count: it has other tables.
    """
    found = []
    for digest in artefacts.digests_in(workspace.extracts):
        with suppress(OtherSchemaError):
            found.append(open_extract(workspace, digest))
    return sorted(found, key=lambda one: (one.delivered_on, one.source, one.digest))


def withdrawn(workspace: Workspace) -> frozenset[str]:
    """Return the digests of the extracts that were withdrawn (erasing.withdrawal) and were not ingested again since."""
    return publications.read(workspace).withdrawn


def current_extracts(workspace: Workspace, known: Collection[str] | None = None) -> list[Extract]:
    """Return the extracts of each source that hold now, sorted by day of delivery, source and period.

    Of a source that is the one delivered last, and of several delivered on one day the one that none of them
    supersedes; where deliveries of periods add up, it is that one of each period. One that was withdrawn does not
    count: the one before it holds again.

    Args:
        workspace: where they lie.
        known: what `withdrawn` gives, where that is known already.
    """
    return _holding(_standing(workspace, known))


def _standing(workspace: Workspace, known: Collection[str] | None) -> list[Extract]:
    """Return every extract but those that were withdrawn, sorted as `all_extracts` does."""
    gone = withdrawn(workspace) if known is None else known
    return [one for one in all_extracts(workspace) if one.digest not in gone]


def _holding(extracts: Sequence[Extract]) -> list[Extract]:
    """Return those of `extracts`, sorted as `all_extracts` does, that no other one replaces."""
    superseded = {digest for one in extracts for digest in one.facts.supersedes}
    held: list[Extract] = []
    for one in extracts:
        if one.digest not in superseded:
            held = [*(before for before in held if not _replaces(one.facts, before.facts)), one]
    return sorted(held, key=lambda one: (one.delivered_on, one.source, one.period or ""))


def _replaces(new: DeliveryFacts, old: DeliveryFacts) -> bool:
    """Say whether the extract of one delivery replaces an older one: of two periods, both hold."""
    apart = new.periods and old.periods and new.periods != old.periods
    return new.source == old.source and not apart


def replaced(workspace: Workspace, new: DeliveryFacts, known: Collection[str] | None = None) -> list[Extract]:
    """Return the extracts of earlier days that the extract of a new delivery replaces.

    Args:
        workspace: where extracts lie.
        new: the new delivery.
        known: what `withdrawn` gives, where that is known already.
    """
    earlier = [one for one in _standing(workspace, known) if one.delivered_on < new.delivered_on]
    return [one for one in _holding(earlier) if _replaces(new, one.facts)]


def superseded(workspace: Workspace, new: DeliveryFacts, known: Collection[str] | None = None) -> list[str]:
    """Return the digests of the extracts of the same day that the extract of a new delivery corrects.

    Args:
        workspace: where extracts lie.
        new: the new delivery.
        known: what `withdrawn` gives, where that is known already.
    """
    return [
        one.digest
        for one in _standing(workspace, known)
        if one.delivered_on == new.delivered_on and one.facts.inputs != new.inputs and _replaces(new, one.facts)
    ]


def corrected(workspace: Workspace, new: DeliveryFacts, known: Collection[str] | None = None) -> list[Extract]:
    """Return the extracts that the extract of a new delivery corrects (`superseded`), without those corrected before.

    Args:
        workspace: where extracts lie.
        new: the new delivery.
        known: what `withdrawn` gives, where that is known already.
    """
    same_day = set(superseded(workspace, new, known))
    until = [one for one in _standing(workspace, known) if one.delivered_on <= new.delivered_on]
    return [one for one in _holding(until) if one.digest in same_day]


def holding_instead(workspace: Workspace, new: DeliveryFacts, known: Collection[str] | None = None) -> list[Extract]:
    """Return the extracts that go on holding when the extract of a new delivery comes late; of one in order, none.

    It comes late when one of a later day that replaces it holds already. Given are all of its source then, also those
    of other periods, sorted as `current_extracts` does.

    Args:
        workspace: where extracts lie.
        new: the new delivery.
        known: what `withdrawn` gives, where that is known already.
    """
    held = [one for one in current_extracts(workspace, known) if one.source == new.source]
    stay = [one for one in held if one.delivered_on > new.delivered_on or not _replaces(new, one.facts)]
    is_late = any(one.delivered_on > new.delivered_on and _replaces(one.facts, new) for one in stay)
    return stay if is_late else []


def has_identity(workspace: Workspace, extract: Extract) -> bool:
    """Say whether the identity rows and the quarantine of an extract are in their places."""
    paths = identity_store.records, identity_store.quarantined
    return all(path(workspace, extract.source, extract.digest).is_file() for path in paths)


@contextmanager
def held(workspace: Workspace, extracts: Iterable[Extract]) -> Iterator[list[Extract]]:
    """Hold extracts with their identity rows and quarantine while the block reads them by path; see `Artefact.held`.

    Gives the extracts under paths that end with the block, for this process alone.

    Raises:
        IntegrityError: a file has changed, is missing, or was added, or it changed while it was read.
    """
    every = list(extracts)
    with held_as_written(workspace, [one.artefact for one in every]) as read:
        yield [replace(one, artefact=artefact) for one, artefact in zip(every, read, strict=True)]


@contextmanager
def held_as_written(workspace: Workspace, extracts: Iterable[Artefact]) -> Iterator[list[Artefact]]:
    """Do as `held` does, whatever version of the hub ingested the extracts: for an erasure, which must reach them all.

    Raises:
        IntegrityError: as `held`, or a manifest does not say which files of the identity store are the extract's.
    """
    every = list(extracts)
    files = {path: sha256 for one in every for path, sha256 in _identity(workspace, one).items()}
    with ExitStack() as stack:
        stack.enter_context(held_files.held(files, remedy="Restore it from a copy, or ingest the extract anew."))
        yield [stack.enter_context(one.held()).artefact for one in every]


def _identity(workspace: Workspace, extract: Artefact) -> dict[Path, str]:
    """Return the files of an extract in the identity store, each with its digest.

    Raises:
        IntegrityError: the manifest does not say them.
    """
    said = extract.facts
    digests = said.get("identity_sha256"), said.get("quarantine_sha256")
    if not all(names.is_digest(one) for one in digests):
        raise IntegrityError(f"The extract {extract.digest[:12]} does not say whose rows it holds.", "Ingest it anew.")
    paths = identity_store.records, identity_store.quarantined
    return {
        path(workspace, said.get("source"), extract.digest): str(sha256)
        for path, sha256 in zip(paths, digests, strict=True)
    }


def verify(workspace: Workspace, extract: Extract) -> int:
    """Check every file of an extract, and that its identity rows are there; return how many files were checked.

    Raises:
        IntegrityError: a file has changed, is missing, or was added.
    """
    checked = extract.artefact.verify()
    for path, sha256 in _identity(workspace, extract.artefact).items():
        identity_store.check(path, sha256)
        checked += 1
    return checked
