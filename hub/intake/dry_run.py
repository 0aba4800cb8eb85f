"""A dry run: files are read by a named adapter, outside any partnership, and counted; nothing of them stays.

    report = dry_run.read("ssda903", [Path("returns/")], datetime.date(2021, 6, 30))

What the files become is written into a temporary folder that only its owner may open, under a key that is thrown away,
and is removed with it.
"""

import datetime
import secrets
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub import sql
from hub.declarations import adapter as adapters
from hub.declarations import sources
from hub.declarations.mapping import Declaration
from hub.declarations.source_files import AUTO, Format
from hub.declarations.sources import Source
from hub.errors import InputError, NothingKeptError
from hub.formats.delivered_files import DeliveredFile
from hub.formats.named_files import assign
from hub.identity.pseudonyms import Key
from hub.intake import identifier_checks
from hub.intake.source_run import IDENTITY, TABLES, SourceRun, nothing_kept
from hub.progress import Progress, silent


@dataclass(slots=True)
class DryRun:
    """What the files hold, in counts.

    Attributes:
        adapter: name of the adapter.
        delivered_on: dates after it count as wrong.
        files: for each file the facts of `hub.intake.reading.load`, and its period.
        mapped: for each mapping, and period, the facts of `hub.intake.transformation.run`.
        people: distinct people.
        people_by_period: distinct people of each period; of a source without periods empty.
        people_in_all_periods: distinct people who are in every period; None without several periods.
        rows: rows of each table that a snapshot would be made of.
        events: for each type of event the rows, the people, the first and the last day.
        dates: the first and the last day of all events; None without events.
        not_recognised: names of files that are none of the adapter's.
        missing: optional tables for which no file was there, with the period where there are several.
        refused: for each file the headers in it that must never be used, each with the reason.
        failed: for each file that cannot be read its name and table, what is wrong, and the remedy.
        left_alone: files that are not read because nothing of them is used, each with the reason.
        notices: what is to be said beside: a word, how many, a sentence and a remedy.
        nothing_kept: the error, where there are rows and nothing is kept of them.
    """

    adapter: str
    delivered_on: datetime.date
    files: list[dict[str, Any]] = field(default_factory=list)
    mapped: list[dict[str, Any]] = field(default_factory=list)
    people: int = 0
    people_by_period: dict[str, int] = field(default_factory=dict)
    people_in_all_periods: int | None = None
    rows: dict[str, int] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    dates: dict[str, str] | None = None
    not_recognised: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)
    left_alone: dict[str, str] = field(default_factory=dict)
    notices: list[dict[str, Any]] = field(default_factory=list)
    nothing_kept: NothingKeptError | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the report as docs/reading.md describes it."""
        return {
            "adapter": self.adapter,
            "delivered_on": self.delivered_on.isoformat(),
            "rows": sum(file["rows"] for file in self.files),
            "kept": sum(file["kept"] for file in self.files),
            "quarantined": sum(file["quarantined"] for file in self.files),
            "quarantined_by_rule": dict(sorted(_sum(file["rules"] for file in self.files).items())),
            "noticed": dict(sorted(self.noticed.items())),
            "notices": self.notices,
            "failed": self.failed,
            "people": self.people,
            "people_by_period": self.people_by_period,
            "people_in_all_periods": self.people_in_all_periods,
            "dates": self.dates,
            "files": self.files,
            "mappings": self.mapped,
            "events": self.events,
            "tables": self.rows,
            "not_recognised": self.not_recognised,
            "missing": self.missing,
            "left_alone": self.left_alone,
            "refused": self.refused,
        }

    @property
    def noticed(self) -> dict[str, int]:
        """For each thing that is noticed in kept rows of all files how many rows there are."""
        return dict(_sum({rule: one["rows"] for rule, one in file["noticed"].items()} for file in self.files))

    @property
    def error(self) -> InputError | None:
        """What is wrong with the delivery as a whole, to be raised when the report was shown; None when nothing is."""
        if self.failed:
            first = self.failed[0]
            more = f" So are {len(self.failed) - 1} more; they are listed." if len(self.failed) > 1 else ""
            return InputError(f"{first['message']}{more}", first["remedy"])
        return self.nothing_kept


def _sum(counts: Iterable[dict[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return total


def read(name: str, paths: Iterable[Path], delivered_on: datetime.date, progress: Progress = silent) -> DryRun:
    """Read files, or all files of folders, by the adapter called `name`.

    Args:
        name: the adapter.
        paths: files and folders; they are only read.
        delivered_on: nothing was known after it.
        progress: called at every step.

    Raises:
        ConfigurationError: there is no such adapter.
        InputError: a file cannot be read, or a file that the adapter needs is not there.
    """
    source = lenient(sources.of_adapter(name))
    declaration = Declaration(adapters.path_of(name), 0, source)
    assigned = assign(source, paths)
    report = DryRun(
        name,
        delivered_on,
        not_recognised=assigned.not_recognised,
        missing=assigned.missing,
        left_alone=assigned.left_alone,
        notices=[identifier_checks.notice("one_period", 1, one, "") for one in assigned.notices],
    )
    key = Key(secrets.token_bytes(32))
    with tempfile.TemporaryDirectory(prefix="sentinel-") as folder:
        runs = []
        for number, (period, files) in enumerate(assigned.by_period.items()):
            run = SourceRun(
                declaration,
                {table: tuple(DeliveredFile.of(file) for file in found) for table, found in files.items()},
                delivered_on,
                key,
                Path(folder) / str(number),
                period=period,
                must_keep=False,
                failed=report.failed,
            )
            run.prepare(check=not number)
            for table in run.files:
                progress(f"Reading {table}", number, len(assigned.by_period))
                run.load(table)
            run.map()
            report.missing += [" of the period ".join(filter(None, (table, period))) for table in run.absent]
            runs.append(run)
        for run in runs:
            shown = {"period": run.period} if source.period is not None else {}
            report.files += [shown | file for file in run.facts["files"]]
            report.mapped += [shown | mapped for mapped in run.facts["mapped"]]
            report.notices += [shown | one for one in run.facts["notices"]]
        report.nothing_kept = nothing_kept(runs)
        report.rows = dict(_sum(run.facts["rows"] for run in runs))
        _count(report, runs)
    report.refused = _refused(source, report.files)
    return report


def lenient(source: Source) -> Source:
    """Return a source whose texts may come in any of the encodings and with any of the delimiters that are known."""
    files = tuple(
        file.model_copy(update={"encoding": AUTO, "delimiter": AUTO}) if file.format is Format.CSV else file
        for file in source.files
    )
    return source.model_copy(update={"files": files})


def _count(report: DryRun, runs: list[SourceRun]) -> None:
    with sql.connect() as connection:
        identity, events = (_paths(runs, file) for file in (IDENTITY, TABLES["event"]))
        people = f"SELECT DISTINCT record_key, filename FROM read_parquet({identity}, filename = true)"
        found = dict(connection.execute(f"SELECT filename, count(*) FROM ({people}) GROUP BY 1").fetchall())
        [(report.people,)] = connection.execute(f"SELECT count(DISTINCT record_key) FROM ({people})").fetchall()
        if any(run.period is not None for run in runs):
            report.people_by_period = {
                str(run.period): int(found.get((run.folder / IDENTITY).as_posix(), 0)) for run in runs
            }
            if len(runs) > 1:
                always = f"SELECT record_key FROM ({people}) GROUP BY 1 HAVING count(*) = {len(runs)}"
                [(report.people_in_all_periods,)] = connection.execute(f"SELECT count(*) FROM ({always})").fetchall()
        rows = connection.execute(
            "SELECT event_type, count(*), count(DISTINCT record_key), min(occurred_on), max(occurred_on) "
            f"FROM read_parquet({events}) GROUP BY 1 ORDER BY 1"
        ).fetchall()
    names = ("type", "events", "people", "first", "last")
    report.events = [
        dict(zip(names, (kind, count, persons, first.isoformat(), last.isoformat()), strict=True))
        for kind, count, persons, first, last in rows
    ]
    if report.events:
        report.dates = {
            "first": min(one["first"] for one in report.events),
            "last": max(one["last"] for one in report.events),
        }


def _paths(runs: list[SourceRun], file: str) -> str:
    return "[" + ", ".join(sql.text((run.folder / file).as_posix()) for run in runs) + "]"


def _refused(source: Source, files: list[dict[str, Any]]) -> list[dict[str, str]]:
    reasons = {file.name: file.refused for file in source.files}
    return [
        {"file": file["file"], "header": header, "reason": reasons[file["table"]][header]}
        for file in files
        for header in file.get("refused", ())
    ]
