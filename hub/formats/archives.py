"""Files that come packed, as .gz or .zip: what is in them, and their bytes, within limits.

A small archive can hold more than a disk: every limit below is there so that unpacking stops long before that. Nothing
in an archive decides where anything is written: names of members are labels, the hub gives the paths.
"""

import gzip
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from hub.errors import InputError

LARGEST_UNPACKED = 8 << 30
"""Bytes of one unpacked file, 8 GB: ten times the largest file that a county delivers (20 million events)."""

LARGEST_RATIO = 200
"""Unpacked bytes for each packed one. CSV of codes and dates packs 5 to 30 times; zeros pack 1,000 times."""

FREE_OF_RATIO = 16 << 20
"""Bytes, 16 MB, up to which the ratio does not count: small files of equal rows pack well and harm nobody."""

MOST_MEMBERS = 1_000
"""Files in one archive. A workbook has a few dozen parts, a delivery of every adapter fewer than 200 files."""

_CHUNK = 1 << 20
_ENCRYPTED = 0x1
_PACKED = (".zip", ".gz", ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz", ".zst")


def members(path: Path, where: str) -> list[str]:
    """Return the names of the files in a zip archive, as they stand there, in its order.

    Folders, and the files that a Mac adds, are left out.

    Raises:
        InputError: it is no zip archive, is encrypted, holds too many files, an archive, or one name twice.
    """
    with _opened(path, where) as archive:
        infos = _checked(archive, path, where)
    names = [info.filename for info in infos]
    labels = [label(name) for name in names]
    if len(set(labels)) < len(labels):
        raise InputError(f"{where}: two files in it have the same name.", "Ask the agency to pack the files again.")
    for number, name in enumerate(labels, start=1):
        if name.casefold().endswith(_PACKED):
            raise InputError(
                f"{where}: file {number} in it is an archive too.", "Ask the agency to pack the files themselves."
            )
    return names


def label(member: str) -> str:
    """Return the name of a member without folders; it is shown and matched, and never used as a path."""
    return re.sub(r"[\x00-\x1f]", "", PurePosixPath(member.replace("\\", "/")).name)


def unpack(path: Path, member: str | None, target: Path, where: str) -> None:
    """Write the unpacked bytes of a .gz file, or of one member of a .zip archive, to `target`.

    Raises:
        InputError: it is damaged, or is larger unpacked than the limits allow.
    """
    packed = max(path.stat().st_size, 1)
    try:
        if member is None:
            with gzip.open(path) as stream:
                _copy(stream, target, packed, where)
            return
        with _opened(path, where) as archive:
            info = next(info for info in _checked(archive, path, where) if info.filename == member)
            with archive.open(info) as stream:
                _copy(stream, target, max(info.compress_size, 1), where)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
        raise InputError(
            f"{where}: it cannot be unpacked ({type(error).__name__}): the archive is damaged or not whole.",
            "Ask the agency to send it again.",
        ) from None


def check_expansion(path: Path, where: str) -> None:
    """Check every member of a zip archive that another reader is going to unpack, such as a workbook.

    Python's zipfile never gives more bytes than a member declares, so what is declared is what is checked.

    Raises:
        InputError: it is no zip archive, is encrypted, or goes beyond a limit.
    """
    with _opened(path, where) as archive:
        infos = _checked(archive, path, where)
    for info in infos:
        _require_within(info.file_size, max(info.compress_size, 1), where)
    _require_within(sum(info.file_size for info in infos), max(path.stat().st_size, 1), where)


@contextmanager
def _opened(path: Path, where: str) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise InputError(
            f"{where}: it cannot be opened as a zip archive ({type(error).__name__}).",
            "Check that it is the right file and whole.",
        ) from None
    with archive:
        yield archive


def _checked(archive: zipfile.ZipFile, path: Path, where: str) -> list[zipfile.ZipInfo]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    infos = [info for info in infos if not info.filename.startswith("__MACOSX/")]
    if len(infos) > MOST_MEMBERS:
        raise InputError(
            f"{where}: it holds {len(infos)} files; more than {MOST_MEMBERS} are no delivery.",
            "Ask the agency what it is.",
        )
    if any(info.flag_bits & _ENCRYPTED for info in infos):
        raise InputError(
            f"{where}: it is encrypted.",
            "Unpack it with its password in the place where deliveries arrive, and give that folder.",
        )
    if sum(info.compress_size for info in infos) > path.stat().st_size:
        raise InputError(
            f"{where}: files in it share their bytes, so it is made to grow when it is unpacked.",
            "Do not open it; ask the agency what it is.",
        )
    return infos


def _copy(stream: IO[bytes] | gzip.GzipFile, target: Path, packed: int, where: str) -> None:
    written = 0
    try:
        with target.open("wb") as out:
            while chunk := stream.read(_CHUNK):
                written += len(chunk)
                _require_within(written, packed, where)
                out.write(chunk)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _require_within(unpacked: int, packed: int, where: str) -> None:
    if unpacked > LARGEST_UNPACKED:
        raise InputError(
            f"{where}: unpacked it is larger than {LARGEST_UNPACKED >> 30} GB.",
            "Ask the agency to deliver it in parts.",
        )
    if unpacked > FREE_OF_RATIO and unpacked > packed * LARGEST_RATIO:
        raise InputError(
            f"{where}: it grows more than {LARGEST_RATIO} times when it is unpacked, as no extract does.",
            "Do not open it; ask the agency what it is.",
        )
