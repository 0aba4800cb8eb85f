"""The way of one source of a delivery through DuckDB: its files are read and checked, mapped, and written as tables.

    run = SourceRun(declaration, files, delivered_on, key, folder)
    run.prepare()
    for table in run.files:
        run.load(table)
    run.map()

What comes out stands in `folder`; the counts are in `run.facts`. Nothing here knows a workspace: an ingest publishes
what is in the folder, a dry run (`hub.dry_run`) counts it and throws it away.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hub import absent_files, codes, losses, parquet_files, quarantine, reading, sql, staged_events, staged_times
from hub import staging as stages
from hub import transformation as transformations
from hub.csv_files import CsvFile
from hub.delivered_files import DeliveredFile
from hub.digests import sha256_file
from hub.errors import InputError
from hub.file_formats import Opener
from hub.mapping import Declaration, mappings
from hub.powers import Level
from hub.pseudonyms import Key
from hub.source_files import SourceFile
from hub.staging import Earlier
from hub.validation import Validation, compile_rules

TABLES = {name: f"{name}.parquet" for name in ("event", "involvement", "family", "area", "area_event")}
"""The tables of an extract and their files; who its people are stands in `IDENTITY`."""

IDENTITY, QUARANTINE = "identity.parquet", "quarantine.parquet"


class SourceRun:
    """One source: `prepare`, `load` each table, `map`.

    Args:
        declaration: the source, and where it is declared.
        files: the delivered files of each declared one, by table name; none for an optional one that was not sent.
        delivered_on: nothing was known after it.
        key: makes the pseudonyms.
        folder: where to write; it is made.
        period: the period that the names of the files say, when the source has periods.
        replaced: the earlier extracts of the source that this delivery replaces.
        must_keep: a file of which not one row can be kept is an error.
        whole: an optional file that is not there has no rows; else what it would say stays as it was.
    """

    def __init__(
        self,
        declaration: Declaration,
        files: Mapping[str, tuple[DeliveredFile, ...]],
        delivered_on: datetime.date,
        key: Key,
        folder: Path,
        *,
        period: str | None = None,
        replaced: Sequence[Earlier] = (),
        must_keep: bool = True,
        whole: bool = False,
    ) -> None:
        self.declaration = declaration
        self.source = declaration.source
        self.files = files
        self.delivered_on = delivered_on
        self.key = key
        self.folder = folder
        self.period = period
        self.replaced = replaced
        self.must_keep = must_keep
        self.whole = whole
        self.read: dict[str, tuple[CsvFile, ...]] = {}
        self.opener = Opener(self.source.name, folder, declaration.beside)
        self.absent: list[str] = []
        self.not_there: set[str] = set()
        self.facts: dict[str, Any] = {"files": [], "mapped": []}

    def prepare(self, *, check: bool = True) -> None:
        """Make empty tables and check the declaration against them; not for another period of one that was checked."""
        self.folder.mkdir()
        self.connection = sql.connect()
        self.connection.execute(f"SET temp_directory = {sql.text((self.folder / 'spilt').as_posix())}")
        source = self.source
        lists = {name: codes.read(name) for name in source.code_lists}
        self.validations: dict[str, Validation] = {
            file.name: compile_rules(file, source.starts, self.delivered_on, lists) for file in source.files
        }
        transformations.prepare(
            self.connection, self.declaration, self.validations, self.delivered_on, self.period, check=check
        )

    def load(self, table: str) -> None:
        """Read the files of one declared table."""
        source = self.source
        declared = next(file for file in source.files if file.name == table)
        opened = [(file, self.opener.examine(file.candidate, declared)) for file in self.files[table]]
        files = tuple(found for _, found in opened if found is not None)
        for one in files:
            self._refuse_people(declared, one)
        self.absent += [table] * any(found is None for _, found in opened)
        if not files:
            self.not_there.add(table)
        self.facts["files"] += reading.load(
            self.connection, source, declared, self.validations[table], files, must_keep=self.must_keep
        )
        for file in self.files[table]:
            file.require_unchanged(source.name)
        self.read[table] = files

    def _refuse_people(self, declared: SourceFile, file: CsvFile) -> None:
        """Refuse a file of a source about areas that holds what must never be used: it is about single people."""
        if self.source.level is Level.AREA and file.refused:
            header = file.refused[0]
            raise InputError(
                f"{file.name} (source {self.source.name}): it holds the column {header}. {declared.refused[header]}",
                "Nothing of it was kept. Ask the agency for figures about places only, and delete what it sent.",
            )

    def map(self, look: Callable[["SourceRun"], None] | None = None) -> None:
        """Run the declared SQL, cut off from files and settings, and write what comes of it.

        Args:
            look: called when the mappings have run and their results are still there.
        """
        connection, declaration = self.connection, self.declaration
        [(threads,)] = connection.execute("SELECT current_setting('threads')").fetchall()
        for setting in ("allowed_configs = ['threads']", "enable_external_access = false", "lock_configuration = true"):
            connection.execute(f"SET {setting}")
        # One thread: a sum of fractions, or the first of several equals, must be the same at every run.
        connection.execute("SET threads = 1")
        transformations.derive(connection, declaration)
        untold = frozenset() if self.whole else absent_files.untold(self.source, self.not_there)
        self.facts["untold"] = sorted(untold)
        stage = stages.Stage(connection, self.source, self.key, self.delivered_on, self.replaced, untold, self.whole)
        people = None
        for mapped in mappings(self.source):
            if people is None and mapped.group != "people":
                people = stages.fill_keys(stage)
            self.facts["mapped"].append(
                transformations.run(connection, declaration, mapped, self.read.get(mapped.table, ()))
            )
        self.facts["people"] = stages.fill_keys(stage) if people is None else people
        if look is not None:
            look(self)
        connection.execute(f"SET threads = {threads}")
        self._write(stage)
        connection.close()

    def _write(self, stage: stages.Stage) -> None:
        paths = {name: self.folder / file for name, file in TABLES.items()}
        rows, history = {}, {}
        rows["identity"], history["identity"] = stages.write_identity(stage, self.folder / IDENTITY)
        rows["event"], events = staged_events.write_events(stage, paths["event"])
        rows["involvement"], history["involvement"] = staged_times.write_involvements(
            stage, self.source.agency, paths["involvement"]
        )
        rows["family"], history["family"] = staged_times.write_families(stage, paths["family"])
        rows["area"] = stages.write_areas(stage, paths["area"])
        rows["area_event"], history["area_event"] = stages.write_area_events(stage, paths["area_event"])
        self.facts |= events | {"history": {"event": events["history"], **history}, "rows": rows}
        self.facts["taken_away"] = [one.as_json() for one in losses.count(stage)]
        parquet_files.write(
            self.connection, f"FROM {quarantine.TABLE}", quarantine.QUARANTINE, self.folder / QUARANTINE
        )
        self.facts["identity_sha256"] = sha256_file(self.folder / IDENTITY)
        self.facts["quarantine_sha256"] = sha256_file(self.folder / QUARANTINE)
