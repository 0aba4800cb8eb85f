"""Loading the examined files of a source into DuckDB: typed, validated, bad rows in quarantine.

Every file becomes a table of its own; the relation that the mapping sees under the declared name holds the rows of all
files that break no rule.
"""

from collections.abc import Callable
from typing import Any

import duckdb

from hub import sql
from hub.declarations import written_dates
from hub.declarations.source_files import SourceFile
from hub.declarations.sources import Source
from hub.errors import InputError, NothingKeptError
from hub.formats import csv_rows
from hub.formats.csv_files import CsvFile
from hub.intake import quarantine
from hub.intake.validation import Validation

SHOWN_LINES = 10
"""So many lines of one kind are named; all of them are counted."""

_LINE_ENDS = {"\n": r"\n", "\r\n": r"\r\n"}


def _part(declared: SourceFile, index: int) -> str:
    return sql.name(f"#{declared.name} {index}")


def create_empty(connection: duckdb.DuckDBPyConnection, declared: SourceFile, validation: Validation) -> None:
    """Make the relation `declared.name` without rows, so that the mapping can be checked before anything is read."""
    columns = ", ".join(f"{sql.name(column)} {kind}" for column, kind in validation.columns)
    masks = ", ".join(f"{mask} BIGINT" for mask in validation.rules.masks)
    noticed = ", ".join(f"{mask} BIGINT" for mask in validation.noticed.masks)
    # The dates and rules of this SELECT are bound too: a wrong date format shows here.
    connection.execute(f'CREATE TABLE {_part(declared, 0)} ({columns}, {masks}, "#repeat" TINYINT, {noticed})')
    cells = ", ".join(f'NULL::VARCHAR AS "cell {index}"' for index in range(len(validation.columns)))
    connection.execute(f"INSERT INTO {_part(declared, 0)} {validation.select(f'(SELECT {cells} LIMIT 0)')}")
    _create_view(connection, declared, validation, 1)


def rows_of(table: str) -> str:
    """Return the relation of a declared file's kept rows with their place: `#part` (which file) and `#row` (from 0)."""
    return sql.name(f"#{table} rows")


def _create_view(
    connection: duckdb.DuckDBPyConnection, declared: SourceFile, validation: Validation, parts: int
) -> None:
    columns = ", ".join(sql.name(column) for column, _ in validation.columns)
    kept = validation.rules.kept
    selects = [
        f'SELECT {columns}, {index} AS "#part", rowid AS "#row" FROM {_part(declared, index)} WHERE {kept}'
        for index in range(parts)
    ]
    rows = rows_of(declared.name)
    connection.execute(f"CREATE OR REPLACE VIEW {rows} AS {' UNION ALL '.join(selects)}")
    connection.execute(f"CREATE OR REPLACE VIEW {sql.name(declared.name)} AS SELECT {columns} FROM {rows}")


def load(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    declared: SourceFile,
    validation: Validation,
    files: tuple[CsvFile, ...],
    *,
    must_keep: bool = True,
    doubting: Callable[[frozenset[str]], Validation] | None = None,
) -> list[dict[str, Any]]:
    """Read `files` into the relation `declared.name` and return the facts of each file.

    The facts are `table, file, sha256, bytes, rows, kept, quarantined, rules, blank_lines`, and where there are any
    `refused` (headers that must never be used); rows = kept + quarantined.

    Args:
        connection: holds the empty relation.
        source: the source.
        declared: the file as it is declared.
        validation: its compiled rules.
        files: the delivered files, examined.
        must_keep: a file with rows of which not one can be kept is an error.
        doubting: compiles the rules anew for a file in which some columns of dates have months before days.

    Raises:
        InputError: a file cannot be read, or not one of its rows can be kept.
    """
    if not files:
        return []
    for index, file in enumerate(files):
        where = f"{file.name} (source {source.name})"
        typed = validation.select(_reader(file, declared))
        statement = f"CREATE OR REPLACE TABLE {_part(declared, index)} AS {typed}"
        _read(connection, where, statement)
        [(rows,)] = connection.execute(f"SELECT count(*) FROM {_part(declared, index)}").fetchall()
        if rows != len(file.lines):
            raise _unreadable(where)
        doubtful = _doubtful(connection, declared, validation, file, index) if doubting is not None else frozenset()
        if doubting is not None and doubtful:
            typed = doubting(doubtful).select(_reader(file, declared))
            _read(connection, where, f"CREATE OR REPLACE TABLE {_part(declared, index)} AS {typed}")
    _create_view(connection, declared, validation, len(files))
    if declared.unique:
        _mark_repeats(connection, declared, validation, len(files))
    found = []
    for index, file in enumerate(files):
        facts = _settle(connection, source, declared, validation, file, index)
        if must_keep and facts["rows"] and not facts["kept"]:
            raise _nothing_kept(f"{file.name} (source {source.name})", facts)
        found.append(facts | ({"refused": list(file.refused)} if file.refused else {}))
    return found


def leave_out(connection: duckdb.DuckDBPyConnection, declared: SourceFile, validation: Validation) -> None:
    """Make the relation `declared.name` empty again, after a file of it could not be read."""
    connection.execute(f"DELETE FROM {_part(declared, 0)}")
    _create_view(connection, declared, validation, 1)


def _doubtful(
    connection: duckdb.DuckDBPyConnection, declared: SourceFile, validation: Validation, file: CsvFile, index: int
) -> frozenset[str]:
    """Return the columns of dates of a file that months before days explain, and days before months do not."""
    if not written_dates.may_be_doubtful(declared.date_formats):
        return frozenset()
    broken = "CASE WHEN " + " OR ".join(f"{mask} <> 0" for mask in (*validation.rules.masks, *validation.noticed.masks))
    lists = f"list_concat({validation.rules.noticed}, {validation.noticed.noticed})"
    labels = {
        str(label)
        for (label,) in connection.execute(
            f"SELECT DISTINCT unnest({broken} THEN {lists} END) FROM {_part(declared, index)}"
        ).fetchall()
    }
    found = set()
    for name in declared.columns:
        if f"{name}: date" in labels:
            evidence = validation.evidence(_reader(file, declared), name)
            [(day_first, month_first)] = connection.execute(evidence).fetchall()
            if month_first > day_first:
                found.add(name)
    return frozenset(found)


def _reader(file: CsvFile, declared: SourceFile) -> str:
    names = {
        file.positions[name]: f"cell {index}" for index, name in enumerate(declared.columns) if name in file.positions
    }
    columns = ", ".join(
        f"{sql.text(names.get(position, f'other {position}'))}: 'VARCHAR'" for position in range(file.width)
    )
    read = (
        f"read_csv({sql.text(file.readable.as_posix())}, auto_detect = false, header = {file.has_header}, "
        f"new_line = '{_LINE_ENDS[file.line_end]}', delim = {sql.text(file.delimiter)}, "
        f"quote = '\"', escape = '\"', columns = {{{columns}}})"
    )
    absent = [index for index, name in enumerate(declared.columns) if name not in file.positions]
    empty = ", ".join(f'NULL::VARCHAR AS "cell {index}"' for index in absent)
    return f"(SELECT *, {empty} FROM {read})" if absent else read


def _read(connection: duckdb.DuckDBPyConnection, where: str, statement: str) -> None:
    try:
        connection.execute(statement)
    except duckdb.Error:  # its text repeats the row
        raise _unreadable(where) from None


def _unreadable(where: str) -> InputError:
    return InputError(
        f"{where}: its rows cannot be told apart with certainty.",
        "Ask the agency for CSV in UTF-8 in which cells with quotes, delimiters or line ends stand in double quotes.",
    )


def _mark_repeats(
    connection: duckdb.DuckDBPyConnection, declared: SourceFile, validation: Validation, parts: int
) -> None:
    """Set `#repeat` in kept rows whose `unique` columns stood in an earlier one: 1 when all else is equal, else 2."""
    table = rows_of(declared.name)
    keys = ", ".join(sql.name(column) for column in declared.unique)
    same = " AND ".join(f"a.{sql.name(column)} IS NOT DISTINCT FROM b.{sql.name(column)}" for column in declared.unique)
    every = [f"a.{sql.name(column)} IS NOT DISTINCT FROM b.{sql.name(column)}" for column, _ in validation.columns]
    connection.execute(
        f'CREATE TEMP TABLE "#first" AS SELECT min(("#part", "#row")) AS place FROM {table} '
        f"GROUP BY {keys} HAVING count(*) > 1"
    )
    connection.execute(
        f'CREATE TEMP TABLE "#repeats" AS SELECT a."#part" AS part, a."#row" AS "row", '
        f"CASE WHEN {' AND '.join(every)} THEN 1 ELSE 2 END AS repeat "
        f'FROM {table} a JOIN {table} b ON {same} JOIN "#first" f ON (b."#part", b."#row") = f.place '
        f'WHERE (a."#part", a."#row") <> f.place'
    )
    for index in range(parts):
        part = _part(declared, index)
        connection.execute(
            f'UPDATE {part} SET "#repeat" = r.repeat FROM "#repeats" r '
            f'WHERE r.part = {index} AND r."row" = {part}.rowid'
        )
    connection.execute('DROP TABLE "#first"; DROP TABLE "#repeats"')


def _settle(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    declared: SourceFile,
    validation: Validation,
    file: CsvFile,
    index: int,
) -> dict[str, Any]:
    part, kept_rows = _part(declared, index), validation.rules.kept
    broken = connection.sql(
        f'SELECT rowid AS "row", {validation.rules.labels} AS rules FROM {part} WHERE NOT ({kept_rows}) ORDER BY 1'
    ).to_arrow_table()
    quarantine.add_damaged(connection, declared.name, file)
    if broken.num_rows:
        with csv_rows.only(file, broken["row"].to_numpy()) as those:
            reader = _reader(those, declared)
            quarantine.add_rows(connection, declared.name, file, broken, reader, tuple(declared.columns))
    quarantined, rules = quarantine.counts(connection, file=file.name, table=declared.name)
    [(kept,)] = connection.execute(f"SELECT count(*) FROM {part} WHERE {kept_rows}").fetchall()
    rows = len(file.lines) + len(file.damaged)
    if rows != kept + quarantined:
        raise _unreadable(f"{file.name} (source {source.name})")
    return {
        "table": declared.name,
        "file": file.name,
        "sha256": file.sha256,
        "bytes": file.size,
        "rows": rows,
        "kept": kept,
        "quarantined": quarantined,
        "rules": rules,
        "lines": quarantine.lines(connection, file=file.name, table=declared.name, most=SHOWN_LINES),
        "blank_lines": file.blank_lines,
        "noticed": _noticed(connection, part, validation, file) | _repeated(connection, part, declared, validation),
    }


def _repeated(
    connection: duckdb.DuckDBPyConnection, part: str, declared: SourceFile, validation: Validation
) -> dict[str, dict[str, Any]]:
    """Return how many kept rows of a table without `unique` are equal to another: they may be two facts, or one."""
    if declared.unique:
        return {}
    columns = ", ".join(sql.name(column) for column, _ in validation.columns)
    rows = f"SELECT count(*) - count(DISTINCT hash({columns})) FROM {part} WHERE {validation.rules.kept}"
    [(repeated,)] = connection.execute(rows).fetchall()
    return {"row: repeated": {"rows": int(repeated), "lines": []}} if repeated else {}


def _noticed(
    connection: duckdb.DuckDBPyConnection, part: str, validation: Validation, file: CsvFile
) -> dict[str, dict[str, Any]]:
    """Return for each thing that is noticed in kept rows how many there are, and the first lines."""
    if not validation.noticed.rules:
        return {}
    seen = " OR ".join(f"{mask} <> 0" for mask in validation.noticed.masks)
    found = connection.execute(
        f'SELECT label, count(*), list("row" ORDER BY "row")[:{SHOWN_LINES}] FROM ('
        f'SELECT rowid AS "row", unnest({validation.noticed.noticed}) AS label FROM {part} '
        f"WHERE ({seen}) AND {validation.rules.kept}) GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return {
        str(label): {"rows": int(count), "lines": [int(file.lines[row]) for row in rows]}
        for label, count, rows in found
    }


def _nothing_kept(where: str, facts: dict[str, Any]) -> NothingKeptError:
    why = "; ".join(f"{rule} ({count})" for rule, count in facts["rules"].items())
    return NothingKeptError(
        f"{where}: not one of its {facts['rows']} rows can be kept. Broken rules: {why}.",
        "Correct the declared types and formats in sources.yaml, or ask the agency for the extract again.",
    )
