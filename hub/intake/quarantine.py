"""The quarantine: rows that broke a rule, with their original text. Only the hub opens it: it holds personal values.

A row that cannot be used is never dropped: it is written here with the file, the line on which it began, the rules it
broke and the cells as they stood, and counted in the facts of its extract.
"""

import duckdb
import pyarrow as pa

from hub import sql
from hub.formats.csv_files import CsvFile
from hub.tables import Field, Table

TABLE = sql.name("#quarantine")
QUARANTINE = Table(
    "quarantine",
    "One row for each row that was set aside.",
    (
        Field("file", pa.string(), True, "Its file; empty for a row of a derived table."),
        Field("table", pa.string(), False, "The table: a workbook or an XML file holds several."),
        Field("line", pa.int64(), True, "The line on which it began; empty for a row of a derived table."),
        Field("mapping", pa.string(), True, "Empty when it broke a rule of its file, else the mapping: events.3."),
        Field("rules", pa.list_(pa.string()), False, "The rules that it broke."),
        Field("cells", pa.map_(pa.string(), pa.string()), False, "Declared columns, or mapped fields, and their text."),
    ),
    ("file", "table", "line", "mapping"),
)


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the empty table in which a source's quarantined rows are collected."""
    columns = (
        'file VARCHAR, "table" VARCHAR, line BIGINT, mapping VARCHAR, rules VARCHAR[], cells MAP(VARCHAR, VARCHAR)'
    )
    connection.execute(f"CREATE TABLE {TABLE} ({columns})")


def add_damaged(connection: duckdb.DuckDBPyConnection, table: str, file: CsvFile) -> None:
    """Add the records of `file`, as the table `table`, that could not be read at all."""
    rows = [{"line": one.line, "rules": [one.rule], "text": one.text} for one in file.damaged]
    schema = pa.schema([("line", pa.int64()), ("rules", pa.list_(pa.string())), ("text", pa.string())])
    _insert(
        connection,
        pa.Table.from_pylist(rows, schema),
        f"{sql.text(file.name)}, {sql.text(table)}, line, NULL, rules, MAP {{'record': text}}",
    )


def add_rows(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    file: CsvFile,
    broken: pa.Table,
    reader: str,
    columns: tuple[str, ...],
) -> None:
    """Add rows of `file` that were read and broke a rule, with their original cells.

    Args:
        connection: holds the quarantine.
        table: the table as which it was read.
        file: the file.
        broken: `row` (from 0) and `rules` of each row that broke one.
        reader: the relation that reads those rows alone, in their order, with the columns `cell 0`, `cell 1` and so on.
        columns: the declared columns, in the order of the cells.
    """
    lined = broken.append_column("line", pa.array(file.lines[broken["row"].to_numpy()], pa.int64()))
    lined = lined.append_column("place", pa.array(range(broken.num_rows), pa.int64()))
    cells = ", ".join(f'{sql.text(column)}: "cell {index}"' for index, column in enumerate(columns))
    _insert(
        connection,
        lined,
        f"{sql.text(file.name)}, {sql.text(table)}, line, NULL, rules, MAP {{{cells}}}",
        f"JOIN (SELECT row_number() OVER () - 1 AS place, * FROM {reader}) USING (place)",
    )


def add_mapped(
    connection: duckdb.DuckDBPyConnection, table: str, mapping: str, broken: pa.Table, files: tuple[CsvFile, ...]
) -> None:
    """Add rows that could not be used under a mapping.

    Args:
        connection: holds the quarantine.
        table: the mapped table.
        mapping: its place in sources.yaml, such as `events.3`.
        broken: `part` (which of `files`) and `row` (both empty for a derived table), `rules` and `cells` of each row.
        files: the files of the mapped table; none for a derived one.
    """
    places = zip(broken["part"].to_pylist(), broken["row"].to_pylist(), strict=True)
    found = [(files[part].name, int(files[part].lines[row])) if files else (None, None) for part, row in places]
    lined = broken.append_column("file", pa.array([name for name, _ in found], pa.string()))
    lined = lined.append_column("line", pa.array([line for _, line in found], pa.int64()))
    _insert(connection, lined, f"file, {sql.text(table)}, line, {sql.text(mapping)}, rules, cells")


def _insert(connection: duckdb.DuckDBPyConnection, rows: pa.Table, select: str, join: str = "") -> None:
    if rows.num_rows:
        connection.register("#rows", rows)
        connection.execute(f'INSERT INTO {TABLE} SELECT {select} FROM "#rows" {join}')
        connection.unregister("#rows")


def counts(
    connection: duckdb.DuckDBPyConnection, *, file: str = "", table: str = "", mapping: str = ""
) -> tuple[int, dict[str, int]]:
    """Return how many rows of a file and its table, or of a mapping, are in quarantine, and how many break each."""
    those = "mapping = $name" if mapping else 'mapping IS NULL AND file = $name AND "table" = $table'
    name = {"name": mapping} if mapping else {"name": file, "table": table}
    rows = connection.execute(f"SELECT count(*) FROM {TABLE} WHERE {those}", name).fetchall()
    rules = connection.execute(
        f"SELECT rule, count(*) FROM (SELECT unnest(rules) AS rule FROM {TABLE} WHERE {those}) GROUP BY 1 ORDER BY 1",
        name,
    ).fetchall()
    return int(rows[0][0]), {str(rule): int(count) for rule, count in rules}


def lines(connection: duckdb.DuckDBPyConnection, *, file: str, table: str, most: int) -> dict[str, list[int]]:
    """Return for each rule that rows of a file and its table break the lines of the first of them."""
    rows = connection.execute(
        f"SELECT rule, list(line ORDER BY line)[:{most}] FROM (SELECT unnest(rules) AS rule, line FROM {TABLE} "
        'WHERE mapping IS NULL AND file = $file AND "table" = $table) GROUP BY 1 ORDER BY 1',
        {"file": file, "table": table},
    ).fetchall()
    return {str(rule): [int(line) for line in found] for rule, found in rows}
