"""Matching the headers of a file with the columns that sources.yaml declares."""

import difflib
import re
from collections.abc import Sequence

from hub.errors import InputError


def _plain(header: str) -> str:
    return re.sub(r"[^0-9a-z]+", "_", header.casefold()).strip("_")


def positions(headers: Sequence[str], columns: Sequence[str], where: str) -> dict[str, int]:
    """Return the position of each declared column among the headers.

    Upper and lower case count as equal, and whatever is not a letter or digit as `_`: the header "Date of birth" is the
    column `date_of_birth`.

    Args:
        headers: the cells of the file's first record, trimmed.
        columns: the declared columns.
        where: the file and its source, for messages.

    Raises:
        InputError: a column is missing, or stands there twice.
    """
    found: dict[str, int] = {}
    missing: list[str] = []
    for column in columns:
        exact = [at for at, header in enumerate(headers) if header.casefold() == column.casefold()]
        alike = [at for at, header in enumerate(headers) if _plain(header) == _plain(column)]
        if len(exact or alike) > 1:
            raise InputError(
                f"{where}: the header {column} stands in it twice.", "Ask the agency which of the two is meant."
            )
        if exact or alike:
            found[column] = (exact or alike)[0]
        else:
            missing.append(column)
    if not found:
        raise InputError(
            f"{where}: line 1 holds none of the declared columns ({', '.join(columns)}).",
            "Check that it is the right file, that line 1 is its header, and the `delimiter` in sources.yaml.",
        )
    if missing:
        # A line with declared columns in it is a header and no row of data, so its names may be shown.
        spare = [header for at, header in enumerate(headers) if header and at not in found.values()]
        raise InputError(
            f"{where}: missing: {'; '.join(_missing(column, spare) for column in missing)}.",
            "Ask the agency for the whole extract, or correct the column's name in sources.yaml.",
        )
    return found


def _missing(column: str, headers: Sequence[str]) -> str:
    near = difflib.get_close_matches(_plain(column), [_plain(header) for header in headers], n=1)
    return f"the column {column}" + (f" (nearest header: {near[0]})" if near else "")
