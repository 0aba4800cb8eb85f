"""Extracts of the generated partnership, and a slow, obvious reading of them as `sources.yaml` says."""

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import duckdb
import pyarrow as pa

from hub import partnership
from hub.partnership import Partnership
from hub.source_files import ColumnType, SourceFile

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "partnerships" / "lancashire"
GENERATOR = FOLDER / "generator"
DELIVERED = "2025-01-06"


def run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the generator as people do."""
    command = [sys.executable, "-W", "error", str(GENERATOR), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


def generate(out: Path, *, children: int, seed: int = 1) -> Path:
    done = run("--out", out, "--children", str(children), "--seed", str(seed))
    assert done.returncode == 0, done.stderr
    return out


def module(name: str) -> ModuleType:
    """Import a module of the generator, which is a program and no package."""
    sys.path.append(str(GENERATOR))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(GENERATOR))


def declared() -> Partnership:
    return partnership.read(FOLDER)


def raw(connection: duckdb.DuckDBPyConnection, folder: Path, file: SourceFile) -> str:
    """Load a file as it is, all text, into the table `raw_<name>`; return that name."""
    text = (folder / file.file).read_bytes().decode("utf-8-sig" if file.encoding == "utf-8" else file.encoding)
    rows = [line.split(file.delimiter) for line in text.splitlines()]
    assert all(len(row) == len(rows[0]) for row in rows), f"{file.file}: quoted cells; read it another way"
    cells = {name: [row[index] for row in rows[1:]] for index, name in enumerate(rows[0])}
    connection.register("cells", pa.table({name: pa.array(values, pa.string()) for name, values in cells.items()}))
    connection.execute(f"CREATE OR REPLACE TABLE raw_{file.name} AS SELECT * FROM cells")
    connection.unregister("cells")
    return f"raw_{file.name}"


def load(connection: duckdb.DuckDBPyConnection, folder: Path, file: SourceFile) -> None:
    """Load the good rows of a file into a table of its name, and all rows, typed, into `typed_<name>`.

    In `typed_<name>` the column `faults` lists the kinds of fault that a row has: impossible_date, future_date,
    missing_key, repeated_row.
    """
    name = raw(connection, folder, file)
    missing = ", ".join(f"'{word}'" for word in file.missing)
    columns, impossible, future, empty = [], ["false"], ["false"], ["false"]
    for column, rules in file.columns.items():
        text = f"CASE WHEN {column} NOT IN ({missing}) THEN {column} END"
        value = text
        if rules.type is ColumnType.DATE:
            value = "coalesce(" + ", ".join(f"try_strptime({text}, '{one}')" for one in file.dates) + ")::DATE"
            impossible.append(f"({text} IS NOT NULL AND {value} IS NULL)")
            future.append(f"coalesce({value} > DATE '{DELIVERED}', false)")
        elif rules.type in (ColumnType.INTEGER, ColumnType.NUMBER):
            value = f"({text})::{'BIGINT' if rules.type is ColumnType.INTEGER else 'DOUBLE'}"
        if rules.required:
            empty.append(f"({text} IS NULL)")
        columns.append(f"{value} AS {column}")
    faults = {"impossible_date": impossible, "future_date": future, "missing_key": empty}
    kinds = ", ".join(f"CASE WHEN {' OR '.join(conditions)} THEN '{kind}' END" for kind, conditions in faults.items())
    repeat = f"CASE WHEN row_number() OVER (PARTITION BY {', '.join(file.unique)}) > 1 THEN 'repeated_row' END"
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE typed_{file.name} AS
        SELECT {", ".join(columns)}, list_filter([{kinds}, {repeat}], lambda kind: kind IS NOT NULL) AS faults
        FROM {name}
        """
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE {file.name} AS SELECT * EXCLUDE (faults) FROM typed_{file.name} WHERE len(faults) = 0"
    )


def events(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB with `truth`, `outcome` and `event`: all good rows as events, each with its true person."""
    connection = duckdb.connect()
    for table, file in (("truth", "people"), ("outcome", "outcomes")):
        connection.execute(
            f"CREATE TABLE {table} AS FROM read_csv('{folder}/truth/{file}.csv', all_varchar = true, header = true)"
        )
    statements = []
    for source in declared().sources:
        for file in source.files:
            load(connection, folder, file)
        for derived in source.derived:
            connection.execute(f"CREATE OR REPLACE TABLE {derived.name} AS {derived.sql}")
        for number, event in enumerate(source.events):
            lag = source.assumed_recording.lag_days if source.assumed_recording else 0
            known = event.known_from or f"least({event.occurred_on} + {lag}, DATE '{DELIVERED}')"
            connection.execute(
                f"""
                CREATE TABLE mapped_{source.name}_{number} AS
                SELECT true_person AS person_id, '{source.name}' AS source, '{event.type}' AS event_type,
                       ({event.role or "NULL"})::VARCHAR AS role, ({event.occurred_on})::DATE AS occurred_on,
                       ({known})::DATE AS known_from, ({event.value or "NULL"})::DOUBLE AS value,
                       ({event.detail or "NULL"})::VARCHAR AS detail, ({event.origin or "NULL"})::VARCHAR AS origin,
                       ({event.episode or "NULL"})::VARCHAR AS episode_id
                FROM {event.table} AS t
                LEFT JOIN truth ON truth.source = '{source.name}' AND source_person_id = t.{event.person}
                WHERE {event.where or "true"}
                """
            )
            statements.append(f"SELECT * FROM mapped_{source.name}_{number}")
    connection.execute(
        "CREATE TABLE event AS SELECT *, row_number() OVER ()::VARCHAR AS event_id FROM ("
        + " UNION ALL ".join(statements)
        + ")"
    )
    return connection
