"""Opening files that others may have put there: only regular ones, each read once and never more than is allowed.

    with regular_files.opened(path) as stream: ...         # a FIFO, a device or a folder is refused, and hangs nobody
    content = regular_files.read(path, most=1 << 20)       # what is parsed is exactly what was read
    regular_files.write(path, page)                        # what somebody asked to have written

Nothing is asked of the path before it is opened that is not asked again of the open file.
"""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from hub.errors import InputError


class NotRegularError(OSError):
    """It is a folder, a FIFO, a socket or a device, or, where links are not followed, a symbolic link."""


class TooLargeError(OSError):
    """The file holds more bytes than are allowed."""


def opened(path: Path, *, follow_links: bool = True) -> BinaryIO:
    """Open a regular file for reading.

    Args:
        path: the file.
        follow_links: whether the last part of the path may be a symbolic link.

    Raises:
        NotRegularError: it is anything but a regular file.
        OSError: it is missing or may not be read.
        ValueError: the path holds a NUL character.
    """
    if not stat.S_ISREG((path.stat() if follow_links else path.lstat()).st_mode):
        raise NotRegularError(f"{path} is not a regular file")
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY | (0 if follow_links else os.O_NOFOLLOW)
    descriptor = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotRegularError(f"{path} is not a regular file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read(path: Path, *, most: int, follow_links: bool = True) -> bytes:
    """Return the whole content of a regular file.

    Args:
        path: the file.
        most: the most bytes that it may hold; no more are read.
        follow_links: see `opened`.

    Raises:
        TooLargeError: it holds more.
        NotRegularError: it is anything but a regular file.
        OSError: it is missing or may not be read.
        ValueError: the path holds a NUL character.
    """
    with opened(path, follow_links=follow_links) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise TooLargeError(f"{path} holds more than {most} bytes")
    return content


def write(path: Path, text: str, *, private: bool = False) -> None:
    """Write a text where somebody asked for it, in place of what is there.

    Args:
        path: the file.
        text: its content.
        private: whether a new file is its owner's alone.

    Raises:
        InputError: it cannot be written there.
    """
    try:
        path.touch(mode=0o600 if private else 0o644)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({type(error).__name__}).", "Give a file in a folder that is there."
        ) from None
