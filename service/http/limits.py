"""How much one client may take of the service at once, and for how long.

A client is whoever `client_of` says. As long as nobody signs in, that is the address of the other end, and this whole
machine is one client.
"""

import ipaddress
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.exceptions import HTTPException

RETRY_AFTER = {"Retry-After": "1"}


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds; seconds and counts. Generous for 64 practitioner systems behind one address.

    Attributes:
        silence_seconds: a connection that says nothing.
        head_seconds: from the first byte of a request's head to its last.
        body_seconds: from the head to the end of the body.
        answer_seconds: from the whole request to the last byte of the answer taken.
        closing_seconds: from the last answer to the end of the connection.
        head_bytes: a request's line and headers.
        connections: open connections, of one client and in all.
        requests: requests for a score in work, of one client and in all.
        malformed: refusals of requests that are not as declared which one client has written to the ledger, each as its
            own entry, in one window.
        window_seconds: that window.
    """

    silence_seconds: float = 5
    head_seconds: float = 5
    body_seconds: float = 10
    answer_seconds: float = 60
    closing_seconds: float = 5
    head_bytes: int = 8192
    connections: tuple[int, int] = (192, 512)
    requests: tuple[int, int] = (96, 192)
    malformed: int = 10
    window_seconds: float = 60


def client_of(peer: tuple[str, int] | None) -> str:
    """Return who is at the other end of a connection, for counting; never written anywhere."""
    host = peer[0] if peer else ""
    try:
        # Any address of the machine itself is one client: 127.0.0.2 is as easy to take as 127.0.0.1.
        return "loopback" if ipaddress.ip_address(host).is_loopback else host
    except ValueError:
        return host


class InWork:
    """Counts the requests in work. Used by the event loop only, so without a lock."""

    def __init__(self, limits: Limits) -> None:
        self._of_client, self._in_all = limits.requests
        self._counts: Counter[str] = Counter()

    @contextmanager
    def one(self, client: str) -> Iterator[None]:
        """Count one request of a client while the block runs.

        Raises:
            HTTPException: 429, too many of them are in work.
        """
        if self._counts[client] >= self._of_client or self._counts.total() >= self._in_all:
            raise HTTPException(429, headers=RETRY_AFTER)
        self._counts[client] += 1
        try:
            yield
        finally:
            self._counts[client] -= 1
            if not self._counts[client]:
                del self._counts[client]
