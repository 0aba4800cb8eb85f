"""Extracts of the generated partnership, and a slow, obvious reading of them as its sources and their adapters say."""

import csv
import gzip
import importlib
import io
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import duckdb
import pyarrow as pa

from hub.declarations import codes, partnership
from hub.declarations.partnership import Partnership
from hub.declarations.source_files import ColumnType, SourceFile, alike
from hub.declarations.sources import Source
from hub.intake import column_use
from tests.factories import kept

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "partnerships" / "lancashire"
GENERATOR = FOLDER / "generator"
DELIVERED = "2025-01-06"


def run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the generator as people do."""
    command = [sys.executable, "-W", "error", str(GENERATOR), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


def generate(out: Path, *more: str, children: int, seed: int = 1) -> Path:
    done = run("--out", out, "--children", str(children), "--seed", str(seed), *more)
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


def path_of(folder: Path, file: SourceFile) -> Path | None:
    """Return the file in `folder` that is declared so, packed or not; None when it is optional and not there."""
    found = sorted([*folder.glob(file.file), *folder.glob(f"{file.file}.gz")])
    assert len(found) <= 1, f"{file.file}: {found}"
    assert found or file.optional, file.file
    return found[0] if found else None


def lines(folder: Path, file: SourceFile) -> list[list[str]]:
    """Return the cells of a file, its header first; only the header, of declared names, when it is not there."""
    path = path_of(folder, file)
    if path is None:
        return [list(file.columns)]
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    text = data.decode("cp1252" if file.encoding == "cp1252" else "utf-8-sig")
    found = list(
        csv.reader(io.StringIO(text, newline=""), delimiter="," if file.delimiter == "auto" else file.delimiter)
    )
    assert all(len(row) == len(found[0]) for row in found), file.file
    return found


def raw(connection: duckdb.DuckDBPyConnection, folder: Path, file: SourceFile) -> str:
    """Load a file as it is, all text, into the table `raw_<name>`; return that name."""
    header, *rows = lines(folder, file)
    places = {alike(name): index for index, name in enumerate(header)}
    cells = {}
    for name, column in file.columns.items():
        place = next((places[alike(one)] for one in (name, *column.headers) if alike(one) in places), None)
        assert place is not None or column.optional, (file.file, name)
        values = [None if place is None else row[place] for row in rows]
        cells[name] = pa.array(values, pa.string())
    connection.register("cells", pa.table(cells))
    connection.execute(f"CREATE OR REPLACE TABLE raw_{file.name} AS SELECT * FROM cells")
    connection.unregister("cells")
    return f"raw_{file.name}"


_CASTS = {
    ColumnType.INTEGER: "BIGINT",
    ColumnType.NUMBER: "DOUBLE",
    ColumnType.YEAR_GROUP: "BIGINT",  # the generator writes numbers, and Y and N
    ColumnType.BOOLEAN: "BOOLEAN",
}


def load(
    connection: duckdb.DuckDBPyConnection, folder: Path, file: SourceFile, used: frozenset[str] | None = None
) -> None:
    """Load the good rows of a file into a table of its name, and all rows, typed, into `typed_<name>`.

    In `typed_<name>` the column `faults` lists the kinds of fault that a row has: impossible_date, future_date,
    missing_key, repeated_row. A fault in a column that is not among `used` is none; without it every column counts.
    """
    name = raw(connection, folder, file)
    columns, impossible, future, empty = [], ["false"], ["false"], ["false"]
    for column, rules in file.columns.items():
        missing = ", ".join(f"'{word}'" for word in file.missing if word not in rules.not_missing)
        text = f"CASE WHEN {column} NOT IN ({missing}) THEN {column} END"
        value, counts = text, used is None or column in used
        if rules.type is ColumnType.DATE:
            value = "coalesce(" + ", ".join(f"try_strptime({text}, '{one}')" for one in file.dates) + ")::DATE"
            impossible += [f"(NOT empty_{column} AND {column} IS NULL)"] * counts
            if not rules.may_be_future and counts:
                future.append(f"coalesce({column} > DATE '{DELIVERED}', false)")
        elif rules.type in _CASTS:
            value = f"({text})::{_CASTS[rules.type]}"
        if rules.required and counts:
            empty.append(f"empty_{column}")
        columns += [f"{value} AS {column}", f"{text} IS NULL AS empty_{column}"]
    faults = {"impossible_date": impossible, "future_date": future, "missing_key": empty}
    kinds = ", ".join(f"CASE WHEN {' OR '.join(conditions)} THEN '{kind}' END" for kind, conditions in faults.items())
    # A row with another fault is no repeat: it is out already.
    over = ", ".join([*file.unique, "len(faults)"])
    repeated = f"len(faults) = 0 AND row_number() OVER (PARTITION BY {over}) > 1" if file.unique else "false"
    # In two steps: in one, the database would plan each date's many formats once for every place that asks for it.
    connection.execute(f"CREATE OR REPLACE TEMP TABLE read AS SELECT {', '.join(columns)} FROM {name}")
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE typed_{file.name} AS
        SELECT * REPLACE (CASE WHEN {repeated} THEN ['repeated_row'] ELSE faults END AS faults)
        FROM (SELECT {", ".join(file.columns)}, list_filter([{kinds}], lambda kind: kind IS NOT NULL) AS faults
              FROM read)
        """
    )
    connection.execute("DROP TABLE read")
    connection.execute(
        f"CREATE OR REPLACE TABLE {file.name} AS SELECT * EXCLUDE (faults) FROM typed_{file.name} WHERE len(faults) = 0"
    )


def load_source(connection: duckdb.DuckDBPyConnection, folder: Path, source: Source) -> None:
    """Load the good rows of all files of a source, and its derived tables, into a schema of its name, and use it."""
    connection.execute(f"CREATE SCHEMA {source.name}")
    connection.execute(f"USE {source.name}")
    use = column_use.of(source)
    for file in source.files:
        load(connection, folder, file, use.columns[file.name])
    listed = [
        (name, one.code, one.meaning, one.valid_from, one.valid_to, one.groups)
        for name in source.code_lists
        for one in codes.read(name).codes
    ]
    connection.execute(
        """CREATE TABLE codes (list VARCHAR, code VARCHAR, meaning VARCHAR, valid_from DATE, valid_to DATE,
           groups MAP(VARCHAR, VARCHAR))"""
    )
    if listed:
        connection.executemany("INSERT INTO codes VALUES (?, ?, ?, ?, ?, ?)", listed)
    connection.execute(f"CREATE TABLE delivery AS SELECT DATE '{DELIVERED}' AS delivered_on, '' AS period")
    for derived in source.derived:
        connection.execute(f"CREATE TABLE {derived.name} AS {derived.sql}")


def county(children: int, *more: str, seed: int = 1) -> Path:
    """Return the extracts of a county that the tests of a run share: to be read only."""
    name = " ".join(["extracts of", str(children), str(seed), *more]).replace("/", "")
    return kept.once(name, lambda folder: generate(folder, *more, children=children, seed=seed))


def kept_events(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return `events` of a shared county, worked out once a run: to be read only."""

    def make(into: Path) -> None:
        events(folder, into / "events.db").close()

    return duckdb.connect(kept.once(f"events of {folder.name}", make) / "events.db", read_only=True)


def events(folder: Path, database: Path | str = ":memory:") -> duckdb.DuckDBPyConnection:
    """Return a DuckDB with `truth`, `outcome` and `event`: all good rows as events, each with its true person.

    `area_event` holds the figures about areas. The tables of each source stand in a schema of its name.
    """
    connection = duckdb.connect(database)
    for table, file in (("truth", "people"), ("outcome", "outcomes")):
        connection.execute(
            f"CREATE TABLE {table} AS FROM read_csv('{folder}/truth/{file}.csv', all_varchar = true, header = true)"
        )
    statements: list[str] = []
    figures: list[str] = []
    for source in declared().sources:
        load_source(connection, folder, source)
        for number, event in enumerate(source.events):
            lag = source.assumed_recording.lag_days if source.assumed_recording else 36500
            known = f"coalesce({event.known_from or 'NULL'}, least({event.occurred_on} + {lag}, DATE '{DELIVERED}'))"
            connection.execute(
                f"""
                CREATE TABLE main.mapped_{source.name}_{number} AS
                SELECT true_person AS person_id, '{source.name}' AS source, '{event.type}' AS event_type,
                       ({event.role or "NULL"})::VARCHAR AS role, ({event.occurred_on})::DATE AS occurred_on,
                       ({known})::DATE AS known_from, ({event.value or "NULL"})::DOUBLE AS value,
                       ({event.detail or "NULL"})::VARCHAR AS detail, ({event.origin or "NULL"})::VARCHAR AS origin,
                       ({event.episode or "NULL"})::VARCHAR AS episode_id, NULL::DATE AS known_to
                FROM {event.table} AS t
                LEFT JOIN main.truth ON truth.source = '{source.name}' AND source_person_id = t.{event.person}
                WHERE {event.where or "true"}
                """
            )
            statements.append(f"SELECT * FROM mapped_{source.name}_{number}")
        for number, figure in enumerate(source.area_events):
            connection.execute(
                f"""
                CREATE TABLE main.figures_{source.name}_{number} AS
                SELECT {figure.area} AS area_id, '{source.name}' AS source, '{figure.type}' AS event_type,
                       NULL::VARCHAR AS role, ({figure.occurred_on})::DATE AS occurred_on,
                       ({figure.value or "NULL"})::DOUBLE AS value, ({figure.detail or "NULL"})::VARCHAR AS detail,
                       NULL::VARCHAR AS origin
                FROM {figure.table} AS t WHERE {figure.where or "true"}
                """
            )
            figures.append(f"SELECT * FROM figures_{source.name}_{number}")
    connection.execute("USE main")
    connection.execute(f"CREATE TABLE area_event AS {' UNION ALL '.join(figures)}")
    connection.execute(
        "CREATE TABLE event AS SELECT *, row_number() OVER ()::VARCHAR AS event_id FROM ("
        + " UNION ALL ".join(statements)
        + ")"
    )
    return connection
