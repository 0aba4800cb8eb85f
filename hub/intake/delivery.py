"""What a delivery holds: which files belong to which source, and under which gateway it may come in."""

import datetime
import difflib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from hub.declarations.gateways import Gateway
from hub.declarations.mapping import Declaration
from hub.declarations.partnership import Partnership
from hub.declarations.source_files import SourceFile
from hub.declarations.sources import Source
from hub.errors import ConfigurationError, InputError
from hub.formats.delivered_files import (
    CandidateFile,
    DeliveredFile,
    candidates,
    matching,
    never_read,
    period_of,
    spelt_alike,
)
from hub.formats.opening import told_apart


@dataclass(frozen=True, slots=True)
class DeliveredSource:
    """One source of a delivery, allowed and complete.

    Attributes:
        declaration: the source, and where it is declared.
        gateway: the gateway that lets it in.
        files: the delivered files of each declared file, by table name, sorted by their names; none for an optional
            one that was not sent.
        period: the period that the names of the files say; None for a source without periods.
        notices: what is to be said of its files.
    """

    declaration: Declaration
    gateway: Gateway
    files: dict[str, tuple[DeliveredFile, ...]]
    period: str | None = None
    notices: tuple[str, ...] = ()

    @property
    def source(self) -> Source:
        """The source."""
        return self.declaration.source


def open_delivery(
    partnership: Partnership,
    folder: Path,
    delivered_on: datetime.date,
    names: Collection[str] | None,
    on: datetime.date,
) -> list[DeliveredSource]:
    """Find the sources of a delivery, in the order of sources.yaml; one with periods comes once for each period.

    Args:
        partnership: declares the sources.
        folder: the delivery.
        delivered_on: the day on which each source needs a valid gateway.
        names: only these sources; None takes all.
        on: the day of use, on which each source needs one too.

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
    gateways_of = [_gateway(partnership, one.source, delivered_on, on) for one in chosen]
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder.", "Give the folder that holds the files of the delivery.")
    present = candidates(sorted(path for path in folder.iterdir() if path.is_file()))
    chosen_files = [
        (one, gateway, *_find(one, folder, present)) for one, gateway in zip(chosen, gateways_of, strict=True)
    ]
    return [
        DeliveredSource(
            declaration,
            gateway,
            {table: tuple(DeliveredFile.of(file) for file in found) for table, found in files.items()},
            period,
            (*notices, *spelt_alike(declaration.source, (file for found in files.values() for file in found))),
        )
        for declaration, gateway, by_period, notices in chosen_files
        for period, files in by_period.items()
    ]


def _gateway(partnership: Partnership, source: Source, delivered_on: datetime.date, used_on: datetime.date) -> Gateway:
    """Return the gateway under which `source` came in; there must be one on the day of use as well."""
    gateway = partnership.require_gateway(source.name, purpose=None, on=delivered_on)
    partnership.require_gateway(source.name, purpose=None, on=used_on)
    return gateway


def _find(
    declaration: Declaration, folder: Path, present: list[CandidateFile]
) -> tuple[dict[str | None, dict[str, list[CandidateFile]]], list[str]]:
    """Return the files of each table, by period, and what was left alone; the period of a source without is None."""
    source = declaration.source
    of_table, never = {}, never_read(source, present)
    left = [f"{file.name} was left: {why}" for file, why in never.items()]
    for index, file in enumerate(source.files):
        _refuse_path(declaration, index, file)
        of_table[file.name], others = told_apart(
            file, matching(file.file, [one for one in present if one not in never])
        )
        left += [f"{one.name} is called like the table {file.name}, lacks its columns, and was left." for one in others]
    periods = sorted({period_of(source, file) or "" for files in of_table.values() for file in files}) or [""]
    found: dict[str | None, dict[str, list[CandidateFile]]] = {}
    for period in periods:
        tables = {
            table: [file for file in files if (period_of(source, file) or "") == period]
            for table, files in of_table.items()
        }
        of_period = f" of the period {period}" if period else ""
        for declared in source.files:
            if not tables[declared.name] and not declared.optional:
                near = difflib.get_close_matches(declared.file, [file.label for file in present], n=1)
                raise InputError(
                    f"{folder}: the file {declared.file} of the source {source.name}{of_period} is missing"
                    + (f"; the nearest name there is {near[0]}." if near else "."),
                    "Ask the agency for it, or name the sources that this delivery holds.",
                )
        if not any(tables.values()):
            raise InputError(
                f"{folder}: not one file of the source {source.name}{of_period} is there.",
                "Ask the agency for it, or name the sources that this delivery holds.",
            )
        found[period or None] = tables
    return found, left


def _refuse_path(declaration: Declaration, index: int, file: SourceFile) -> None:
    if "/" in file.file or "\\" in file.file:
        raise declaration.wrong(f"files.{index}.file", "a file name, without any folder", "Deliver into one folder.")
