"""Reading snapshots: the only way in which other packages see the hub.

A snapshot is an artefact with one Parquet file a table; what its manifest says is `SnapshotFacts`.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

from hub import artefacts, facts
from hub.artefacts import Artefact
from hub.declarations.gateways import Carried, Gateway, require
from hub.declarations.powers import Level, objection
from hub.errors import GatewayError, NotFoundError
from hub.publishing.snapshot_facts import GroupQuality as GroupQuality
from hub.publishing.snapshot_facts import LinkageFacts as LinkageFacts
from hub.publishing.snapshot_facts import SnapshotFacts as SnapshotFacts
from hub.publishing.snapshot_facts import SourceFacts as SourceFacts
from hub.staging.reporting import EVER, Reported
from hub.tables import SCHEMA_VERSION, SNAPSHOT_TABLES
from hub.workspace import Workspace

CURRENT = "current"
KIND = "snapshot"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An immutable published snapshot. Its tables are Parquet files, sorted by person, without names.

    Attributes:
        artefact: the directory and its files.
        facts: what its manifest says.
    """

    artefact: Artefact
    facts: SnapshotFacts

    @property
    def digest(self) -> str:
        """The snapshot's digest, which is its name."""
        return self.artefact.digest

    @property
    def known_to(self) -> datetime.date:
        """The last day that the snapshot covers."""
        return self.facts.known_to

    def read_from(self, artefact: Artefact) -> "Snapshot":
        """Return the same snapshot, whose files are read from another place; see `Artefact.held`."""
        return replace(self, artefact=artefact)

    def reported(self, source: str) -> Reported:
        """Return the days of which `source` has told; of a source that is not in the snapshot, none."""
        said = self.facts.sources.get(source)
        return Reported() if said is None else said.reported

    def delay_days(self, source: str) -> int:
        """Return the recording delay that `source` declared, in days; it is taken off in `reported` already."""
        said = self.facts.sources.get(source)
        return 0 if said is None else said.recording_delay_days

    def telling(self, types: Iterable[str]) -> tuple[str, ...]:
        """Return the sources in the snapshot that bring an event of any of these types, sorted."""
        wanted = set(types)
        return tuple(sorted(name for name, one in self.facts.sources.items() if wanted & set(one.types)))

    def reported_of(self, types: Iterable[str]) -> Reported:
        """Return the days of which every source has told that brings an event of these types; none without one."""
        wanted = frozenset(types)
        telling = self.telling(wanted)
        if not telling or any(wanted & {*self.facts.sources[one].types_not_told} for one in telling):
            return Reported()
        return reduce(Reported.both, map(self.reported, telling), EVER)

    def path(self, table: str) -> Path:
        """Return the Parquet file of `table`: person, event, household, family, involvement, area or area_event."""
        if table not in {known.name for known in SNAPSHOT_TABLES}:
            raise NotFoundError(f"A snapshot has no table {table}.")
        return self.artefact.path / f"{table}.parquet"

    def gateways_of(self, source: str) -> tuple[Gateway, ...]:
        """Return the gateways under which `source` entered this snapshot.

        Raises:
            GatewayError: it was left out because its gateway had ended.
            NotFoundError: the snapshot holds nothing from it.
        """
        declared = self.facts.sources.get(source)
        if declared is None:
            left_out = self.facts.linkage.sources_left_out
            if source in left_out:
                raise GatewayError(
                    f"The snapshot {self.digest[:12]} was published without {source}: {left_out[source]}"
                )
            raise NotFoundError(f"The snapshot {self.digest[:12]} holds nothing from the source {source}.")
        return declared.gateways

    def require_gateway(self, source: str, *, purpose: str, on: datetime.date, shown_to: str | None = None) -> Gateway:
        """Return the gateway, as it was when `source` entered, that lets it be used; see `gateways.refusal`.

        What is read from a snapshot stands beside a person. A figure about an area says nothing about anybody in it, so
        a gateway for areas is enough, unless its law could not carry that sector's data about people: counts of
        emergency departments under the Serious Violence Duty stay with areas.

        Raises:
            GatewayError: none does; the source is named.
        """
        held = self.gateways_of(source)
        said = self.facts.sources[source]
        level = said.level
        beside = tuple(one for one in held if objection(one.law, said.sector, Level.PERSON) is None)
        if level is Level.AREA and beside:
            held = beside
        else:
            level = Level.PERSON
        carried = Carried(source, said.agency, said.sector, level)
        return require(carried, held, purpose=purpose, on=on, shown_to=shown_to)


def pointed_to(workspace: Workspace) -> str:
    """Return the digest that the file `current` names.

    Raises:
        NotFoundError: nothing was published yet.
        IntegrityError: the file holds something else than a digest.
    """
    try:
        return artefacts.pointed_at(workspace.snapshots / CURRENT, KIND)
    except NotFoundError:
        raise NotFoundError(
            f"No snapshot was published in {workspace.root}.", "Run `sentinel hub ingest`, `link` and `publish`."
        ) from None


def open_snapshot(workspace: Workspace, digest: str = CURRENT, *, verify: bool = False) -> Snapshot:
    """Open a snapshot by its digest (or the beginning of it), or the newest one.

    Args:
        workspace: where to look.
        digest: the digest, or "current".
        verify: also check every table's bytes against the manifest.

    Raises:
        NotFoundError: nothing was published yet, or nothing under this digest.
        IntegrityError: the manifest or, with `verify`, a table has changed by a byte, or a fact is not as declared.
    """
    if digest == CURRENT:
        digest = pointed_to(workspace)
    artefact = artefacts.open_artefact(workspace.snapshots, digest, KIND)
    said = facts.read(artefact, SnapshotFacts, version=SCHEMA_VERSION, remedy="Publish it anew.")
    if verify:
        artefact.verify()
    return Snapshot(artefact, said)
