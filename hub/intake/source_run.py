"""The way of one source of a delivery through DuckDB: its files are read and checked, mapped, and written as tables.

    run = SourceRun(declaration, files, delivered_on, key, folder)
    run.prepare()
    for table in run.files:
        run.load(table)
    run.map()

What comes out stands in `folder`; the counts are in `run.facts`. Nothing here knows a workspace: an ingest publishes
what is in the folder, a dry run (`hub.intake.dry_run`) counts it and throws it away.
"""

import datetime
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from hub import parquet_files, sql
from hub.declarations import codes, placeholders
from hub.declarations.mapping import Declaration, Mapped, mappings
from hub.declarations.powers import Level
from hub.declarations.source_files import SourceFile
from hub.digests import sha256_file
from hub.disclosing.disclosure import SmallNumbers
from hub.errors import InputError, NothingKeptError
from hub.formats import unsupported
from hub.formats.csv_files import CsvFile
from hub.formats.delivered_files import DeliveredFile
from hub.formats.opening import Opener
from hub.identity.pseudonyms import Key
from hub.intake import absent_files, column_use, identifier_checks, losses, quarantine, reading, tombstones
from hub.intake import transformation as transformations
from hub.intake.tombstones import Tombstone
from hub.intake.validation import Reading, Validation, compile_rules
from hub.staging import events as staged_events
from hub.staging import stage as stages
from hub.staging import times as staged_times
from hub.staging.stage import Earlier

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
        more_placeholders: birthdays that a partnership adds to those that are written for "not known".
        failed: takes what is wrong with a file that cannot be read, and the others are read; without it that is an
            error.
        whole: an optional file that is not there has no rows; else what it would say stays as it was.
        erased: who was erased and is left out, which the facts then say; None where nothing is kept of anybody.
        small: which numbers of what is taken away may be shown.
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
        more_placeholders: Collection[datetime.date] = (),
        failed: list[dict[str, str]] | None = None,
        whole: bool = False,
        small: SmallNumbers | None = None,
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
        self.placeholders = more_placeholders
        self.failed = failed
        self.whole = whole
        self.erased: Sequence[Tombstone] | None = None
        self.small = small or SmallNumbers()
        self.read: dict[str, tuple[CsvFile, ...]] = {}
        self.use = column_use.of(self.source)
        self.opener = Opener(self.source.name, folder, declaration.beside, self._elements(), self.use.columns)
        self.absent: list[str] = []
        self.not_there: set[str] = set()
        self.facts: dict[str, Any] = {"files": [], "mapped": [], "notices": []}

    def prepare(self, *, check: bool = True) -> None:
        """Make empty tables and check the declaration against them; not for another period of one that was checked."""
        self.folder.mkdir()
        self.connection = sql.connect()
        self.connection.execute(f"SET temp_directory = {sql.text((self.folder / 'spilt').as_posix())}")
        source = self.source
        self.validations: dict[str, Validation] = {file.name: self._compiled(file) for file in source.files}
        transformations.prepare(
            self.connection, self.declaration, self.validations, self.delivered_on, self.period, check=check
        )

    def _elements(self) -> frozenset[str]:
        """Return the names of the elements of XML documents that a used column reads."""
        paths = (
            column.path or name
            for file in self.source.files
            for name, column in file.columns.items()
            if name in self.use.columns[file.name]
        )
        return frozenset(path.rpartition("/")[2] for path in paths)

    def _compiled(self, file: SourceFile, doubtful: frozenset[str] = frozenset()) -> Validation:
        lists = {name: codes.read(name) for name in self.source.code_lists}
        used, birthdays = self.use.columns[file.name], self.use.birthdays[file.name]
        how = Reading(used, birthdays, self.placeholders, doubtful)
        return compile_rules(file, self.source.starts, self.delivered_on, lists, how)

    def load(self, table: str) -> None:
        """Read the files of one declared table."""
        source = self.source
        declared = next(file for file in source.files if file.name == table)
        files = self._opened(declared)
        for one in files:
            self._refuse_people(declared, one)
            self.facts["notices"] += one.notices
        if not files:
            self.not_there.add(table)
        try:
            facts = reading.load(
                self.connection,
                source,
                declared,
                self.validations[table],
                files,
                must_keep=self.must_keep and self.use.uses(table),
                doubting=lambda doubtful: self._compiled(declared, doubtful),
            )
        except InputError as error:
            self._left_out(table, ", ".join(one.name for one in files), error)
            reading.leave_out(self.connection, declared, self.validations[table])
            facts, files = [], ()
        self.facts["files"] += facts
        self.facts["notices"] += [one for file in facts for one in _with_remedy(file)]
        for file in self.files[table]:
            file.require_unchanged(source.name)
        self.read[table] = files

    def _opened(self, declared: SourceFile) -> tuple[CsvFile, ...]:
        """Open the files of a declared table; one that cannot be read is left out where that is allowed."""
        found = []
        for file in self.files[declared.name]:
            try:
                one = self.opener.examine(file.candidate, declared)
            except InputError as error:
                self._left_out(declared.name, file.name, unsupported.named(self.source, file.candidate) or error)
                continue
            if one is None and declared.name not in self.absent:
                self.absent.append(declared.name)
            found += [one] if one is not None else []
        return tuple(found)

    def _left_out(self, table: str, file: str, error: InputError) -> None:
        """Leave a file out that cannot be read: always where nothing of its table is used.

        Raises:
            InputError: it is used, and nobody asked to go on.
        """
        if not self.use.uses(table):
            said = f"{error.message} Nothing of the table {table} is used, so the rest is read."
            self.facts["notices"].append(identifier_checks.notice("table_not_used", 1, said, error.remedy))
        elif self.failed is None:
            raise error
        else:
            self.failed.append({"file": file, "table": table, "message": error.message, "remedy": error.remedy})

    def _refuse_people(self, declared: SourceFile, file: CsvFile) -> None:
        """Refuse a file of a source about areas that holds what must never be used: it is about single people."""
        if self.source.level is Level.AREA and file.refused:
            header = file.refused[0]
            raise InputError(
                f"{file.name} (source {self.source.name}): it holds the column {header}. {declared.refused[header]}",
                "Nothing of it was kept. Ask the agency for figures about places only, and delete what it sent.",
            )

    def map(self) -> None:
        """Run the declared SQL, cut off from files and settings, leave out who was `erased`, write what comes of it."""
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
            if mapped.group == "people":
                self._forget_placeholders(mapped)
        self.facts["people"] = stages.fill_keys(stage) if people is None else people
        self.facts["notices"] += identifier_checks.notices(connection, mappings(self.source), self.use.persons)
        self._leave_out_erased()
        connection.execute(f"SET threads = {threads}")
        self._write(stage)
        connection.close()
        if self.must_keep and (why := nothing_kept([self])) is not None:
            raise why

    def _forget_placeholders(self, mapped: Mapped) -> None:
        """Take birthdays away that are written for "not known", where an expression made them of something else."""
        days = ", ".join(sql.text(day) for day in placeholders.every_birthday(self.placeholders))
        update = f"UPDATE {mapped.result} SET date_of_birth = NULL WHERE date_of_birth::VARCHAR IN ({days})"
        [(count,)] = self.connection.execute(update).fetchall()
        if count:
            said = f'{count} birthdays ({mapped.title}) are written for "not known", and are kept as that.'
            self.facts["notices"].append(identifier_checks.notice("placeholder_birthday", int(count), said, ""))

    def _leave_out_erased(self) -> None:
        """Take people out who were erased, and say how many."""
        if self.erased is not None:
            applied = tombstones.apply(self.connection, self.source, self.key, self.erased)
            self.facts["people"] -= applied.people
            self.facts["erased"] = applied.as_json()

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
        self.facts["taken_away"] = [one.as_json(self.small) for one in losses.count(stage)]
        parquet_files.write(
            self.connection, f"FROM {quarantine.TABLE}", quarantine.QUARANTINE, self.folder / QUARANTINE
        )
        self.facts["identity_sha256"] = sha256_file(self.folder / IDENTITY)
        self.facts["quarantine_sha256"] = sha256_file(self.folder / QUARANTINE)


_REMEDIES = {
    "date_century": "Declare `pivot` for the file, such as 30: years 00 to 30 are of this century.",
    "date_serial": "Declare `excel` or `excel_1904` among the `dates` of the file, or ask for dates as text.",
    "date_order": "Declare `%m/%d/%Y` among the `dates` of the file, or ask for dates as 2010-03-05.",
    "encoding": "Ask the agency how the file was put together, and for all of it in UTF-8.",
}


def _with_remedy(file: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what is to be said of rules that are broken by how a file was written, with the first line of each."""
    found = []
    for rule, count in file["rules"].items():
        name = rule.rpartition(": ")[2]
        if name in _REMEDIES:
            said = f"{file['file']}: {count} rows break {rule}, the first on line {file['lines'][rule][0]}."
            found.append(identifier_checks.notice(name, int(count), said, _REMEDIES[name]))
    return found


def nothing_kept(runs: Sequence[SourceRun]) -> NothingKeptError | None:
    """Return the error of a delivery that has rows, and of which nothing is kept; None where something is."""
    files = [file for run in runs for file in run.facts["files"]]
    rows = sum(file["rows"] for file in files)
    kept = sum(sum(run.facts["rows"].values()) for run in runs)
    if not rows or kept:
        return None
    broken: Counter[str] = Counter()
    for one in (*files, *(mapped for run in runs for mapped in run.facts["mapped"])):
        broken.update(one["rules"])
    why = "; ".join(f"{rule} ({count})" for rule, count in sorted(broken.items())) or "no mapping takes any of them"
    return NothingKeptError(
        f"Source {runs[0].source.name}: nothing is kept of {len(files)} files with {rows} rows. Broken rules: {why}.",
        "Correct the declared types and formats, or ask the agency for the extract again.",
    )
