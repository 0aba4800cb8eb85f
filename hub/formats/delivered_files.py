"""The files that somebody delivered, packed or not, and which of them is which table of a source."""

import gzip
import re
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from hub.declarations import return_years
from hub.declarations.sources import Source
from hub.digests import sha256_file
from hub.errors import InputError
from hub.formats import archives
from hub.held_files import FileState, state

_BEGINNING = 1 << 16
_UNPACKED = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xml", ".parquet")


@dataclass(frozen=True, slots=True)
class CandidateFile:
    """One file that may be one of a source's.

    Attributes:
        path: where it lies, packed or not.
        member: its name in the zip archive at `path`; None when that is no zip archive.
        label: the name that patterns and periods are looked for in: without .gz, or the one in the archive.
    """

    path: Path
    member: str | None
    label: str

    @property
    def return_year(self) -> tuple[str | None, str]:
        """The year of a return that its name says, or that of its folder, and how it is spelt (`return_years`)."""
        inside = self.member if self.member is not None else self.label
        around = (self.path.stem,) if self.member is not None else ()
        return return_years.year_of(inside, (*around, *(one.name for one in self.path.absolute().parents)))

    @property
    def name(self) -> str:
        """What messages and facts call it."""
        inside = self.member is not None and self.label != self.path.name.removesuffix(".zip")
        return f"{self.path.name}: {self.label}" if inside else self.path.name


def candidates(paths: Iterable[Path]) -> list[CandidateFile]:
    """Return every file at `paths` that is delivered, each file of a zip archive as one of its own.

    A zip archive that is called like a file, such as pupils.csv.zip, holds that file alone.

    Raises:
        InputError: an archive is damaged or not allowed.
    """
    found: list[CandidateFile] = []
    for path in paths:
        plain = path.name[:-4] if path.name.casefold().endswith(".zip") else None
        if plain is None:
            label = path.name[:-3] if path.name.casefold().endswith(".gz") else path.name
            found.append(CandidateFile(path, None, label))
            continue
        names = archives.members(path, path.name)
        if not plain.casefold().endswith(_UNPACKED):
            found += [CandidateFile(path, name, archives.label(name)) for name in names]
        elif len(names) == 1:
            found.append(CandidateFile(path, names[0], plain))
        else:
            raise InputError(
                f"{path.name}: it holds {len(names)} files, and its name says that it is one.",
                "Ask the agency to pack each file alone, or to call the archive otherwise.",
            )
    return found


def matching(pattern: str, files: Iterable[CandidateFile], *, any_case: bool = False) -> list[CandidateFile]:
    """Return those of `files` that are called exactly `pattern`; when none is, those that match it as a pattern.

    Args:
        pattern: a name, or a pattern such as `persons_*.csv`.
        files: the files.
        any_case: upper and lower case count as equal.
    """
    wanted = pattern.casefold() if any_case else pattern
    named = [(file, file.label.casefold() if any_case else file.label) for file in files]
    exact = [file for file, label in named if label == wanted]
    return exact or [file for file, label in named if fnmatchcase(label, wanted)]


def never_read(source: Source, files: Iterable[CandidateFile]) -> dict[CandidateFile, str]:
    """Return the files that belong to a source and are never read, each with the reason."""
    return {
        file: why
        for file in files
        for pattern, why in source.not_read.items()
        if fnmatchcase(file.label.casefold(), pattern.casefold())
    }


def period_of(source: Source, file: CandidateFile, *, required: bool = True) -> str | None:
    """Return the period that the name of a file says, or None for a source without periods.

    Args:
        source: the source.
        file: the file.
        required: whether a name that does not say it is an error; else it has no period.

    Raises:
        InputError: the name does not say it.
    """
    if source.period is None:
        return None
    found, remedy = None, f"Name it so that {source.period} finds the period, such as the year, in it."
    if source.period == return_years.RETURN_YEAR:
        found, remedy = (
            _return_year(source, file)[0],
            "Put the year into its name, or that of its folder, such as 2018-19 or 2019.",
        )
    else:
        match = re.search(source.period, file.label)
        found = match.group(1) if match is not None else None
    if not found and required:
        raise InputError(
            f"{file.name} (source {source.name}): its name does not say of which period it is, or says several.", remedy
        )
    return found or None


def _return_year(source: Source, file: CandidateFile) -> tuple[str | None, str]:
    """Return the year of a return that a file says itself, else that its name says, and how it is spelt there."""
    paths = {one.year_path for one in source.files if one.year_path is not None}
    if paths and file.label.casefold().endswith(".xml"):
        text = beginning(file)
        for path in sorted(paths):
            said = re.search(rf"<(?:\w+:)?{re.escape(path.rpartition('/')[2])}\b[^>]*>\s*(20\d\d)\s*</", text)
            if said is not None:
                return said.group(1), file.return_year[1] or said.group(1)
    return file.return_year


def beginning(file: CandidateFile) -> str:
    """Return how a text begins; nothing where it cannot be read, which its reader says."""
    try:
        if file.member is not None:
            with zipfile.ZipFile(file.path) as packed, packed.open(file.member) as stream:
                start = stream.read(_BEGINNING)
        else:
            with gzip.open(file.path) if file.path.name.casefold().endswith(".gz") else file.path.open("rb") as stream:
                start = stream.read(_BEGINNING)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, KeyError, RuntimeError, NotImplementedError):
        return ""
    return start.replace(b"\0", b"").decode("utf-8", "replace")  # UTF-16 of such names is ASCII with zeros


def spelt_alike(source: Source, files: Iterable[CandidateFile]) -> list[str]:
    """Return what is to be said of how the names of files spell the years of a return: in several ways."""
    if source.period != return_years.RETURN_YEAR:
        return []
    spellings: dict[str, dict[str, None]] = {}
    found: list[str] = []
    for file in files:
        year, spelling = _return_year(source, file)
        named, _ = file.return_year
        if year != named and named is not None:
            found.append(
                f"{file.name} is called like the return of {named}, and says that it is of {year}: that counts."
            )
        elif year is not None:
            spellings.setdefault(year, {})[spelling] = None
    found += [
        f"{' and '.join(sorted(said))} are one period: the return of 31 March {year}."
        for year, said in sorted(spellings.items())
        if len(said) > 1
    ]
    styles = {re.fullmatch("[0-9]{4}", one) is None: (one, year) for year, said in spellings.items() for one in said}
    if len(styles) > 1 and not found:
        read = [f"{one} is the return of 31 March {year}" for one, year in styles.values()]
        found.append(f"Years are written in two ways: {' and '.join(sorted(read))}.")
    return found


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """One file of a delivery: its digest, and what tells that it has not changed since that was taken."""

    candidate: CandidateFile
    sha256: str
    state: FileState

    @classmethod
    def of(cls, candidate: CandidateFile) -> "DeliveredFile":
        """Take the digest of a file as it was delivered: of an archive, when it is in one."""
        before = _state(candidate.path)
        return cls(candidate, sha256_file(candidate.path), before)

    @property
    def name(self) -> str:
        """What messages and facts call it."""
        return self.candidate.name

    def require_unchanged(self, source: str) -> None:
        """Raise when the file was written to since its digest was taken.

        Raises:
            InputError: it is another file than then, has another size or time of change, or is gone.
        """
        if not self.candidate.path.is_file() or _state(self.candidate.path) != self.state:
            raise InputError(
                f"{self.name} (source {source}): it changed while it was read.",
                "Run the ingest again when the delivery is complete.",
            )


def _state(path: Path) -> FileState:
    return state(path.resolve())  # a delivery may be a link
