"""What stands around every route: heads that HTTP leaves open are refused, and no exception reaches the server.

The server would log an exception with its text, in which bytes of the request may stand.
"""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http import log
from service.http.limits import Limits
from service.scoring import problems


class Guard:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever it is."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            self._check(scope)
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - its text may hold what the caller sent
            if not isinstance(error, HTTPException):
                log.note(error, "answering")
            if not started:
                document = problems.of_error(error)
                await problems.answer(document, {"Connection": "close"})(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        """Refuse a head that is too large, that gives the length of the body in two ways, or that spells a path oddly.

        No address of ours needs an escape: one that has some would be another address to whoever stands in front.

        Raises:
            HTTPException: 431, 400 or 404.
        """
        headers = Headers(scope=scope)
        size = len(scope["raw_path"]) + len(scope["query_string"])
        if size + sum(len(name) + len(value) + 4 for name, value in headers.raw) > self._limits.head_bytes:
            raise HTTPException(431)
        if "transfer-encoding" in headers and "content-length" in headers:
            raise HTTPException(400)
        if b"%" in scope["raw_path"]:
            raise HTTPException(404)
