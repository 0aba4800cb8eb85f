"""Names that become parts of a path: what comes from a manifest, a file, a command line or a request is checked here.

folder / "use_cases" / f"{names.checked(name, 'use case')}.yaml"
names.file_in(artefact.path, "streams/part-0.parquet")
"""

import re
from pathlib import Path

from hub.errors import ConfigurationError, IntegrityError, SentinelError

NAME = r"^[a-z][a-z0-9_]*$"
"""What sources, agencies, gateways, use cases, indicators and so on are called."""
MOST_CHARACTERS = 100
"""Of a name; a file's name may have 255."""

_NAME = re.compile(NAME.strip("^$"))
_DIGEST = re.compile(r"[0-9a-f]{64}")


def checked(name: object, what: str, error: type[SentinelError] = ConfigurationError) -> str:
    """Return `name` when it may be a part of a path.

    Args:
        name: the name, as it was given.
        what: the kind of thing, such as "use case", for the message.
        error: what is raised; IntegrityError for what a manifest says.

    Raises:
        SentinelError: it is no name: it has other characters than lower-case letters, digits and _, does not begin with
            a letter, or is too long. The message does not repeat it.
    """
    if not isinstance(name, str) or len(name) > MOST_CHARACTERS or not _NAME.fullmatch(name):
        raise error(
            f"That is not the name of a {what}: a name has lower-case letters, digits and _ only, and begins with a "
            "letter.",
            "Give one that listings show.",
        )
    return name


def is_digest(text: object) -> bool:
    """Say whether `text` is a whole digest: 64 lower-case hexadecimal characters."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None


def stays_inside(name: str) -> bool:
    """Say whether a relative name of a file, as it is written, stays in its folder; links are not looked at."""
    if not name.isprintable() or "\\" in name or len(name) > 1_000:
        return False
    return not any(part in ("", ".", "..") or len(part.encode("utf-8", "replace")) > 255 for part in name.split("/"))


def file_in(folder: Path, name: object, error: type[SentinelError] = IntegrityError) -> Path:
    """Return the path of the file `name` under `folder`; it need not be there.

    Args:
        folder: the folder.
        name: relative, with forward slashes, such as `event.parquet` or `streams/part-0.parquet`.
        error: what is raised; ConfigurationError or InputError for what people give.

    Raises:
        SentinelError: it is absolute, has a part that is empty, `.` or `..`, a backslash or a character that cannot be
            seen, or a symbolic link leads outside the folder. The message does not repeat it.
    """
    refused = error("A name of a file that leads out of its folder, or is none, was refused.", "Nothing was read.")
    if not isinstance(name, str) or not stays_inside(name):
        raise refused
    path = folder / name
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a loop of links
        inside = False
    if not inside:
        raise refused
    return path
