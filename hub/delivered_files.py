"""Which file is which table of a source, for files that somebody names on the command line."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hub.delivery import matches, period_of
from hub.errors import InputError
from hub.sources import Source


@dataclass(frozen=True, slots=True)
class Assigned:
    """The files of each table, by period (None for a source without periods).

    Attributes:
        by_period: for each period the files of every table; an optional table without a file has none.
        not_recognised: names of files that are none of the tables.
        missing: optional tables for which no file is there.
    """

    by_period: dict[str | None, dict[str, tuple[Path, ...]]]
    not_recognised: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def assign(source: Source, paths: Iterable[Path]) -> Assigned:
    """Find the table of each file by the pattern that the source declares; upper and lower case count as equal.

    One file for a source of one table is that table, whatever its name.

    Args:
        source: declares the tables.
        paths: files, and folders whose files are meant.

    Raises:
        InputError: a path is not there, no file is one of the tables, or a needed table has no file.
    """
    files = _files(paths)
    found: dict[str, list[Path]] = {
        file.name: [path for path in files if matches(file.file.casefold(), [path.name.casefold()])]
        for file in source.files
    }
    known = {path for names in found.values() for path in names}
    if not known and len(files) == 1 and len({file.file for file in source.files}) == 1:
        found, known = {file.name: list(files) for file in source.files}, set(files)
    if not known:
        raise InputError(
            f"None of the {len(files)} files is one of the adapter {source.name}.",
            f"Their names are {', '.join(file.file for file in source.files)}.",
        )
    if source.period is None:
        by_period: dict[str | None, dict[str, tuple[Path, ...]]] = {
            None: {table: tuple(names) for table, names in found.items()}
        }
    else:
        periods = sorted({str(period_of(source, path.name)) for path in known})
        by_period = {
            period: {
                table: tuple(path for path in names if period_of(source, path.name) == period)
                for table, names in found.items()
            }
            for period in periods
        }
    missing = []
    for period, tables in by_period.items():
        said = f" of the period {period}" if period else ""
        for file in source.files:
            if tables[file.name]:
                continue
            if not file.optional:
                raise InputError(
                    f"There is no file {file.file}{said}, which the adapter {source.name} needs.",
                    "Name it too, or the folder that holds all of them.",
                )
            missing.append(f"{file.name}{said}")
    return Assigned(by_period, sorted(path.name for path in files if path not in known), missing)


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(one for one in path.iterdir() if one.is_file() and not one.name.startswith("."))
        elif path.is_file():
            found.append(path)
        else:
            raise InputError(f"{path}: no such file or folder.", "Check its name.")
    if not found:
        raise InputError("There is no file to read.", "Name files, or a folder that holds them.")
    return list(dict.fromkeys(found))
