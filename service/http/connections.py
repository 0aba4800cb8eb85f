"""One connection: uvicorn's own protocol, with the times and bounds that it lacks.

    uvicorn.Config(app, http=protocol(limits), ...)

uvicorn ends a connection that is idle between two requests. Here one ends too that never says anything, that sends its
head or its body too slowly, that does not take its answer, or that does not end when it was closed. When a client has
too many connections, the one that has kept the service waiting longest makes room for the new one.
"""

import asyncio
import contextlib
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol
from uvicorn.server import ServerState

from service.http.limits import RETRY_AFTER, Limits, client_of
from service.scoring import problems

_LOOK_SECONDS = 0.25
_WAITING = {"silence", "head", "body"}


class _Connection(H11Protocol):
    """A connection that is looked at a few times a second: in which phase it is, and since when."""

    limits: Limits

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.peer = ""
        self.phase: tuple[str, object] = ("silence", None)
        self.since = self.loop.time()
        self._next_look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, or refuse it when nobody can make room for it."""
        super().connection_made(transport)
        self.peer = client_of(self.client)
        if not self._has_room():
            self._refuse(429, RETRY_AFTER)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self._next_look is not None:
            self._next_look.cancel()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are not ours
        """Refuse bytes that are no request. uvicorn's own fails when an answer is under way."""
        self._refuse(400)

    def timeout_keep_alive_handler(self) -> None:
        """Leave the end of silence to `_look`, which sees whether a request has begun."""

    def _look(self) -> None:
        """Note the phase; end it when it lasts too long; look again soon."""
        self._note_phase()
        name = self.phase[0]
        if self.loop.time() - self.since > getattr(self.limits, f"{name}_seconds"):
            if name in {"head", "body"}:
                self._refuse(408)
            elif name == "silence":
                self.transport.close()
            else:
                self.transport.abort()
        self._next_look = self.loop.call_later(_LOOK_SECONDS, self._look)

    def _note_phase(self) -> None:
        phase = self._phase_now(), self.cycle
        if phase != self.phase:
            self.phase, self.since = phase, self.loop.time()

    def _phase_now(self) -> str:
        if self.transport.is_closing():
            return "closing"
        if self.conn.their_state is h11.SEND_BODY:
            return "body"
        if self.cycle is not None and not self.cycle.response_complete:
            return "answer"
        return "head" if self.conn.trailing_data[0] else "silence"

    def _has_room(self) -> bool:
        """Say whether the connection may stay, after the longest waiting one has made room when that was needed."""
        every = [one for one in self.connections if isinstance(one, _Connection) and not one.transport.is_closing()]
        of_client = [one for one in every if one.peer == self.peer]
        for crowd, most in zip((of_client, every), self.limits.connections, strict=True):
            if len(crowd) > most:
                for one in crowd:
                    one._note_phase()
                waiting = [one for one in crowd if one is not self and one.phase[0] in _WAITING]
                if not waiting:
                    return False
                min(waiting, key=lambda one: one.since).transport.abort()
        return True

    def _refuse(self, status: int, headers: dict[str, str] | None = None) -> None:
        """Send a problem document, when no answer is under way, and end the connection."""
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            kind = "input" if status == 400 else "http"
            answer = problems.answer(problems.problem(kind, status, STATUS_PHRASES[status].decode()), headers)
            fields = [*self.server_state.default_headers, *answer.raw_headers, (b"connection", b"close")]
            response = h11.Response(status_code=status, headers=fields, reason=STATUS_PHRASES[status])
            with contextlib.suppress(h11.LocalProtocolError):  # to HEAD, whose answer has no body
                for event in (response, h11.Data(data=bytes(answer.body)), h11.EndOfMessage()):
                    self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def protocol(limits: Limits) -> type[H11Protocol]:
    """Return the class of connections with these limits, for `uvicorn.Config(http=...)`."""
    return type("Connection", (_Connection,), {"limits": limits})
