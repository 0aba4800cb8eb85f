"""Pseudonyms: keyed digests that only the holder of the hub's key can work out again.

    key = pseudonyms.open_key(workspace, may_create=True)
    key.record_key("school", "P0001")       # 32 hexadecimal characters

The pseudonym of a person is the first half of an HMAC-SHA256 (RFC 2104) of the source and its identifier. The key lies
in the identity store, never in a snapshot; without it nobody can try out identifiers until one fits. Events and
episodes, of which there are a thousand times more, get the first half of a SHA-256 that begins with a key derived from
it: half of a digest cannot be continued, so it is as hard to guess, and it takes a third of the time.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from hub import keys, sql
from hub.errors import IntegrityError
from hub.workspace import Workspace

_FILE = "pseudonym.key"
_BLOCK_BYTES = 64
_SEPARATOR = "\x1f"
LENGTH = 32
"""Hexadecimal characters of a pseudonym: 128 bits."""


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """The hub's secret key."""

    secret: bytes

    @property
    def fingerprint(self) -> str:
        """A digest that tells keys apart and tells nothing about the key."""
        return hmac.new(self.secret, b"fingerprint", hashlib.sha256).hexdigest()[:LENGTH]

    def pseudonym(self, *parts: str) -> str:
        """Return the pseudonym of `parts`: a word for the kind of thing first, then what names the thing."""
        return hmac.new(self.secret, _SEPARATOR.join(parts).encode("utf-8"), hashlib.sha256).hexdigest()[:LENGTH]

    def record_key(self, source: str, source_person_id: str) -> str:
        """Return the pseudonym of a person as one source knows them."""
        return self.pseudonym("record", source, source_person_id)

    @property
    def parameters(self) -> dict[str, bytes]:
        """The parameters `$inner` and `$outer` of a statement with `sql_pseudonym`: its text never holds the key."""
        padded = self.secret.ljust(_BLOCK_BYTES, b"\0")
        return {"inner": bytes(byte ^ 0x36 for byte in padded), "outer": bytes(byte ^ 0x5C for byte in padded)}

    @property
    def content_parameters(self) -> dict[str, str]:
        """The parameter `$content_key` of a statement with `sql_content_id`: 64 characters, one block of SHA-256."""
        return {"content_key": hmac.new(self.secret, b"content", hashlib.sha256).hexdigest()}


def sql_pseudonym(*parts: str) -> str:
    """Return the SQL of `Key.pseudonym` for parts that are SQL expressions and never empty."""
    return f"sha256($outer::BLOB || unhex(sha256($inner::BLOB || encode({_message(parts)}))))[:{LENGTH}]"


def sql_content_id(*parts: str) -> str:
    """Return the SQL of the pseudonym of what is no person, such as an event: a keyed digest of its whole content.

    Args:
        parts: SQL expressions: a word for the kind of thing first. An empty one (NULL) counts as U+001E.
    """
    filled = [f"coalesce(CAST({part} AS VARCHAR), chr(30))" for part in parts]
    return f"sha256($content_key || {_message(filled)})[:{LENGTH}]"


def _message(parts: Sequence[str]) -> str:
    return f" || {sql.text(_SEPARATOR)} || ".join(parts)


def open_key(workspace: Workspace, *, may_create: bool) -> Key:
    """Return the key of the workspace, made on first use.

    Args:
        workspace: where it lies.
        may_create: whether there are no pseudonyms yet, so that a new key harms nobody.

    Raises:
        IntegrityError: the key is gone while there are pseudonyms made with it, or it is damaged.
    """
    path = workspace.identity / _FILE
    if not path.exists():
        if not may_create:
            raise IntegrityError(
                f"{path}: the key of the pseudonyms is gone.",
                "Restore it from a copy: with a new key every person would get another pseudonym.",
            )
        keys.make_key(path)
    return Key(keys.read_key(path, "the pseudonyms"))
