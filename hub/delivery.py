"""What a delivery holds: which files belong to which source, and under which gateway it may come in."""

import datetime
import difflib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from hub.digests import sha256_file
from hub.errors import ConfigurationError, InputError
from hub.gateways import Gateway
from hub.mapping import Declaration
from hub.partnership import Partnership
from hub.source_files import SourceFile
from hub.sources import Source


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """One file of a delivery: its digest, and what tells that it has not changed since that was taken."""

    path: Path
    sha256: str
    state: tuple[int, int]

    @classmethod
    def of(cls, path: Path) -> "DeliveredFile":
        """Take the digest of the file at `path`."""
        before = _state(path)
        return cls(path, sha256_file(path), before)

    def require_unchanged(self, source: str) -> None:
        """Raise when the file was written to since its digest was taken.

        Raises:
            InputError: it has another size or time of change than then, or is gone.
        """
        if not self.path.is_file() or _state(self.path) != self.state:
            raise InputError(
                f"{self.path.name} (source {source}): it changed while it was read.",
                "Run the ingest again when the delivery is complete.",
            )


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


@dataclass(frozen=True, slots=True)
class DeliveredSource:
    """One source of a delivery, allowed and complete.

    Attributes:
        declaration: the source, and where it is declared.
        gateway: the gateway that lets it in.
        files: the delivered files of each declared file, by table name, sorted by their names; none for an optional
            one that was not sent.
        period: the period that the names of the files say; None for a source without periods.
    """

    declaration: Declaration
    gateway: Gateway
    files: dict[str, tuple[DeliveredFile, ...]]
    period: str | None = None

    @property
    def source(self) -> Source:
        """The source."""
        return self.declaration.source


def open_delivery(
    partnership: Partnership,
    folder: Path,
    delivered_on: datetime.date,
    names: Collection[str] | None,
    on: datetime.date | None = None,
) -> list[DeliveredSource]:
    """Find the sources of a delivery, in the order of sources.yaml; one with periods comes once for each period.

    Args:
        partnership: declares the sources.
        folder: the delivery.
        delivered_on: the day on which each source needs a valid gateway.
        names: only these sources; None takes all.
        on: the day of use, on which each source needs one too; None is today (`Partnership.day_of_use`).

    Raises:
        ConfigurationError: a name is no source.
        GatewayError: a source has no gateway that holds on one of the two days; it is named.
        InputError: the folder, or a file of one of the sources, is not there.
    """
    known = [source.name for source in partnership.sources]
    for name in names or ():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise ConfigurationError(
                f"{partnership.folder / 'sources.yaml'}: there is no source called {name}.",
                f"Did you mean {near[0]}?" if near else f"There is: {', '.join(known)}.",
            )
    chosen = [
        Declaration(partnership.folder / "sources.yaml", index, source)
        for index, source in enumerate(partnership.sources)
        if names is None or source.name in names
    ]
    used_on = partnership.day_of_use() if on is None else on
    gateways_of = [_gateway(partnership, one.source, delivered_on, used_on) for one in chosen]
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder.", "Give the folder that holds the files of the delivery.")
    present = sorted(path.name for path in folder.iterdir() if path.is_file())
    found = [(one, gateway, _find(one, folder, present)) for one, gateway in zip(chosen, gateways_of, strict=True)]
    return [
        DeliveredSource(
            declaration,
            gateway,
            {table: tuple(DeliveredFile.of(folder / name) for name in names) for table, names in files.items()},
            period,
        )
        for declaration, gateway, by_period in found
        for period, files in by_period.items()
    ]


def _gateway(partnership: Partnership, source: Source, delivered_on: datetime.date, used_on: datetime.date) -> Gateway:
    """Return the gateway under which `source` came in; there must be one on the day of use as well."""
    gateway = partnership.require_gateway(source.name, purpose=None, on=delivered_on)
    partnership.require_gateway(source.name, purpose=None, on=used_on)
    return gateway


def _find(declaration: Declaration, folder: Path, present: list[str]) -> dict[str | None, dict[str, list[str]]]:
    """Return the names of the files of each table, by period; the only period of a source without any is None."""
    source = declaration.source
    matching = {}
    for index, file in enumerate(source.files):
        _refuse_path(declaration, index, file)
        matching[file.name] = matches(file.file, present)
    periods = sorted({period_of(source, name) or "" for names in matching.values() for name in names}) or [""]
    found: dict[str | None, dict[str, list[str]]] = {}
    for period in periods:
        tables = {
            table: [name for name in names if (period_of(source, name) or "") == period]
            for table, names in matching.items()
        }
        of_period = f" of the period {period}" if period else ""
        for file in source.files:
            if not tables[file.name] and not file.optional:
                near = difflib.get_close_matches(file.file, present, n=1)
                raise InputError(
                    f"{folder}: the file {file.file} of the source {source.name}{of_period} is missing"
                    + (f"; the nearest name there is {near[0]}." if near else "."),
                    "Ask the agency for it, or name the sources that this delivery holds.",
                )
        if not any(tables.values()):
            raise InputError(
                f"{folder}: not one file of the source {source.name}{of_period} is there.",
                "Ask the agency for it, or name the sources that this delivery holds.",
            )
        found[period or None] = tables
    return found


def matches(pattern: str, names: Iterable[str]) -> list[str]:
    """Return those of `names` that are exactly `pattern`; when none is, those that match it as a pattern.

    A name that also ends in .gz or .zip, because the file is packed, matches as if it did not.
    """
    plain = {name: name.removesuffix(".gz").removesuffix(".zip") for name in names}
    exact = [name for name in plain if pattern in (name, plain[name])]
    return exact or [name for name in plain if fnmatchcase(name, pattern) or fnmatchcase(plain[name], pattern)]


def period_of(source: Source, file: str) -> str | None:
    """Return the period that the name of a file says, or None for a source without periods.

    Raises:
        InputError: the name does not say it.
    """
    if source.period is None:
        return None
    match = re.search(source.period, file)
    if match is None or not match.group(1):
        raise InputError(
            f"{file} (source {source.name}): its name does not say of which period it is.",
            f"Name it so that {source.period} finds the period, such as the year, in it.",
        )
    return match.group(1)


def _refuse_path(declaration: Declaration, index: int, file: SourceFile) -> None:
    if "/" in file.file or "\\" in file.file:
        raise declaration.wrong(f"files.{index}.file", "a file name, without any folder", "Deliver into one folder.")
