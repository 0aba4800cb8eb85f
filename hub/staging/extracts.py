"""Extracts that came in: one artefact for each delivery of a source, under pseudonymous record keys.

An extract holds `event, involvement, family, area` and `area_event`, one Parquet file each (hub.tables.STAGED_EVENT,
STAGED_INVOLVEMENT, STAGED_FAMILY, AREA, AREA_EVENT); who its people are lies in the identity store under the extract's
digest. Its facts:

- `schema_version, partnership, source, agency, delivered_on`, and `gateway`: the one that let it in,
- `inputs`: digest of everything that it was made from; the same inputs are not ingested twice,
- `files`: for each file `table, file, sha256, bytes, rows, kept, quarantined, rules, blank_lines`,
- `mapped`: for each mapping `mapping, title, table, rows, not_mapped, mapped, quarantined, rules`,
- `rows`: rows of `identity, event, involvement, family, area, area_event`; `people`: distinct record keys,
- `known_from`: how the recording dates came about (see `hub.staging.stage`),
- `history`: what became of the rows of the deliveries that it replaces (see `hub.staging.history`),
- `since`: for each type of event, the earliest day of which the table that holds it tells,
- `days`: for each month its first day and how many events are dated in it,
- `untold`: places of mappings that rest on an optional file which was not there (hub.intake.absent_files),
- `taken_away`: what it takes away of what the delivery before said, as it may be shown (hub.staging.taken_away),
- `lost_deaths`: deaths that it, coming late, tells in vain, or that it corrects away (hub.intake.late_deliveries), and
  `delivered_on` of the extract that holds instead, or that is corrected,
- `periods`: the one period that it is of, for a source whose deliveries add up; else empty,
- `assumed_recording`: the source's assumption, or null,
- `supersedes`: extracts of the same source and day that this one replaces.

Of most sources every delivery is whole: the newest one replaces the one before, and takes over what was known earlier.
Of a source with `each_delivery: period`, each period is an extract of its own; those of several periods hold side by
side, and a new delivery of a period replaces the one before of that period.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub import artefacts, held_files, names
from hub.artefacts import Artefact
from hub.errors import IntegrityError
from hub.identity import store as identity_store
from hub.ledger import publications
from hub.staging import taken_away
from hub.tables import SCHEMA_VERSION
from hub.workspace import Workspace

KIND = "extract"


@dataclass(frozen=True, slots=True)
class ExtractReport:
    """What became of one source of a delivery.

    Attributes:
        extract: the extract; its facts hold every count.
        is_new: False when exactly this extract had been ingested before, so that nothing was done.
        is_current: False when a later extract of its source holds instead.
    """

    extract: Artefact
    is_new: bool
    is_current: bool

    @property
    def source(self) -> str:
        """Name of the source."""
        return str(self.extract.facts["source"])

    @property
    def digest(self) -> str:
        """Digest of the extract."""
        return self.extract.digest

    @property
    def facts(self) -> dict[str, Any]:
        """The facts of the extract."""
        return dict(self.extract.facts)

    @property
    def rows_in(self) -> int:
        """Rows in the delivered files: those kept and those in quarantine."""
        return sum(file["rows"] for file in self.extract.facts["files"])

    @property
    def quarantined(self) -> int:
        """Rows in quarantine: rows of files, and rows that could not be used under a mapping."""
        facts = self.extract.facts
        return sum(one["quarantined"] for one in (*facts["files"], *facts["mapped"]))

    def taken_away(self) -> list[dict[str, Any]]:
        """Return what it takes away of what the delivery before said, as rows that may be shown (`taken_away`)."""
        return taken_away.shown(self.source, self.extract.facts["taken_away"])

    def row(self) -> dict[str, Any]:
        """Return one row for a listing."""
        facts = self.extract.facts
        return {
            "source": self.source,
            "delivered_on": facts["delivered_on"],
            "rows_in": self.rows_in,
            "quarantined": self.quarantined,
            "people": facts["people"],
            "events": facts["rows"]["event"],
            "extract": self.digest[:12],
            "state": ("ingested" if self.is_new else "was here already")
            + ("" if self.is_current else ", replaced since"),
        }


def all_extracts(workspace: Workspace) -> list[Artefact]:
    """Return every extract of the workspace, sorted by day of delivery, source and digest."""
    found = [artefacts.open_artefact(workspace.extracts, one, KIND) for one in artefacts.digests_in(workspace.extracts)]
    for one in found:
        _require_said(one)
    return sorted(found, key=lambda one: (one.facts["delivered_on"], one.facts["source"], one.digest))


def _require_said(extract: Artefact) -> None:
    """Raise IntegrityError unless the manifest of an extract says what decides which extracts hold."""
    facts = extract.facts
    texts = [facts["delivered_on"], facts["source"], facts["inputs"], *facts["supersedes"], *facts["periods"]]
    lists = isinstance(facts["supersedes"], list) and isinstance(facts["periods"], list)
    if not lists or not all(isinstance(one, str) for one in texts):
        raise IntegrityError(f"The extract {extract.digest[:12]} does not say what it is.", "Ingest it anew.")


def withdrawn(workspace: Workspace) -> frozenset[str]:
    """Return the digests of the extracts that were withdrawn (erasing.withdrawal) and were not ingested again since."""
    return publications.read(workspace).withdrawn


def current_extracts(workspace: Workspace, known: Collection[str] | None = None) -> list[Artefact]:
    """Return the extracts of each source that hold now, sorted by day of delivery, source and period.

    Of a source that is the one delivered last, and of several delivered on one day the one that none of them
    supersedes; where deliveries of periods add up, it is that one of each period. What an earlier version of the hub
    ingested does not count: it has other tables. Nor does one that was withdrawn: the one before it holds again.

    Args:
        workspace: where they lie.
        known: what `withdrawn` gives, where that is known already.
    """
    return _holding(_standing(workspace, known))


def _standing(workspace: Workspace, known: Collection[str] | None) -> list[Artefact]:
    """Return every extract but those that were withdrawn, sorted as `all_extracts` does."""
    gone = withdrawn(workspace) if known is None else known
    return [one for one in all_extracts(workspace) if one.digest not in gone]


def _holding(extracts: Sequence[Artefact]) -> list[Artefact]:
    """Return those of `extracts`, sorted as `all_extracts` does, that no other one replaces."""
    superseded = {digest for one in extracts for digest in one.facts["supersedes"]}
    held: list[Artefact] = []
    for one in extracts:
        if one.digest not in superseded and one.facts["schema_version"] == SCHEMA_VERSION:
            held = [*(before for before in held if not _replaces(one.facts, before.facts)), one]
    return sorted(held, key=lambda one: (one.facts["delivered_on"], one.facts["source"], period_of(one) or ""))


def _replaces(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Say whether an extract with the facts `new` replaces an older one: of two periods, both hold."""
    apart = new["periods"] and old["periods"] and new["periods"] != old["periods"]
    return bool(new["source"] == old["source"] and not apart)


def period_of(extract: Artefact) -> str | None:
    """Return the period that an extract is of; None for one that is whole."""
    return next(iter(extract.facts["periods"]), None)


def rules_of(extract: Artefact) -> dict[str, int]:
    """Return how many rows of an extract break each rule, by the rule; a row that breaks two counts under both."""
    found: Counter[str] = Counter()
    for one in (*extract.facts["files"], *extract.facts["mapped"]):
        found.update(one["rules"])
    return dict(sorted(found.items()))


def replaced(workspace: Workspace, facts: Mapping[str, Any], known: Collection[str] | None = None) -> list[Artefact]:
    """Return the extracts of earlier days that an extract with `facts` replaces.

    Args:
        workspace: where extracts lie.
        facts: `source`, `periods` and `delivered_on` of the new extract.
        known: what `withdrawn` gives, where that is known already.
    """
    earlier = [one for one in _standing(workspace, known) if one.facts["delivered_on"] < facts["delivered_on"]]
    return [one for one in _holding(earlier) if _replaces(facts, one.facts)]


def superseded(workspace: Workspace, facts: Mapping[str, Any], known: Collection[str] | None = None) -> list[str]:
    """Return the digests of the extracts of the same day that an extract with `facts` corrects.

    Args:
        workspace: where extracts lie.
        facts: `source`, `periods`, `delivered_on` and `inputs` of the new extract.
        known: what `withdrawn` gives, where that is known already.
    """
    return [
        one.digest
        for one in _standing(workspace, known)
        if one.facts["delivered_on"] == facts["delivered_on"]
        and one.facts["inputs"] != facts["inputs"]
        and _replaces(facts, {"periods": [], **one.facts})
    ]


def corrected(workspace: Workspace, facts: Mapping[str, Any], known: Collection[str] | None = None) -> list[Artefact]:
    """Return the extracts that an extract with `facts` corrects (`superseded`), without those corrected before.

    Args:
        workspace: where extracts lie.
        facts: `source`, `periods`, `delivered_on` and `inputs` of the new extract.
        known: what `withdrawn` gives, where that is known already.
    """
    same_day = set(superseded(workspace, facts, known))
    until = [one for one in _standing(workspace, known) if one.facts["delivered_on"] <= facts["delivered_on"]]
    return [one for one in _holding(until) if one.digest in same_day]


def holding_instead(
    workspace: Workspace, facts: Mapping[str, Any], known: Collection[str] | None = None
) -> list[Artefact]:
    """Return the extracts that go on holding when an extract with `facts` comes late; of one in order, none.

    It comes late when one of a later day that replaces it holds already. Given are all of its source then, also those
    of other periods, sorted as `current_extracts` does.

    Args:
        workspace: where extracts lie.
        facts: `source`, `periods` and `delivered_on` of the new extract.
        known: what `withdrawn` gives, where that is known already.
    """
    day = facts["delivered_on"]
    held = [one for one in current_extracts(workspace, known) if one.facts["source"] == facts["source"]]
    stay = [one for one in held if one.facts["delivered_on"] > day or not _replaces(facts, one.facts)]
    is_late = any(one.facts["delivered_on"] > day and _replaces(one.facts, facts) for one in stay)
    return stay if is_late else []


def has_identity(workspace: Workspace, extract: Artefact) -> bool:
    """Say whether the identity rows and the quarantine of an extract are in their places."""
    source = extract.facts["source"]
    paths = identity_store.records, identity_store.quarantined
    return all(path(workspace, source, extract.digest).is_file() for path in paths)


@contextmanager
def held(workspace: Workspace, extracts: Iterable[Artefact]) -> Iterator[list[Artefact]]:
    """Hold extracts with their identity rows and quarantine while the block reads them by path; see `Artefact.held`.

    Gives the extracts under paths that end with the block, for this process alone.

    Raises:
        IntegrityError: a file has changed, is missing, or was added, or it changed while it was read.
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
    facts = extract.facts
    digests = facts.get("identity_sha256"), facts.get("quarantine_sha256")
    if not all(names.is_digest(one) for one in digests):
        raise IntegrityError(f"The extract {extract.digest[:12]} does not say whose rows it holds.", "Ingest it anew.")
    paths = identity_store.records, identity_store.quarantined
    return {
        path(workspace, facts.get("source"), extract.digest): str(sha256)
        for path, sha256 in zip(paths, digests, strict=True)
    }


def verify(workspace: Workspace, extract: Artefact) -> int:
    """Check every file of an extract, and that its identity rows are there; return how many files were checked.

    Raises:
        IntegrityError: a file has changed, is missing, or was added.
    """
    checked = extract.verify()
    for path, sha256 in _identity(workspace, extract).items():
        identity_store.check(path, sha256)
        checked += 1
    return checked
