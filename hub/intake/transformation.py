"""Working out the derived tables and the mapped rows of one source inside DuckDB.

`prepare` checks every SQL expression of sources.yaml against empty tables, so a mistake is named with its line before a
row is read. `run` does the work; a row that lacks what it needs, or says what cannot be, goes to the quarantine.
"""

import datetime
from collections.abc import Iterable
from typing import Any

import duckdb
import pyarrow as pa

from hub import sql
from hub.declarations import codes, expressions
from hub.declarations.mapping import Declaration, Mapped, MappedField, mappings
from hub.errors import ConfigurationError
from hub.formats.csv_files import CsvFile
from hub.intake import quarantine, reading
from hub.intake.validation import Validation

GIVEN = ("starts", "delivery", "codes")
"""Small tables that every expression may read: `starts (name, start_on)`, `delivery (delivered_on, period)` and
`codes (list, code, meaning, valid_from, valid_to, groups)` with the code lists that the source names."""


def prepare(
    connection: duckdb.DuckDBPyConnection,
    declaration: Declaration,
    validations: dict[str, Validation],
    delivered_on: datetime.date,
    period: str | None = None,
    *,
    check: bool = True,
) -> None:
    """Make the tables of a source without rows and check everything that sources.yaml says about them.

    Args:
        connection: an empty DuckDB.
        declaration: the source.
        validations: the compiled rules of each of its files, by table name.
        delivered_on: the day of delivery.
        period: the period that the file names say; None for a source without periods.
        check: whether to check the mappings; not for another period of a source that was checked.

    Raises:
        ConfigurationError: it names sources.yaml, the line, the source, the field and the columns there are.
    """
    source = declaration.source
    connection.execute("CREATE TABLE starts (name VARCHAR, start_on DATE)")
    for name, start in source.starts.items():
        connection.execute("INSERT INTO starts VALUES (?, ?)", [name, start])
    connection.execute(
        "CREATE TABLE delivery AS SELECT ?::DATE AS delivered_on, ?::VARCHAR AS period", [delivered_on, period]
    )
    _create_codes(connection, source.code_lists)
    connection.execute('CREATE TABLE "#keys" (id VARCHAR, record_key VARCHAR)')
    connection.execute('CREATE TABLE "#births" (id VARCHAR, born DATE)')
    quarantine.create(connection)
    tables = list(GIVEN)
    for index, file in enumerate(source.files):
        _refuse_given(declaration, f"files.{index}.name", file.name)
        try:
            reading.create_empty(connection, file, validations[file.name])
        except duckdb.Error as error:
            raise declaration.wrong(f"files.{index}", expressions.explain(error, file.columns)) from None
        tables.append(file.name)
    for index, derived in enumerate(source.derived):
        _refuse_given(declaration, f"derived.{index}.name", derived.name)
        place = f"derived.{index}.sql"
        objection = expressions.objection(connection, derived.sql, tables)
        if objection is not None:
            raise declaration.wrong(place, objection)
        try:
            # A table, not a view: each reader of a view would plan anew what it is made of, and that of what it reads.
            connection.execute(f"CREATE TABLE {sql.name(derived.name)} AS {derived.sql}")
        except duckdb.Error as error:
            why = expressions.explain(error, _columns(connection, tables), _refused(declaration))
            raise declaration.wrong(place, why) from None
        tables.append(derived.name)
    for mapped in mappings(source) if check else ():
        for field in (*mapped.fields, mapped.where):
            if field.expression is not None:
                _check(connection, declaration, mapped, field, tables)
        try:
            connection.execute(f"EXPLAIN {_select(declaration, mapped)}")
        except duckdb.Error as error:
            raise declaration.wrong(mapped.place, expressions.explain(error, ())) from None


def _create_codes(connection: duckdb.DuckDBPyConnection, lists: Iterable[str]) -> None:
    connection.execute(
        "CREATE TABLE codes (list VARCHAR, code VARCHAR, meaning VARCHAR, valid_from DATE, valid_to DATE, "
        "groups MAP(VARCHAR, VARCHAR))"
    )
    listed = [(name, one) for name in lists for one in codes.read(name).codes]
    if not listed:
        return
    rows = pa.table(
        {
            "list": [name for name, _ in listed],
            "code": [one.code for _, one in listed],
            "meaning": [one.meaning for _, one in listed],
            "valid_from": pa.array([one.valid_from for _, one in listed], pa.date32()),
            "valid_to": pa.array([one.valid_to for _, one in listed], pa.date32()),
            "groups": pa.array([list(one.groups.items()) for _, one in listed], pa.map_(pa.string(), pa.string())),
        }
    )
    connection.register("#listed", rows)
    connection.execute('INSERT INTO codes SELECT * FROM "#listed"')
    connection.unregister("#listed")


def _refuse_given(declaration: Declaration, place: str, name: str) -> None:
    if name in GIVEN:
        raise declaration.wrong(place, f"every source has a table {name} already", "Give this one another name.")


def _refused(declaration: Declaration) -> dict[str, str]:
    """Return every header that must never be used, with the reason."""
    return {header: why for file in declaration.source.files for header, why in file.refused.items()}


def _columns(connection: duckdb.DuckDBPyConnection, tables: list[str]) -> list[str]:
    found = [connection.execute(f"DESCRIBE {sql.name(table)}").fetchall() for table in tables]
    return sorted({str(row[0]) for rows in found for row in rows})


def _check(
    connection: duckdb.DuckDBPyConnection,
    declaration: Declaration,
    mapped: Mapped,
    field: MappedField,
    tables: list[str],
) -> None:
    statement = f"SELECT ({field.expression}\n) FROM {sql.name(mapped.table)}"
    objection = expressions.objection(connection, statement, tables)
    if objection is not None:
        raise declaration.wrong(field.place, objection)
    try:
        described = connection.execute(f"DESCRIBE {statement}").fetchall()
    except duckdb.Error as error:
        why = expressions.explain(error, _columns(connection, [mapped.table]), _refused(declaration))
        raise declaration.wrong(field.place, why) from None
    if len(described) != 1:
        raise declaration.wrong(field.place, "more than one value; write one expression")
    if not field.kind.fits(str(described[0][1])):
        raise declaration.wrong(
            field.place,
            f"this is {described[0][1]}, and it must be {field.kind.value}",
            "Declare the type of its column under `files`, or convert it with TRY_CAST.",
        )


def _is_file(declaration: Declaration, mapped: Mapped) -> bool:
    return mapped.table in {file.name for file in declaration.source.files}


def _from(declaration: Declaration, mapped: Mapped) -> str:
    rows = reading.rows_of(mapped.table) if _is_file(declaration, mapped) else sql.name(mapped.table)
    return f"{rows} AS {sql.name(mapped.table)}"


def _select(declaration: Declaration, mapped: Mapped) -> str:
    """Return the SELECT of a mapping's result: its fields, its broken rules, `#part` and `#row`."""
    place = '"#part", "#row"' if _is_file(declaration, mapped) else 'NULL::INTEGER AS "#part", NULL::BIGINT AS "#row"'
    # Numbered first and named afterwards: a field's name never hides a column of the same name from another field.
    values = ", ".join(f'{field.value} AS "#field {index}"' for index, field in enumerate(mapped.fields))
    names = ", ".join(f'"#field {index}" AS {sql.name(field.name)}' for index, field in enumerate(mapped.fields))
    inner = f"SELECT {values}, {place} FROM {_from(declaration, mapped)} WHERE ({mapped.where.expression}\n)"
    return f'SELECT *, {mapped.rules.columns} FROM (SELECT {names}, "#part", "#row" FROM ({inner}))'


def derive(connection: duckdb.DuckDBPyConnection, declaration: Declaration) -> None:
    """Work out the derived tables of a source, in their order.

    Raises:
        ConfigurationError: one of them fails on these rows. The message names it and no value.
    """
    for index, derived in enumerate(declaration.source.derived):
        try:
            connection.execute(f"CREATE OR REPLACE TABLE {sql.name(derived.name)} AS {derived.sql}")
        except duckdb.Error as error:
            raise _failed(declaration, f"derived.{index}.sql", error) from None


def _failed(declaration: Declaration, place: str, error: duckdb.Error) -> ConfigurationError:
    # The text of the error repeats what stands in a row.
    return declaration.wrong(
        place,
        f"it fails on at least one row ({type(error).__name__})",
        "Use TRY_CAST, nullif or a CASE for rows in which it cannot be worked out.",
    )


def run(
    connection: duckdb.DuckDBPyConnection, declaration: Declaration, mapped: Mapped, files: tuple[CsvFile, ...]
) -> dict[str, Any]:
    """Work out the result of one mapping and return its facts.

    The facts are `mapping, title, table, rows, not_mapped` (left out by `where`), `mapped, quarantined, rules`;
    rows = not_mapped + mapped + quarantined.

    Args:
        connection: holds the tables of the source.
        declaration: the source.
        mapped: the mapping.
        files: the files of its table; none for a derived one.

    Raises:
        ConfigurationError: an expression fails on a row, or gives several rows for one.
    """
    relation, result = _from(declaration, mapped), mapped.result
    try:
        connection.execute(f"CREATE TABLE {result} AS {_select(declaration, mapped)}")
        counts = f"SELECT count(*), count(*) FILTER (WHERE ({mapped.where.expression}\n)) FROM {relation}"
        [(rows, chosen)] = connection.execute(counts).fetchall()
    except duckdb.Error as error:
        raise _failed(declaration, _failing(connection, relation, mapped), error) from None
    if mapped.group == "areas":
        _mark_repeated_areas(connection, mapped)
    kept = mapped.rules.kept
    cells = ", ".join(f"{sql.text(field.name)}: CAST({sql.name(field.name)} AS VARCHAR)" for field in mapped.fields)
    broken = connection.sql(
        f'SELECT "#part" AS part, "#row" AS "row", {mapped.rules.labels} AS rules, MAP {{{cells}}} AS cells '
        f"FROM {result} WHERE NOT ({kept}) ORDER BY ALL"
    ).to_arrow_table()
    quarantine.add_mapped(connection, mapped.table, mapped.place, broken, files)
    quarantined, rules = quarantine.counts(connection, mapping=mapped.place)
    [(used,)] = connection.execute(f"SELECT count(*) FROM {result} WHERE {kept}").fetchall()
    if used + quarantined != chosen:
        raise declaration.wrong(
            mapped.place, "one of its fields gives several rows for one", "Do that under `derived`."
        )
    return {
        "mapping": mapped.place,
        "title": mapped.title,
        "table": mapped.table,
        "rows": rows,
        "not_mapped": rows - chosen,
        "mapped": used,
        "quarantined": quarantined,
        "rules": rules,
    }


def _failing(connection: duckdb.DuckDBPyConnection, relation: str, mapped: Mapped) -> str:
    """Return the place of the first field that fails by itself, or of the mapping."""
    for field in (mapped.where, *mapped.fields):
        condition = "true" if field is mapped.where else mapped.where.expression
        try:
            connection.execute(f"SELECT max(hash({field.value})) FROM {relation} WHERE ({condition}\n)").fetchall()
        except duckdb.Error:
            return field.place
    return mapped.place


def _mark_repeated_areas(connection: duckdb.DuckDBPyConnection, mapped: Mapped) -> None:
    """Keep the first row of each area; mark the others: 1 when all else is equal, else 2."""
    same = " AND ".join(
        f"a.{sql.name(field.name)} IS NOT DISTINCT FROM b.{sql.name(field.name)}" for field in mapped.fields
    )
    kept = mapped.rules.kept
    connection.execute(
        f'UPDATE {mapped.result} a SET "#repeat" = CASE WHEN {same} THEN 1 ELSE 2 END FROM {mapped.result} b '
        f"WHERE a.id = b.id AND a.rowid > b.rowid "
        f"AND b.rowid IN (SELECT min(rowid) FROM {mapped.result} WHERE {kept} GROUP BY id) "
        f"AND a.rowid IN (SELECT rowid FROM {mapped.result} WHERE {kept})"
    )
