"""What a delivery holds: which files belong to which source, and under which gateway it may come in."""

import datetime
import difflib
from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from hub import gateways
from hub.digests import sha256_file
from hub.errors import ConfigurationError, InputError
from hub.gateways import Gateway, Level
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
        files: the delivered files of each declared file, by table name, sorted by their names.
    """

    declaration: Declaration
    gateway: Gateway
    files: dict[str, tuple[DeliveredFile, ...]]

    @property
    def source(self) -> Source:
        """The source."""
        return self.declaration.source


def open_delivery(
    partnership: Partnership, folder: Path, delivered_on: datetime.date, names: Collection[str] | None
) -> list[DeliveredSource]:
    """Find the sources of a delivery, in the order of sources.yaml.

    Args:
        partnership: declares the sources.
        folder: the delivery.
        delivered_on: the day on which each source needs a valid gateway.
        names: only these sources; None takes all.

    Raises:
        ConfigurationError: a name is no source.
        GatewayError: a source has no gateway that holds on the day; it is named.
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
    gateways_of = [_gateway(partnership, one.source, delivered_on) for one in chosen]
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder.", "Give the folder that holds the files of the delivery.")
    present = sorted(path.name for path in folder.iterdir() if path.is_file())
    found = [_find(one, folder, present) for one in chosen]
    return [
        DeliveredSource(
            declaration,
            gateway,
            {table: tuple(DeliveredFile.of(folder / name) for name in names) for table, names in files.items()},
        )
        for declaration, gateway, files in zip(chosen, gateways_of, found, strict=True)
    ]


def _gateway(partnership: Partnership, source: Source, on: datetime.date) -> Gateway:
    """Return the gateway under which `source` may come in; one for areas is enough for a source without people."""
    level = Level.PERSON if source.people or source.events or source.involvements else Level.AREA
    return gateways.require(source.name, partnership.gateways_of(source), purpose=None, on=on, level=level)


def _find(declaration: Declaration, folder: Path, present: list[str]) -> dict[str, list[str]]:
    source = declaration.source
    found = {}
    for index, file in enumerate(source.files):
        _refuse_path(declaration, index, file)
        names = [name for name in present if name == file.file] or [
            name for name in present if fnmatchcase(name, file.file)
        ]
        if not names:
            near = difflib.get_close_matches(file.file, present, n=1)
            raise InputError(
                f"{folder}: the file {file.file} of the source {source.name} is missing"
                + (f"; the nearest name there is {near[0]}." if near else "."),
                "Ask the agency for it, or name the sources that this delivery holds.",
            )
        found[file.name] = names
    return found


def _refuse_path(declaration: Declaration, index: int, file: SourceFile) -> None:
    if "/" in file.file or "\\" in file.file:
        raise declaration.wrong(f"files.{index}.file", "a file name, without any folder", "Deliver into one folder.")
