"""The manifest of an artefact: `manifest.json`, whose digest is the artefact's name. See `hub.artefacts`."""

import json
from pathlib import Path
from typing import Any

from hub import names
from hub.digests import canonical_json
from hub.errors import IntegrityError

MANIFEST = "manifest.json"


def parse(content: bytes, kind: str, digest: str) -> tuple[str, dict[str, Any], dict[str, dict[str, Any]]]:
    """Return kind, facts and files of a manifest.

    Args:
        content: its bytes.
        kind: what it should be the manifest of, for messages.
        digest: the artefact's digest, for messages.

    Raises:
        IntegrityError: it was not written by `publish`: whoever gave it its name did not publish it either.
    """
    wrong = IntegrityError(
        f"{kind} {digest[:12]}: {MANIFEST} is not one that Sentinel writes.",
        "Publish it anew; nothing was read from it.",
    )
    try:
        manifest = json.loads(content, object_pairs_hook=_once, parse_constant=_refuse)
        canonical = canonical_json(manifest) == content
    except (ValueError, RecursionError):
        raise wrong from None
    if not canonical or not isinstance(manifest, dict) or set(manifest) != {"kind", "facts", "files"}:
        raise wrong
    said, facts, files = manifest["kind"], manifest["facts"], manifest["files"]
    if not (isinstance(said, str) and said.isprintable() and len(said) <= names.MOST_CHARACTERS):
        raise wrong
    if not isinstance(facts, dict) or not isinstance(files, dict):
        raise wrong
    for name, expected in files.items():
        names.file_in(Path(digest), name)
        if not isinstance(expected, dict) or set(expected) != {"sha256", "bytes"} or name == MANIFEST:
            raise wrong
        size = expected["bytes"]
        if not names.is_digest(expected["sha256"]) or type(size) is not int or not 0 <= size < 1 << 63:
            raise wrong
    return said, facts, files


class Said(dict[str, Any]):
    """What a manifest says; asking for what it does not say is an IntegrityError: Sentinel would have written it."""

    def __missing__(self, key: object) -> Any:
        """Refuse.

        Raises:
            IntegrityError: always.
        """
        raise IntegrityError(f"A manifest does not say {ascii(key)[:80]}.", "Publish the artefact anew.")


def _once(pairs: list[tuple[str, Any]]) -> Said:
    found = Said(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")
