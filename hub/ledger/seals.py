"""What the file of an anchor says: the heads that the ledger may have, sealed with a key (HMAC-SHA256, RFC 2104).

    content((head, following), key)     # bytes, always as many
    parsed(bytes, key)                  # the heads; LedgerError when the seal is not that of the key

Pure: no file is read here. The last few answers are kept, since a write asks for the same ones again.
"""

import functools
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from hub.digests import canonical_json
from hub.errors import LedgerError
from hub.ledger.tables import GENESIS

BYTES = 1024
_VERSION = 1
REMEDY = (
    "Restore database and anchor together from the same copy, or let the accountable owner say why the ledger goes on "
    "(`sentinel ledger resume`); every approval from before then ends."
)


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: the number, hash and moment (UTC, as text) of its last entry."""

    seq: int
    hash: str
    at: str = ""


EMPTY = Head(0, GENESIS)


@functools.lru_cache(maxsize=8)
def parsed(found: bytes, key: bytes) -> tuple[Head, ...]:
    """Return the heads that the bytes of an anchor name.

    Raises:
        LedgerError: it is damaged, or its seal is not that of the key.
    """
    try:
        said = json.loads(found)
        seal = said.pop("seal")
        heads = tuple(Head(int(one["seq"]), str(one["hash"]), str(one["at"])) for one in said["heads"])
        whole = said == _said(heads) and len(heads) in (1, 2)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise LedgerError("The ledger's anchor is damaged.", REMEDY) from None
    if not whole or not isinstance(seal, str) or not hmac.compare_digest(seal.encode(), _seal(heads, key).encode()):
        raise LedgerError("The seal of the ledger's anchor does not hold.", REMEDY)
    if found != content(heads, key):
        raise LedgerError("The ledger's anchor is damaged.", REMEDY)
    return heads


@functools.lru_cache(maxsize=8)
def content(heads: tuple[Head, ...], key: bytes) -> bytes:
    """Return the bytes of the file, always as many."""
    return canonical_json({**_said(heads), "seal": _seal(heads, key)}).ljust(BYTES - 1) + b"\n"


@functools.lru_cache(maxsize=8)
def _seal(heads: tuple[Head, ...], key: bytes) -> str:
    return hmac.new(key, canonical_json(_said(heads)), hashlib.sha256).hexdigest()


def mark(key: bytes) -> bytes:
    """Return what stands in the mark of a demonstration's anchor."""
    return hmac.new(key, b"demonstration", hashlib.sha256).hexdigest().encode()


def _said(heads: tuple[Head, ...]) -> dict[str, Any]:
    return {"version": _VERSION, "heads": [{"seq": one.seq, "hash": one.hash, "at": one.at} for one in heads]}
