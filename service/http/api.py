"""The HTTP interface: one route that scores, behind the gate, and problem documents for everything else.

No page of this service loads anything from another host, so FastAPI's own pages of documentation are off;
`/openapi.json` describes the route.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.errors import SentinelError
from service.scores import Scorer
from service.scoring import problems
from service.scoring.answers import Score, ScoreRequest

SCORES = "/v1/scores"
MAX_BODY_BYTES = 4096


def create_app(scorer: Scorer | None) -> FastAPI:
    """Return the application; without a scorer it can only describe itself."""
    app = FastAPI(
        title="Sentinel",
        version="1",
        description="Scores for practitioner systems. A score never decides; every answer is in the ledger.",
        docs_url=None,
        redoc_url=None,
    )

    @app.post(
        SCORES,
        response_model=Score,
        summary="Score one person for one purpose",
        responses=problems.declared(403, 404, 409, 413, 422, 500, 503),
    )
    def score(body: ScoreRequest, request: Request) -> JSONResponse:
        """Return the score with its reasons, or a problem that says which rule refused it."""
        request.state.asked = body
        if scorer is None:
            raise HTTPException(503)
        found = scorer.score(body)
        return JSONResponse(found.model_dump(mode="json"), headers={"Cache-Control": "no-store"})

    @app.get("/v1/health", summary="Say that the service answers")
    def health() -> dict[str, str]:
        """Return "up". It says nothing about any approval."""
        return {"status": "up"}

    async def refused(request: Request, error: Exception) -> JSONResponse:
        document = problems.of_error(error)
        if request.url.path == SCORES and scorer is not None:
            try:
                await run_in_threadpool(scorer.refused, document, getattr(request.state, "asked", None))
            except SentinelError as unwritten:
                document = problems.of_error(unwritten)
        return problems.answer(document)

    for kind in (SentinelError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, refused)
    app.add_middleware(_BodyLimit, refused=refused)
    return app


class _BodyLimit:
    """Refuses a body above MAX_BODY_BYTES like everything else is refused; FastAPI's own limit answers in text."""

    def __init__(self, app: ASGIApp, refused: Callable[[Request, Exception], Awaitable[JSONResponse]]) -> None:
        self.app = app
        self.refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > MAX_BODY_BYTES:
                raise HTTPException(413)
            return message

        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdecimal() or int(declared) > MAX_BODY_BYTES:
            answer = await self.refused(Request(scope), HTTPException(413))
            await answer(scope, receive, send)
            return
        await self.app(scope, counted, send)


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI document of the service."""
    return create_app(None).openapi()
