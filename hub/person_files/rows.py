"""From the rows of an opened file to identity rows: what a mapping says, as SQL.

`add` puts the rows of one file into two tables of the connection: `identity_row` (hub.tables.IDENTITY_RECORD), which
the engine reads, and `file_row` (file, row, record_key, source, source_id, empty_id), one row for each row of the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from hub import sql
from hub.declarations import written_dates
from hub.declarations.source_files import MISSING
from hub.person_files.mapping import FileMapping
from hub.person_files.opening import PersonFile
from hub.tables import IDENTITY_RECORD

MOST_LINES = 1000
"""So many lines of one kind are named; all of them are counted."""

_FOUND_OUT = ("%Y-%m-%d", "%d/%m/%Y", "%Y%m%d", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d", "%d %b %Y", "%d %B %Y", "%m/%d/%Y")
_NOT_BOTH = {"%d/%m/%Y": "%m/%d/%Y", "%m/%d/%Y": "%d/%m/%Y"}
_JOINED = ("given_name", "middle_name", "family_name", "full_name", "address", "id")
_FREE = ("given_name", "middle_name", "family_name", "full_name", "previous_names", "address", "locality")
"""Fields in which Null, Nan and Na are names: only what programs write as they write it means nothing there."""
_KEPT = ("phone", "imd_decile")
"""Fields without a column of their own in identity rows; they stand among the attributes."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one file: counts, and lines of what was noticed."""

    facts: Mapping[str, Any]


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `identity_row` and `file_row`, without rows."""
    connection.register("identity_empty", IDENTITY_RECORD.schema.empty_table())
    connection.execute("CREATE TABLE identity_row AS FROM identity_empty")
    connection.unregister("identity_empty")
    connection.execute(
        "CREATE TABLE file_row (file BIGINT, row BIGINT, record_key VARCHAR, source VARCHAR, source_id VARCHAR, "
        "empty_id BOOLEAN, occurrence BIGINT, true_text VARCHAR)"
    )


def add(
    connection: duckdb.DuckDBPyConnection, file: PersonFile, number: int, mapping: FileMapping, name: str, *, own: bool
) -> Added:
    """Add the rows of one file, and return what was noticed.

    Args:
        connection: after `prepare`.
        file: the opened file.
        number: of the file, from 0.
        mapping: of this file.
        name: the source when the mapping names none.
        own: whether the mapping is of this file alone, so that `source` may be a name.

    Raises:
        ConfigurationError: the mapping names a column that the file does not have.
    """
    cells = _Cells(file, mapping)
    birthday, formats = _date_of_birth(connection, file, cells, mapping)
    columns = {
        field: cells.of(field)
        for field in ("family_name", "sex", "gender", "ethnicity", "address", "postcode", "locality", "email", "area")
    }
    full = cells.of("full_name")
    given = f"coalesce({cells.of('given_name')}, {_given(full)})"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE said AS
        SELECT {number} AS file, rowid AS row, {_source(file, cells, mapping, name, own=own)} AS source,
               {cells.of("id")} AS own_id,
               nullif(concat_ws(' ', {given}, {cells.of("middle_name")}), '') AS given_name,
               coalesce({columns["family_name"]}, {_family(full)}) AS family_name,
               {birthday} AS date_of_birth, {cells.of("date_of_birth")} IS NOT NULL AS date_said,
               {", ".join(f"{columns[field]} AS {field}" for field in list(columns)[1:])},
               {_entries({kind: cells.identifier(kind) for kind in mapping.identifiers})} AS identifiers,
               {_entries({field: cells.of(field) for field in _KEPT if field in mapping.columns})} AS attributes,
               {cells.every("previous_names")} AS previous_names,
               {cells.of("truth")} AS true_text
        FROM {file.table}
        """
    )
    id_of_row = "'row ' || (row + 1)" if "id" in mapping.columns else "(row + 1)::VARCHAR"
    connection.execute(
        f"""
        INSERT INTO file_row BY NAME
        SELECT file, row, source || chr(31) || coalesce('i' || own_id, 'r{number} ' || row) AS record_key, source,
               coalesce(own_id, {id_of_row}) AS source_id, own_id IS NULL AS empty_id,
               row_number() OVER (PARTITION BY record_key ORDER BY row) AS occurrence, true_text
        FROM said ORDER BY row
        """
    )
    _identity_rows(connection, number)
    facts = _facts(connection, file, number, formats, mapping)
    connection.execute(f"DROP TABLE said; DROP TABLE {file.table}")
    return Added(facts)


class _Cells:
    """SQL for the cells of a file, trimmed, empty where nothing is recorded."""

    def __init__(self, file: PersonFile, mapping: FileMapping) -> None:
        self._file, self._mapping = file, mapping

    def one(self, column: str, name: str) -> str:
        cell = sql.trimmed(f"c{self._file.position(column, self._mapping, name)}")
        said, ours = {one.lower() for one in self._mapping.missing}, {one.lower() for one in MISSING}
        if name in _FREE:
            nothing = f"{cell} IN {sql.texts(MISSING)}" + f" OR lower({cell}) IN {sql.texts(sorted(said))}" * bool(said)
        else:
            nothing = f"lower({cell}) IN {sql.texts(sorted(said | ours))}"
        return f"CASE WHEN NOT ({nothing}) THEN {cell} END"

    def identifier(self, kind: str) -> str:
        name = kind if kind in self._mapping.lines else f"identifiers.{kind}"
        return rf"regexp_replace({self.one(self._mapping.identifiers[kind], name)}, '\.0+$', '')"

    def each(self, field: str) -> list[str]:
        return [self.one(column, field) for column in self._mapping.columns.get(field, ())]

    def of(self, field: str) -> str:
        """Return names, addresses and ids joined, of other fields the first cell that is not empty."""
        cells = self.each(field)
        if not cells:
            return "NULL::VARCHAR"
        if field in _JOINED:
            return f"nullif(concat_ws({sql.text('-' if field == 'id' else ' ')}, {', '.join(cells)}), '')"
        return f"coalesce({', '.join(cells)})"

    def every(self, field: str) -> str:
        return f"list_filter([{', '.join(self.each(field))}]::VARCHAR[], lambda one: one IS NOT NULL)"


def _source(file: PersonFile, cells: _Cells, mapping: FileMapping, name: str, *, own: bool) -> str:
    columns = mapping.columns.get("source", ())
    if mapping.source:
        return sql.text(mapping.source)
    if columns and own and not file.has(columns[0]):
        return sql.text(columns[0])
    return f"coalesce({cells.of('source')}, {sql.text(name)})"


def _given(full: str) -> str:
    return (
        f"CASE WHEN contains({full}, ',') THEN nullif(trim(split_part({full}, ',', 2)), '') "
        rf"ELSE nullif(trim(regexp_replace({full}, '\S+$', '')), '') END"
    )


def _family(full: str) -> str:
    last = rf"nullif(regexp_extract({full}, '(\S+)$', 1), '')"
    return f"CASE WHEN contains({full}, ',') THEN nullif(trim(split_part({full}, ',', 1)), '') ELSE {last} END"


def _entries(values: Mapping[str, str]) -> str:
    entries = ", ".join(f"{{'key': {sql.text(name)}, 'value': {value}}}" for name, value in values.items())
    if not entries:
        return "MAP {}::MAP(VARCHAR, VARCHAR)"
    return f"map_from_entries(list_filter([{entries}], lambda one: one.value IS NOT NULL))"


def _date_of_birth(
    connection: duckdb.DuckDBPyConnection, file: PersonFile, cells: _Cells, mapping: FileMapping
) -> tuple[str, tuple[str, ...]]:
    """Return SQL for the date of birth, and the formats in which it is read, the usual one of this file first."""
    parts = [cells.of(name) for name in ("birth_year", "birth_month", "birth_day")]
    whole = "NULL::DATE"
    if "birth_year" in mapping.columns:
        year, month, day = (rf"TRY_CAST(regexp_replace({part}, '\.0+$', '') AS INTEGER)" for part in parts)
        whole = f"TRY(make_date({year}, coalesce({month}, 1), coalesce({day}, 1)))"
    if "date_of_birth" not in mapping.columns:
        return whole, ()
    # A column of its own for each step: an expression that repeats another many times grows beyond measure.
    connection.execute(f"ALTER TABLE {file.table} ADD COLUMN said_birthday VARCHAR")
    connection.execute(f"UPDATE {file.table} SET said_birthday = {cells.of('date_of_birth')}")
    plain = rf"regexp_replace({written_dates.plain('said_birthday')}, '(\.0+|[ T]\d\d?:\d\d.*)$', '')"
    connection.execute(f"UPDATE {file.table} SET said_birthday = {plain} WHERE said_birthday IS NOT NULL")
    text = "said_birthday"
    formats = mapping.dates
    if not formats:
        counts = ", ".join(f"count({_parsed(text, form)})" for form in _FOUND_OUT)
        [row] = connection.execute(f"SELECT {counts} FROM {file.table}").fetchall()
        order = sorted(range(len(_FOUND_OUT)), key=lambda at: (-row[at], at))
        best = _FOUND_OUT[order[0]]
        # Days before months unless this file shows otherwise; never both in one file.
        other = _NOT_BOTH.get(best, "%m/%d/%Y")
        formats = tuple(_FOUND_OUT[at] for at in order if _FOUND_OUT[at] != other and (row[at] or at == order[0]))
    found = written_dates.value(text, formats)
    return f"coalesce(CASE WHEN year({found}) BETWEEN 1850 AND 2150 THEN {found} END, {whole})", formats


def _parsed(text: str, form: str) -> str:
    eight = rf"regexp_full_match({text}, '\d{{8}}') AND " if form.count("%") == 3 and len(form) == 6 else ""
    parsed = f"try_strptime({text}, {sql.text(form)})"
    return f"CASE WHEN {eight}year({parsed}) BETWEEN 1850 AND 2150 THEN {parsed}::DATE END"


_OLD, _NEW = "DATE '1900-01-01'", "DATE '2000-01-01'"


def _identity_rows(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    """Add the identity rows of a file: of one record the last row is the newest, a previous name the oldest."""
    here = f"said JOIN file_row USING (file, row) WHERE file = {number}"
    connection.execute(
        f"""
        INSERT INTO identity_row BY NAME
        SELECT record_key, file_row.source, source_id AS source_person_id, given_name, family_name, date_of_birth, sex,
               gender, ethnicity, address, locality, postcode, email, area AS area_id,
               ({_NEW} + least(occurrence, 30000)::INTEGER) AS known_from, identifiers, attributes
        FROM {here}
        """
    )
    connection.execute(
        f"""
        INSERT INTO identity_row BY NAME
        SELECT record_key, source, source_id AS source_person_id, {_OLD} AS known_from, identifiers, attributes,
               CASE WHEN several THEN {_given("previous")} ELSE given_name END AS given_name,
               CASE WHEN several THEN {_family("previous")} ELSE previous END AS family_name,
               date_of_birth, sex, gender, ethnicity
        FROM (
            SELECT file_row.source AS source, * EXCLUDE (source), contains(previous, ' ') AS several
            FROM (SELECT *, unnest(previous_names) AS previous FROM said) said JOIN file_row USING (file, row)
            WHERE file = {number}
        )
        """
    )


def _facts(
    connection: duckdb.DuckDBPyConnection,
    file: PersonFile,
    number: int,
    formats: tuple[str, ...],
    mapping: FileMapping,
) -> dict[str, Any]:
    nothing = (
        "given_name IS NULL AND family_name IS NULL AND date_of_birth IS NULL AND postcode IS NULL AND address IS NULL "
        "AND email IS NULL AND cardinality(identifiers) = 0"
    )
    noticed = {
        "empty_id": "empty_id" if "id" in mapping.columns else "false",
        "repeated_id": "occurrence > 1",
        "unreadable_date": "date_said AND date_of_birth IS NULL",
        "nothing_to_compare": nothing,
    }
    found = {}
    for name, condition in noticed.items():
        rows = connection.execute(
            f"SELECT row FROM said JOIN file_row USING (file, row) WHERE file = {number} AND {condition} ORDER BY row"
        ).fetchnumpy()["row"]
        found[name] = {"rows": len(rows), "lines": file.lines[rows[:MOST_LINES].astype(int)].tolist()}
    sources = connection.execute(f"SELECT DISTINCT source FROM file_row WHERE file = {number} ORDER BY 1").fetchall()
    rows = len(file.lines)
    return {
        "file": file.path.name,
        "sources": [source for (source,) in sources],
        "rows": rows + len(file.damaged),
        "kept": rows,
        "quarantined": len(file.damaged),
        "quarantine": [{"line": line, "rule": rule} for line, rule in file.damaged[:MOST_LINES]],
        "noticed": {name: one for name, one in found.items() if one["rows"]},
        "columns_without_header": file.without_header,
        "date_formats": list(formats),
        "one_record_per_person": mapping.one_record,
    }
