"""The line `sep=;` that Excel writes, and reads, above a header: it says what separates the cells, and is no row.

    found = separator_lines.find(content, start)      # SeparatorLine(";", 7, 2), or None

Programs write it with a comma, a semicolon, a bar or a tab (some write a backslash and a t), in any case, quoted or
not; a spreadsheet that took it for a row put empty cells behind it. Pure.
"""

import codecs
import re
from dataclasses import dataclass
from typing import Any

_LONGEST = 1 << 12
_LINE = re.compile(rb"\"?sep=(\\t|[,;\t|])\"?[,;\t| ]*(\r\n|\r|\n)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SeparatorLine:
    """Such a line: what it says, and the byte and the line (from 1) where the header begins."""

    delimiter: str
    position: int
    line: int


def find(content: Any, start: int) -> SeparatorLine | None:
    """Return the line that says what separates the cells, when it stands at the byte `start`; else None.

    Args:
        content: the bytes of a text in UTF-8.
        start: the byte behind a byte-order mark.
    """
    beginning = bytes(content[start : start + _LONGEST])
    match = _LINE.match(beginning)
    if match is None:
        return None
    said = match.group(1).decode("ascii")
    mark = len(codecs.BOM_UTF8) if beginning.startswith(codecs.BOM_UTF8, match.end()) else 0
    return SeparatorLine("\t" if said == "\\t" else said, start + match.end() + mark, 2)
