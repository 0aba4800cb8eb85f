"""Which file is which table of a source, for files that somebody names on the command line."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hub.declarations.source_files import SourceFile
from hub.declarations.sources import Source
from hub.errors import InputError
from hub.formats import unsupported
from hub.formats.delivered_files import CandidateFile, candidates, matching, never_read, period_of, spelt_alike
from hub.formats.opening import fits, told_apart


@dataclass(frozen=True, slots=True)
class AssignedFiles:
    """The files of each table, by period (None for a source without periods).

    Attributes:
        by_period: for each period the files of every table; an optional table without a file has none.
        not_recognised: names of files that are none of the tables.
        missing: optional tables for which no file is there.
        left_alone: files that are called like a table and are none, or belong to no table that is read; and why.
        notices: what is to be said of the files.
    """

    by_period: dict[str | None, dict[str, tuple[CandidateFile, ...]]]
    not_recognised: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    left_alone: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)


def assign(source: Source, paths: Iterable[Path]) -> AssignedFiles:
    """Find the table of each file.

    A file is the table whose pattern its name matches, upper and lower case being equal. One file for a source of one
    file is that, whatever its name. Any other is the table whose columns stand in its header, when it is only one.

    Args:
        source: declares the tables.
        paths: files, and folders whose files are meant.

    Raises:
        InputError: a path is not there, no file is one of the tables, or a needed table has no file.
    """
    every = candidates(_files(paths))
    never = never_read(source, every)
    files = [file for file in every if file not in never]
    found = {file.name: matching(file.file, files, any_case=True) for file in source.files}
    if not any(found.values()) and len(files) == 1 and len({file.file for file in source.files}) == 1:
        found = {file.name: list(files) for file in source.files}
    known = {file for names in found.values() for file in names}
    for file in files:
        tables = [] if file in known else [one.name for one in source.files if not found[one.name] and fits(file, one)]
        if len(tables) == 1:
            found[tables[0]] = [file]
            known.add(file)
    for file in () if known else files:
        refused = unsupported.named(source, file)
        if refused is not None:
            raise refused
    if not known:
        raise InputError(
            f"Not one of the files ({len(files)}) is a file of the adapter {source.name}, by its name or its header.",
            f"Its files are called {', '.join(sorted({file.file for file in source.files}))}.",
        )
    left = {file.name: why for file, why in never.items()}
    for declared in source.files:
        found[declared.name], others = _told_apart(source, declared, found[declared.name])
        left |= {file.name: f"It is called like the table {declared.name}, and lacks its columns." for file in others}
        known -= set(others)
    periods = sorted({period_of(source, file, required=False) or "" for file in known})
    by_period: dict[str | None, dict[str, tuple[CandidateFile, ...]]] = {
        period or None: {
            table: tuple(file for file in names if (period_of(source, file, required=False) or "") == period)
            for table, names in found.items()
        }
        for period in periods
    }
    refusals = {file.name: unsupported.named(source, file) for file in files if file not in known}
    left |= {name: error.message for name, error in refusals.items() if error is not None}
    unknown = sorted(file.name for file in files if file not in known and file.name not in left)
    return AssignedFiles(by_period, unknown, _missing(source, by_period), left, spelt_alike(source, known))


def _told_apart(
    source: Source, declared: SourceFile, files: list[CandidateFile]
) -> tuple[list[CandidateFile], list[CandidateFile]]:
    """Tell the files of a table apart from others that are called like it, period by period."""
    of_period: dict[str | None, list[CandidateFile]] = {}
    for file in files:
        of_period.setdefault(period_of(source, file, required=False), []).append(file)
    parts = [told_apart(declared, some) for some in of_period.values()]
    return [file for ours, _ in parts for file in ours], [file for _, others in parts for file in others]


def _missing(source: Source, by_period: dict[str | None, dict[str, tuple[CandidateFile, ...]]]) -> list[str]:
    missing = []
    for period, tables in by_period.items():
        said = f" of the period {period}" if period else ""
        for file in source.files:
            if not tables[file.name] and not file.optional:
                raise InputError(
                    f"There is no file {file.file}{said}, which the adapter {source.name} needs.",
                    "Name it too, or the folder that holds all of them.",
                )
            if not tables[file.name]:
                missing.append(f"{file.name}{said}")
    return missing


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
