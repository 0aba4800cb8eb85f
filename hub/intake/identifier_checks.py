"""What a spreadsheet does to identifiers, and what two children share: said with its count and a remedy.

A spreadsheet reads 001 as 1 and writes it back so, or as 1.0; then a child in one file is not the child of the next.
Nothing is mended here: 001 and 1 may be two children, so only the agency can say.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import duckdb

from hub import sql
from hub.declarations.mapping import Mapped

TEXT_REMEDY = "Ask the agency to export identifiers as text, not through a spreadsheet that takes them for numbers."

_PERSON_GROUPS = ("events", "involvements", "families")
_MANY, _SHARE = 10, 0.05


def notice(what: str, count: int, said: str, remedy: str) -> dict[str, Any]:
    """Return one thing that is to be said: a word for programs, how many, and two sentences."""
    return {"notice": what, "count": count, "said": said, "remedy": remedy}


def notices(
    connection: duckdb.DuckDBPyConnection, mapped: Sequence[Mapped], persons: Mapping[str, Collection[str]]
) -> list[dict[str, Any]]:
    """Return what is to be said of the identifiers of a source whose mappings were run.

    Args:
        connection: holds `#keys` and the result of each mapping.
        mapped: the mappings.
        persons: for each table of files the columns that hold a person's identifier.
    """
    people = [one for one in mapped if one.group == "people"]
    not_found = [*_in_tables(connection, persons)] or [*_not_found(connection, mapped)]
    return [*_own(connection), *not_found, *_unlisted(connection, mapped), *_shared(connection, people)]


def _plain(text: str) -> str:
    return f"ltrim(regexp_replace(lower({text}), '\\.0+$', ''), '0')"


def _count(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    [(count,)] = connection.execute(statement).fetchall()
    return int(count or 0)


def _own(connection: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    floats = _count(connection, "SELECT count(*) FROM \"#keys\" WHERE regexp_full_match(id, '[0-9]+\\.0+')")
    if floats:
        yield notice(
            "identifier_with_fraction", floats, f"{floats} people have an identifier that ends in .0.", TEXT_REMEDY
        )
    doubled = _count(
        connection,
        f'SELECT sum(n) FROM (SELECT count(*) AS n FROM "#keys" GROUP BY {_plain("id")} HAVING count(*) > 1)',
    )
    if doubled:
        yield notice(
            "identifier_spelt_twice",
            doubled,
            f"{doubled} people have identifiers that differ only in zeros at the beginning or in .0 at the end.",
            TEXT_REMEDY,
        )


def _in_tables(
    connection: duckdb.DuckDBPyConnection, persons: Mapping[str, Collection[str]]
) -> Iterator[dict[str, Any]]:
    for table, columns in persons.items():
        for column in sorted(columns):
            person = f"{sql.name(column)}::VARCHAR"
            rows = _count(
                connection,
                f"SELECT sum(n) FROM (SELECT {person} AS person, count(*) AS n FROM {sql.name(table)} GROUP BY 1) "
                f'WHERE person NOT IN (SELECT id FROM "#keys") '
                f'AND {_plain("person")} IN (SELECT {_plain("id")} FROM "#keys")',
            )
            if rows:
                yield notice(
                    "identifier_spelt_otherwise",
                    rows,
                    f"{rows} rows of the table {table} are about people whom the source lists under an identifier that "
                    "differs only in zeros at the beginning or in .0 at the end; they are not used.",
                    TEXT_REMEDY,
                )


def _not_found(connection: duckdb.DuckDBPyConnection, mapped: Sequence[Mapped]) -> Iterator[dict[str, Any]]:
    for one in mapped:
        if one.group in _PERSON_GROUPS:
            rows = _count(
                connection,
                f'SELECT count(*) FROM {one.result} WHERE person NOT IN (SELECT id FROM "#keys") '
                f'AND {_plain("person")} IN (SELECT {_plain("id")} FROM "#keys")',
            )
            if rows:
                yield notice(
                    "identifier_spelt_otherwise",
                    rows,
                    f"{rows} rows ({one.title}) are about people whom the source lists under an identifier that "
                    "differs only in zeros at the beginning or in .0 at the end; they are not used.",
                    TEXT_REMEDY,
                )


def _unlisted(connection: duckdb.DuckDBPyConnection, mapped: Sequence[Mapped]) -> Iterator[dict[str, Any]]:
    """Say it where many rows of a mapping are about people whom the source does not list at all."""
    for one in mapped:
        if one.group in _PERSON_GROUPS:
            [(rows, unlisted)] = connection.execute(
                f'SELECT count(*), count(*) FILTER (person NOT IN (SELECT id FROM "#keys")) FROM {one.result} '
                "WHERE person IS NOT NULL"
            ).fetchall()
            if unlisted >= _MANY and unlisted >= _SHARE * rows:
                yield notice(
                    "identifier_not_listed",
                    int(unlisted),
                    f"{unlisted:,} of {rows:,} rows ({one.title}) are about people whom the source does not list; they "
                    "are not used.",
                    "See how identifiers are written there: an apostrophe, a character that cannot be seen, a comma "
                    "among the digits or 6.4E+05 makes another identifier.",
                )


def _shared(connection: duckdb.DuckDBPyConnection, people: Sequence[Mapped]) -> Iterator[dict[str, Any]]:
    kinds = {field.name for one in people for field in one.fields if field.name.startswith("identifiers.")}
    for kind in sorted(kinds):
        parts = [
            f"SELECT id, {sql.name(kind)} AS value FROM {one.result} WHERE {one.rules.kept}"
            for one in people
            if any(field.name == kind for field in one.fields)
        ]
        both = f"(SELECT DISTINCT id, {_plain('value')} AS value FROM ({' UNION ALL '.join(parts)}) WHERE value <> '')"
        several = f"SELECT count(*) AS n FROM {both} WHERE value <> '' GROUP BY value HAVING count(*) > 1"
        shared = _count(connection, f"SELECT sum(n) FROM ({several})")
        name = kind.removeprefix("identifiers.")
        if shared:
            yield notice(
                "identifier_shared",
                shared,
                f"{shared} people share their {name} with somebody else of this source.",
                "Ask the agency which of them it belongs to; it identifies nobody until then.",
            )
        floats = _count(
            connection,
            f"SELECT count(*) FROM ({' UNION ALL '.join(parts)}) WHERE regexp_full_match(value, '[0-9]+\\.0+')",
        )
        if floats:
            said = f"{floats} people have a {name} that ends in .0."
            yield notice("identifier_with_fraction", floats, said, TEXT_REMEDY)
