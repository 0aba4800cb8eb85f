"""Extracts that came in: one artefact for each delivery of a source, under pseudonymous record keys.

An extract holds `event.parquet`, `involvement.parquet` and `area.parquet` (hub.tables.STAGED_EVENT, STAGED_INVOLVEMENT
and AREA); who its people are lies in the identity store under the extract's digest. Its facts:

- `schema_version, partnership, source, agency, delivered_on`, and `gateway`: the one that let it in,
- `inputs`: digest of everything that it was made from; the same inputs are not ingested twice,
- `files`: for each file `table, file, sha256, bytes, rows, kept, quarantined, rules, blank_lines`,
- `mapped`: for each mapping `mapping, title, table, rows, not_mapped, mapped, quarantined, rules`,
- `rows`: rows of `identity, event, involvement, area`; `people`: distinct record keys,
- `known_from`: how the recording dates came about (see `hub.staging`),
- `assumed_recording`: the source's assumption, or null,
- `supersedes`: extracts of the same source and day that this one replaces.

Every delivery of a source is whole: the newest one replaces the one before.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from hub import artefacts, identity_store
from hub.artefacts import Artefact
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
    return sorted(found, key=lambda one: (one.facts["delivered_on"], one.facts["source"], one.digest))


def current_extracts(workspace: Workspace) -> list[Artefact]:
    """Return the extract of each source that holds now, sorted by day of delivery and source.

    That is the one delivered last; of several delivered on the same day, the one that none of them supersedes.
    """
    every = all_extracts(workspace)
    superseded = {digest for one in every for digest in one.facts["supersedes"]}
    newest = {str(one.facts["source"]): one for one in every if one.digest not in superseded}
    return sorted(newest.values(), key=lambda one: (one.facts["delivered_on"], one.facts["source"]))


def delivered_before(workspace: Workspace, source: str, day: datetime.date) -> list[Artefact]:
    """Return the extracts of `source` that were delivered before `day`, oldest first."""
    return [
        one
        for one in all_extracts(workspace)
        if one.facts["source"] == source and one.facts["delivered_on"] < day.isoformat()
    ]


def has_identity(workspace: Workspace, extract: Artefact) -> bool:
    """Say whether the identity rows and the quarantine of an extract are in their places."""
    source = extract.facts["source"]
    paths = identity_store.records, identity_store.quarantined
    return all(path(workspace, source, extract.digest).is_file() for path in paths)


def verify(workspace: Workspace, extract: Artefact) -> int:
    """Check every file of an extract, and that its identity rows are there; return how many files were checked.

    Raises:
        IntegrityError: a file has changed, is missing, or was added.
    """
    checked = extract.verify()
    for path, key in (
        (identity_store.records(workspace, extract.facts["source"], extract.digest), "identity_sha256"),
        (identity_store.quarantined(workspace, extract.facts["source"], extract.digest), "quarantine_sha256"),
    ):
        identity_store.check(path, extract.facts[key])
        checked += 1
    return checked
