"""How the columns of person files are read, outside a partnership: the mapping of `sentinel hub link FILE…`.

`hub.person_files.mapping_reading` makes these from YAML or JSON; docs/link_files.md shows every form. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hub.errors import ConfigurationError
from hub.person_files import mapping_words as words


@dataclass(frozen=True, slots=True)
class FileMapping:
    """How one file is read.

    Attributes:
        path: the mapping, for messages.
        columns: field → the columns that say it, in order. Fields are those of hub.person_files.mapping_words.FIELDS.
        identifiers: kind, such as "nhs_number" → column.
        dates: formats of dates as strptime writes them; empty: found out from the file.
        one_record: whether the file holds each person once; None: the mapping does not say so.
        source: the name of the source; empty: the column `source`, or else the file's name.
        truth_pattern: what a regular expression finds in the true person's column, or in the id, is the true person.
        missing: more texts than `source_files.MISSING` that mean "not recorded", in lower case.
        delimiter: what separates the cells; empty: found out.
        encoding: of the text; empty: found out.
        lines: line in the mapping of each field, identifier and setting.
    """

    path: Path
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    identifiers: Mapping[str, str] = field(default_factory=dict)
    dates: tuple[str, ...] = ()
    one_record: bool | None = None
    source: str = ""
    truth_pattern: str = ""
    missing: tuple[str, ...] = ()
    delimiter: str = ""
    encoding: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)

    def error(self, name: str, message: str, remedy: str = "") -> ConfigurationError:
        """Return an error about the field `name` of this mapping."""
        return ConfigurationError(f"{self.path}:{self.lines.get(name, 1)}: {name}: {message}", remedy)


@dataclass(frozen=True, slots=True)
class Mappings:
    """A whole mapping: what holds for every file, and what holds for single ones."""

    path: Path
    every: FileMapping
    files: Mapping[str, FileMapping]

    def of(self, file: Path) -> FileMapping:
        """Return the mapping of one file: by its name, its stem, its path or the name of its source.

        Raises:
            ConfigurationError: the mapping says nothing of this file.
        """
        wanted = [file.as_posix(), file.name, file.stem, file.name.split(".")[0]]
        for same in (str, str.casefold):
            for one in wanted:
                for name, mapping in self.files.items():
                    if same(name) == same(one):
                        return mapping
        if self.every.columns or self.every.identifiers:
            return self.every
        raise ConfigurationError(
            f"{self.path}: `files` says nothing of {file.name}.",
            words.nearest(file.stem, self.files) or f"It has {', '.join(self.files)}.",
        )
