"""Ingest: the files of a delivery become extracts.

    reports = ingest(workspace, partnership, Path("delivery"), datetime.date(2025, 1, 6))

Every source needs a legal gateway that holds on the day of delivery. All sources are checked and read before the first
one is published, and each is published in one step, its identity rows first: an error or a kill leaves every extract
either whole or not there. Running the same delivery again goes on where it stopped, and does nothing where nothing is
left to do.
"""

import datetime
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hub import artefacts, csv_files, extracts, identity_store, parquet_files, pseudonyms, quarantine, reading, sql
from hub import staging as stages
from hub import transformation as transformations
from hub.delivery import DeliveredSource, open_delivery
from hub.digests import digest_of, sha256_file
from hub.extracts import ExtractReport
from hub.mapping import mappings
from hub.partnership import Partnership
from hub.pseudonyms import Key
from hub.tables import SCHEMA_VERSION
from hub.validation import Validation, compile_rules
from hub.workspace import Workspace

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many steps are done, and how many there are."""

_VERSION = 1
_TABLES = {"event": "event.parquet", "involvement": "involvement.parquet", "area": "area.parquet"}
_IDENTITY, _QUARANTINE = "identity.parquet", "quarantine.parquet"


def ingest(
    workspace: Workspace,
    partnership: Partnership,
    delivery_folder: Path,
    delivered_on: datetime.date,
    sources: Collection[str] | None = None,
    progress: Progress | None = None,
) -> list[ExtractReport]:
    """Read a delivery and publish one extract for each of its sources.

    Args:
        workspace: where extracts and the identity store lie.
        partnership: declares the sources, their gateways and how they are mapped.
        delivery_folder: holds the files; they are only read.
        delivered_on: the day of delivery: gateways must hold on it, and nothing can have been known after it.
        sources: names of the sources that this delivery holds; None means all of the partnership.
        progress: called at every step.

    Returns:
        One report for each source, in the order of sources.yaml.

    Raises:
        GatewayError: a source has no gateway that holds; nothing was read.
        ConfigurationError: sources.yaml maps something that cannot be; nothing was read.
        InputError: a file is missing or cannot be read as declared; nothing was published.
        StateError: another ingest is at work in this workspace.
        IntegrityError: the key of the pseudonyms is gone or damaged.
    """
    tell = progress or (lambda _what, _done, _steps: None)
    delivered = open_delivery(partnership, delivery_folder, delivered_on, sources)
    with identity_store.working(workspace) as scratch:
        here = extracts.all_extracts(workspace)
        key = pseudonyms.open_key(workspace, may_create=not here)
        runs = [_Run(workspace, partnership.name, one, delivered_on, key, scratch) for one in delivered]
        known = {extract.facts["inputs"] for extract in here if extracts.has_identity(workspace, extract)}
        new = [run for run in runs if run.inputs not in known]
        for run in new:
            run.prepare()
        steps = sum(len(files) for run in new for files in run.delivered.files.values()) + 2 * len(new)
        done = 0
        for run in new:
            for table in run.delivered.files:
                tell(f"Reading {table} of {run.name}", done, steps)
                run.load(table)
                done += len(run.delivered.files[table])
            tell(f"Mapping {run.name}", done, steps)
            run.map()
            done += 1
        for run in new:
            tell(f"Publishing {run.name}", done, steps)
            run.publish()
            done += 1
    found = {extract.facts["inputs"]: extract for extract in extracts.all_extracts(workspace)}
    current = {extract.digest for extract in extracts.current_extracts(workspace)}
    return [
        ExtractReport(found[run.inputs], run.inputs not in known, found[run.inputs].digest in current) for run in runs
    ]


class _Run:
    """The way of one source of a delivery: `prepare`, `load` each table, `map`, `publish`."""

    def __init__(
        self,
        workspace: Workspace,
        partnership: str,
        delivered: DeliveredSource,
        delivered_on: datetime.date,
        key: Key,
        scratch: Path,
    ) -> None:
        self.workspace = workspace
        self.delivered = delivered
        self.delivered_on = delivered_on
        self.key = key
        self.folder = scratch / delivered.source.name
        self.read: dict[str, tuple[csv_files.CsvFile, ...]] = {}
        self.facts: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "partnership": partnership,
            "source": self.name,
            "agency": delivered.source.agency,
            "gateway": delivered.gateway.name,
            "delivered_on": delivered_on.isoformat(),
            "assumed_recording": delivered.source.assumed_recording,
            "files": [],
            "mapped": [],
        }
        self.inputs = digest_of(
            {
                "version": _VERSION,
                "schema_version": SCHEMA_VERSION,
                "source": delivered.source,
                "delivered_on": delivered_on,
                "files": {
                    table: [[file.path.name, file.sha256] for file in files] for table, files in delivered.files.items()
                },
                "key": key.fingerprint,
            }
        )
        self.facts["inputs"] = self.inputs

    @property
    def name(self) -> str:
        return self.delivered.source.name

    def prepare(self) -> None:
        """Check sources.yaml against empty tables."""
        self.folder.mkdir()
        self.connection = sql.connect()
        self.connection.execute(f"SET temp_directory = {sql.text((self.folder / 'spilt').as_posix())}")
        source = self.delivered.source
        self.validations: dict[str, Validation] = {
            file.name: compile_rules(file, source.starts, self.delivered_on) for file in source.files
        }
        transformations.prepare(self.connection, self.delivered.declaration, self.validations, self.delivered_on)

    def load(self, table: str) -> None:
        """Read the files of one declared table."""
        source = self.delivered.source
        declared = next(file for file in source.files if file.name == table)
        files = tuple(
            csv_files.examine(file.path, source.name, declared, self.folder) for file in self.delivered.files[table]
        )
        facts = reading.load(self.connection, source, declared, self.validations[table], files)
        for file in self.delivered.files[table]:
            file.require_unchanged(source.name)
        self.read[table] = files
        self.facts["files"] += facts

    def map(self) -> None:
        """Run the SQL of sources.yaml, cut off from files and settings, and write what comes of it."""
        connection, declaration = self.connection, self.delivered.declaration
        [(threads,)] = connection.execute("SELECT current_setting('threads')").fetchall()
        for setting in ("allowed_configs = ['threads']", "enable_external_access = false", "lock_configuration = true"):
            connection.execute(f"SET {setting}")
        # One thread: a sum of fractions, or the first of several equals, must be the same at every run.
        connection.execute("SET threads = 1")
        transformations.derive(connection, declaration)
        stage = stages.Stage(connection, self.delivered.source, self.key, self.delivered_on, self._earlier)
        people = None
        for mapped in mappings(self.delivered.source):
            if people is None and mapped.group != "people":
                people = stages.fill_keys(stage)
            self.facts["mapped"].append(
                transformations.run(connection, declaration, mapped, self.read.get(mapped.table, ()))
            )
        self.facts["people"] = stages.fill_keys(stage) if people is None else people
        connection.execute(f"SET threads = {threads}")
        self._write(stage)
        connection.close()

    def _write(self, stage: stages.Stage) -> None:
        events, self.facts["known_from"] = stages.write_events(stage, self.folder / _TABLES["event"])
        self.facts["rows"] = {
            "identity": stages.write_identity(stage, self.folder / _IDENTITY),
            "event": events,
            "involvement": stages.write_involvements(
                stage, self.delivered.source.agency, self.folder / _TABLES["involvement"]
            ),
            "area": stages.write_areas(stage, self.folder / _TABLES["area"]),
        }
        parquet_files.write(
            self.connection, f"FROM {quarantine.TABLE}", quarantine.QUARANTINE, self.folder / _QUARANTINE
        )
        self.facts["identity_sha256"] = sha256_file(self.folder / _IDENTITY)
        self.facts["quarantine_sha256"] = sha256_file(self.folder / _QUARANTINE)

    def _earlier(self, what: str) -> pa.Table:
        """Return the rows of earlier extracts of this source: all columns, as far as they tell rows apart."""
        found = extracts.delivered_before(self.workspace, self.name, self.delivered_on)
        paths = [
            identity_store.records(self.workspace, self.name, one.digest)
            if what == "identity"
            else one.path / _TABLES[what]
            for one in found
        ]
        return pa.concat_tables([pq.read_table(path) for path in paths]) if paths else pa.table({})

    def publish(self) -> None:
        """Put the identity rows and the quarantine in their places, then the extract."""
        self.facts["supersedes"] = [
            one.digest
            for one in extracts.all_extracts(self.workspace)
            if (one.facts["source"], one.facts["delivered_on"]) == (self.name, self.facts["delivered_on"])
            and one.facts["inputs"] != self.inputs
        ]

        def place_identity(digest: str) -> None:
            identity_store.place(
                self.folder / _QUARANTINE, identity_store.quarantined(self.workspace, self.name, digest)
            )
            identity_store.place(self.folder / _IDENTITY, identity_store.records(self.workspace, self.name, digest))

        parent = self.workspace.extracts
        with artefacts.publish(parent, extracts.KIND, self.facts, before=place_identity) as draft:
            for name in _TABLES.values():
                (self.folder / name).rename(draft.path / name)
