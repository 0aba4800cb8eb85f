"""Matching the headers of a file with the columns that sources.yaml declares."""

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence

from hub.declarations.source_files import alike
from hub.errors import InputError


def positions(
    headers: Sequence[str],
    columns: Sequence[str],
    where: str,
    *,
    others: Mapping[str, Sequence[str]] | None = None,
    optional: Collection[str] = (),
    line: str = "line 1",
    remedy: str = "",
) -> dict[str, int]:
    """Return the position of each declared column among the headers.

    Upper and lower case count as equal, and whatever is not a letter or digit as `_`: the header "Date of birth" is the
    column `date_of_birth`. The column's own name goes before one of its other headers.

    Args:
        headers: the cells of the file's first record, trimmed.
        columns: the declared columns.
        where: the file and its source, for messages.
        others: other headers of a column.
        optional: columns that the file may lack; such a one has no position then.
        line: where the headers stand, for messages.
        remedy: what to do where none of the columns is there, when that is not about delimiters.

    Raises:
        InputError: a column is missing, or stands there twice.
    """
    found: dict[str, int] = {}
    missing: list[str] = []
    for column in columns:
        places = _places(headers, (column,)) or _places(headers, (others or {}).get(column, ()))
        if len(places) > 1:
            raise InputError(
                f"{where}: the header {column} stands in it twice.", "Ask the agency which of the two is meant."
            )
        if places:
            found[column] = places[0]
        elif column not in optional:
            missing.append(column)
    if not found:
        raise InputError(
            f"{where}: {line} holds none of the declared columns ({', '.join(columns)}).",
            remedy
            or f"Check that it is the right file, that {line} is its header, and the `delimiter` in sources.yaml.",
        )
    if missing:
        # A line with declared columns in it is a header and no row of data, so its names may be shown.
        spare = [header for at, header in enumerate(headers) if header and at not in found.values()]
        raise InputError(
            f"{where}: missing: {'; '.join(_missing(column, spare) for column in missing)}.",
            "Ask the agency for the whole extract, or correct the column's name in sources.yaml.",
        )
    return found


def _places(headers: Sequence[str], names: Sequence[str]) -> list[int]:
    exact = {name.casefold() for name in names}
    plain = {alike(name) for name in names}
    return [at for at, header in enumerate(headers) if header.casefold() in exact] or [
        at for at, header in enumerate(headers) if alike(header) in plain
    ]


def named(headers: Sequence[str]) -> int:
    """Return how many cells a header has up to the last one with a name; a spreadsheet writes empty ones behind it."""
    return max((at for at, header in enumerate(headers, 1) if header), default=0)


def refused(headers: Sequence[str], names: Iterable[str]) -> tuple[str, ...]:
    """Return those of `names`, headers that must never be used, that stand among `headers`."""
    plain = {alike(header) for header in headers}
    return tuple(name for name in names if alike(name) in plain)


def _missing(column: str, headers: Sequence[str]) -> str:
    near = difflib.get_close_matches(alike(column), [alike(header) for header in headers], n=1)
    return f"the column {column}" + (f" (nearest header: {near[0]})" if near else "")
