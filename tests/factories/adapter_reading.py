"""Small files of a format, read by its adapter into staged rows: people, events with their dates, involvements."""

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from hub.declarations import adapter as adapters
from hub.declarations import sources
from hub.declarations.mapping import Declaration
from hub.formats.delivered_files import DeliveredFile
from hub.formats.named_files import assign
from hub.identity.pseudonyms import Key
from hub.intake import dry_run
from hub.intake.source_run import IDENTITY, TABLES, SourceRun

DELIVERED = datetime.date(2025, 12, 31)


@dataclass(frozen=True, slots=True)
class Read:
    """What came of the files: rows as plain dictionaries, with the agency's own identifier as `person`."""

    identity: list[dict[str, Any]]
    events: list[dict[str, Any]]
    involvements: list[dict[str, Any]]
    families: list[dict[str, Any]]
    areas: list[dict[str, Any]]
    area_events: list[dict[str, Any]]
    facts: list[dict[str, Any]]

    def event(self, kind: str) -> list[tuple[str, str, str, float | None, str | None]]:
        """Return (person, occurred_on, known_from, value, detail) of each event of one type, in order."""
        rows = [one for one in self.events if one["event_type"] == kind]
        return sorted(
            (one["person"], str(one["occurred_on"]), str(one["known_from"]), one["value"], one["detail"])
            for one in rows
        )

    def rules(self) -> dict[str, dict[str, int]]:
        """Return the broken rules of each table that has any."""
        files = [file for facts in self.facts for file in facts["files"]]
        return {file["table"]: file["rules"] for file in files if file["rules"]}

    def unmapped(self) -> dict[str, dict[str, int]]:
        """Return the rules broken under each mapping, where there are any."""
        mapped = [one for facts in self.facts for one in facts["mapped"]]
        return {one["title"]: one["rules"] for one in mapped if one["quarantined"]}


def table(drawn: str) -> str:
    """Return a table that is drawn with | between the cells as CSV; the first line is the header."""
    lines = [line.strip() for line in drawn.strip().splitlines()]
    return "".join(",".join(_cell(cell) for cell in line.split("|")) + "\n" for line in lines)


def _cell(text: str) -> str:
    text = text.strip()
    return '"' + text.replace('"', '""') + '"' if any(one in text for one in ',"') else text


def read(name: str, files: dict[str, str], folder: Path, delivered_on: datetime.date = DELIVERED) -> Read:
    """Write `files` (name and text) into `folder` and read them by the adapter called `name`."""
    delivery = folder / "delivery"
    delivery.mkdir()
    for file, text in files.items():
        (delivery / file).write_text(text, encoding="utf-8")
    return read_folder(name, [delivery], folder, delivered_on)


def read_folder(
    name: str, paths: list[Path], folder: Path, delivered_on: datetime.date = DELIVERED, *, lenient: bool = False
) -> Read:
    """Read what lies at `paths` by the adapter called `name`, period by period; `lenient` as `hub read` does."""
    source = sources.of_adapter(name)
    if lenient:
        source = dry_run.lenient(source)
    declaration = Declaration(adapters.path_of(name), 0, source)
    found: dict[str, list[dict[str, Any]]] = {table: [] for table in ("identity", *TABLES)}
    facts = []
    for number, (period, by_table) in enumerate(assign(source, paths).by_period.items()):
        delivered = {table: tuple(DeliveredFile.of(file) for file in files) for table, files in by_table.items()}
        where = folder / f"run {number}"
        run = SourceRun(declaration, delivered, delivered_on, Key(b"k" * 32), where, period=period, must_keep=False)
        run.prepare(check=False)  # Every adapter is checked in tests/unit/hub/declarations/test_adapters.py.
        for one in run.files:
            run.load(one)
        run.map()
        facts.append(run.facts)
        identity = pq.read_table(where / IDENTITY).to_pylist()
        persons = {row["record_key"]: row["source_person_id"] for row in identity}
        found["identity"] += identity
        for table_name, file in TABLES.items():
            rows = pq.read_table(where / file).to_pylist()
            found[table_name] += [
                row | ({"person": persons[row["record_key"]]} if "record_key" in row else {}) for row in rows
            ]
    return Read(
        found["identity"],
        found["event"],
        found["involvement"],
        found["family"],
        found["area"],
        found["area_event"],
        facts,
    )
