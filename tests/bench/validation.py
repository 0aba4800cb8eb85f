"""Validation at scale: ten million rows checked against a bare scan of the same file, each in a process of its own.

    python -m tests.bench.validation 10000000

The bare scan reads every cell of the file as text with DuckDB and counts them. Validation finds the records, types
every cell, notes every broken rule, and writes what breaks one into the quarantine with its line.
"""

import datetime
import json
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub import sql
from hub.declarations.source_files import SourceFile
from hub.declarations.sources import Source
from hub.formats import csv_files
from hub.intake import quarantine, reading
from hub.intake.validation import compile_rules
from tests.bench import SMALL, Measured, child, measured, over

ROWS = 10_000_000
DAY = datetime.date(2025, 1, 6)
_BAD = 997  # one row in so many breaks a rule
FILE = SourceFile.model_validate(
    {
        "name": "sessions",
        "file": "sessions.csv",
        "columns": {
            "event_id": {"type": "integer", "required": True},
            "pupil_id": {"required": True},
            "day": {"type": "date", "required": True, "not_before": "2010-01-01"},
            "recorded_on": {"type": "date"},
            "code": {"required": True, "allowed": ["L", "B", "C", "I", "M", "O", "T", "V"]},
            "minutes": {"type": "integer", "minimum": 0, "maximum": 400},
            "share": {"type": "number", "minimum": 0, "maximum": 1},
        },
    }
)
SOURCE = Source.model_validate(
    {"name": "school", "title": "School", "agency": "council", "gateways": ["duty"], "files": [FILE]}
)


def figures(rows: int = ROWS) -> Iterator[Measured]:
    """Yield the ratio of processor times and the peak of memory."""
    folder = Path(tempfile.mkdtemp(prefix="sentinel-validation-"))
    try:
        write(folder / "sessions.csv", rows)
        found = {
            what: child("tests.bench.validation", what, folder, here=rows <= SMALL) for what in ("scan", "validate")
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.stderr.write(f"{json.dumps(found)}\n")
    ratio = over(found["validate"]["seconds"], found["scan"]["seconds"])
    yield measured("validate_ratio", ratio, "x a bare scan", "<= 8")
    yield measured("validate_gb", found["validate"]["gigabytes"], "GB at the peak")


def write(path: Path, rows: int) -> None:
    """Write a register of `rows` sessions, of which one in 997 breaks a rule."""
    with sql.connect() as connection:
        connection.execute(
            f"""COPY (SELECT i AS event_id, 'P' || lpad((hash(i) % 350000)::VARCHAR, 7, '0') AS pupil_id,
                CASE WHEN i % {_BAD} = 1 THEN '31/02/2020' WHEN i % 2 = 0
                     THEN strftime(DATE '2014-09-01' + (i % 3600)::INTEGER, '%Y-%m-%d')
                     ELSE strftime(DATE '2014-09-01' + (i % 3600)::INTEGER, '%d/%m/%Y') END AS day,
                CASE WHEN i % 5 > 0
                     THEN strftime(DATE '2014-09-08' + (i % 3600)::INTEGER, '%Y-%m-%d') END AS recorded_on,
                'LBCIMOTV'[1 + (hash(i + 1) % 8)::INTEGER] AS code, (hash(i + 2) % 400) AS minutes,
                round((hash(i + 3) % 1000) / 1000.0, 3) AS share, 'left' AS other
                FROM range({rows}) t(i)) TO {sql.text(path.as_posix())} (HEADER true)"""
        )


def scan(folder: Path) -> dict[str, Any]:
    """Read every cell of the file as text and count them."""
    with sql.connect() as connection:
        connection.execute(f"SET temp_directory = {sql.text((folder / 'spilt').as_posix())}")
        table = f"read_csv({sql.text((folder / 'sessions.csv').as_posix())}, all_varchar = true)"
        cells = connection.execute(f"SELECT count(columns(*)) FROM {table}").fetchall()[0]
    return {"rows": cells[0]}


def validate(folder: Path) -> dict[str, Any]:
    """Check the file as an ingest does."""
    with sql.connect() as connection:
        connection.execute(f"SET temp_directory = {sql.text((folder / 'spilt').as_posix())}")
        rules = compile_rules(FILE, {}, DAY)
        quarantine.create(connection)
        reading.create_empty(connection, FILE, rules)
        file = csv_files.examine(folder / "sessions.csv", SOURCE.name, FILE, folder)
        [facts] = reading.load(connection, SOURCE, FILE, rules, (file,))
    return {name: facts[name] for name in ("rows", "kept", "quarantined")}


def main(arguments: list[str]) -> None:
    """Print the figures, or do one of the two in this process and print its cost."""
    if arguments and arguments[0] in ("scan", "validate"):
        started = time.process_time()
        found = {"scan": scan, "validate": validate}[arguments[0]](Path(arguments[1]))
        found |= {"seconds": time.process_time() - started}
        found["gigabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
        sys.stdout.write(json.dumps(found) + "\n")
        return
    for figure in figures(int(arguments[0]) if arguments else ROWS):
        sys.stdout.write(f"{figure}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
