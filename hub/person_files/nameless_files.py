"""Files in which nobody has a name, though their mapping says that they have, or nothing else tells who is who.

    found = nameless_files.find(connection, mappings, ["a.csv", "b.csv"])

Without a name people can hardly be told apart, so next to nothing is linked, and nothing is wrong with the rows: the
mapping names another column than the one with the names, or a column that is empty. A file whose mapping has
identifiers and no names means to be linked by these, and is none of them where its records have one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from hub.person_files.mapping import FileMapping

_NAMES = ("given_name", "middle_name", "family_name", "full_name")


@dataclass(frozen=True, slots=True)
class NamelessFile:
    """One such file.

    Attributes:
        file: its name.
        records: how many records it has a part in.
        columns: the columns from which names are read, as the mapping calls them; none where it maps no name.
    """

    file: str
    records: int
    columns: tuple[str, ...]

    @property
    def warning(self) -> str:
        """What is wrong with it, in plain words."""
        if not self.columns:
            return f"{self.file}: no column is mapped to a name, and no identifier says who a record is about."
        which = " and ".join(filter(None, (", ".join(self.columns[:-1]), self.columns[-1])))
        return (
            f"{self.file}: not one of its records ({self.records:,}) has a name; the mapping reads names from {which}."
        )

    def as_json(self) -> dict[str, Any]:
        """Return the form for the report."""
        return {"file": self.file, "records": self.records, "columns": list(self.columns), "warning": self.warning}


REMEDY = "People can hardly be told apart so. Map given_name and family_name, or full_name, to the columns with names."


def find(
    connection: duckdb.DuckDBPyConnection, mappings: Sequence[FileMapping], files: Sequence[str]
) -> list[NamelessFile]:
    """Return the files in which nobody has a name, in their order; none where there is one record alone to link.

    Args:
        connection: holds the tables `file_row` (`rows`) and `record` (`linking.records`): a placeholder is no name.
        mappings: of each file.
        files: the name of each file.
    """
    counts = connection.execute(
        """
        SELECT file, count(DISTINCT number), count(coalesce(given_name, family_name)),
               count(*) FILTER (len(identifiers) > 0)
        FROM file_row JOIN record USING (record_key) GROUP BY file ORDER BY file
        """
    ).fetchall()
    if sum(records for _, records, _, _ in counts) <= 1:
        return []
    found = []
    for number, records, named, identified in counts:
        said = mappings[number].columns
        columns = tuple(dict.fromkeys(column for name in _NAMES for column in said.get(name, ())))
        if not named and (columns or not identified):
            found.append(NamelessFile(files[number], int(records), columns))
    return found
