"""How the ledger names a person: by a keyed digest, so that it is no list of scores for whoever has a snapshot too.

    named = Subjects.open(workspace).name(person_id)       # 32 hexadecimal characters

The name is the first half of an HMAC-SHA256 (RFC 2104) of the person_id under a key in the identity store. Who holds
the key finds a person's entries (`sentinel ledger list --person`); without it they are nobody's.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Self

from hub import keys
from hub.workspace import Workspace

FILE = "ledger.key"
LENGTH = 32


@dataclass(frozen=True, slots=True, repr=False)
class Subjects:
    """The key under which persons are named in the ledger."""

    secret: bytes

    @classmethod
    def open(cls, workspace: Workspace) -> Self:
        """Return the key of a workspace, made on first use.

        Raises:
            IntegrityError: it is damaged.
        """
        path = workspace.identity / FILE
        if not path.exists():
            keys.make_key(path)
        return cls(keys.read_key(path, "the ledger's names"))

    def name(self, person_id: str) -> str:
        """Return the person's name in the ledger."""
        asked = person_id.encode("utf-8", errors="surrogatepass")
        return hmac.new(self.secret, b"person\x1f" + asked, hashlib.sha256).hexdigest()[:LENGTH]
