"""Digests: SHA-256 in lower-case hexadecimal, of files and of values in one canonical form."""

import datetime
import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

_CHUNK_BYTES = 1 << 20


def sha256_bytes(content: bytes) -> str:
    """Return the SHA-256 of `content` as 64 hexadecimal characters."""
    return hashlib.sha256(content).hexdigest()


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file, read in chunks, as 64 hexadecimal characters."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def sources_digest(folder: Path) -> str:
    """Return the digest of all Python files under `folder`: which code made something."""
    return digest_of({path.relative_to(folder).as_posix(): sha256_file(path) for path in sorted(folder.rglob("*.py"))})


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, datetime.date | datetime.datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return value.as_posix()
    raise TypeError(f"no canonical form for {type(value).__name__}")


def canonical_json(value: Any) -> bytes:
    """Return `value` as UTF-8 JSON with sorted keys, no white space and no NaN: equal values give equal bytes.

    Raises:
        ValueError: a number is NaN or infinite. Say "not computed" with its reason instead.
    """
    text = json.dumps(value, default=_plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def digest_of(value: Any) -> str:
    """Return the SHA-256 of `value` in canonical JSON."""
    return sha256_bytes(canonical_json(value))
