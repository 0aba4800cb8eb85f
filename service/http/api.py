"""The HTTP interface: one route that scores, behind the gate, and problem documents for everything else.

No page of this service loads anything from another host, so FastAPI's own pages of documentation are off;
`/openapi.json` describes the routes. `/livez` and `/readyz` wait for no thread, no database and no disk.
"""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from service.http import bodies, log
from service.http.bodies import NotAsDeclaredError
from service.http.guard import Guard
from service.http.limits import InWork, Limits, client_of
from service.http.refusals import Refusals, Scores
from service.scoring import problems
from service.scoring.answers import Score, ScoreRequest

SCORES = "/v1/scores"
LIVE = "/livez"
READY = "/readyz"


def create_app(
    scorer: Scores | None, *, ready: Callable[[], bool] = lambda: True, limits: Limits | None = None
) -> FastAPI:
    """Return the application.

    Args:
        scorer: scores and writes to the ledger; without one the application can only describe itself.
        ready: says at once, without waiting, whether everything that was approved at the start has been opened.
        limits: how much one client may take.
    """
    limits = limits or Limits()
    in_work = InWork(limits)
    refusals = None if scorer is None else Refusals(scorer, limits)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        if refusals is not None:
            await refusals.close()

    app = FastAPI(
        title="Sentinel",
        version="1",
        description="Scores for practitioner systems. A score never decides; every answer is in the ledger.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )

    @app.post(
        SCORES,
        response_model=Score,
        summary="Score one person for one purpose",
        responses=problems.declared(403, 404, 408, 409, 413, 415, 422, 429, 500, 503),
        openapi_extra={"requestBody": _body_of(ScoreRequest.__name__)},
    )
    async def score(request: Request) -> Response:
        """Return the score with its reasons, or a problem that says which rule refused it."""
        if scorer is None or refusals is None:
            raise HTTPException(503)
        content = await bodies.receive(request)
        client = client_of(request.scope["client"])
        with in_work.one(client):
            try:
                asked = bodies.read(content)
            except NotAsDeclaredError as error:
                return problems.answer(await refusals.write_malformed(problems.of_error(error), client))
            try:
                scored = await run_in_threadpool(scorer.score, asked)
            except Exception as error:  # noqa: BLE001 - whatever it is, no score leaves and its text is not told
                log.note(error, "scoring")
                return problems.answer(await refusals.write(problems.of_error(error), asked))
            return Response(scored.model_dump_json(), media_type="application/json")

    @app.get(LIVE, summary="Say that the service runs")
    async def live() -> dict[str, str]:
        """Return "up", at once. It says nothing about any approval."""
        return {"status": "up"}

    @app.get(READY, summary="Say that the service is ready to score", responses=problems.declared(503))
    async def readiness() -> Response:
        """Return "ready" when everything that was approved at the start has been opened; else 503."""
        if ready():
            return JSONResponse({"status": "ready"})
        return problems.answer(problems.problem("not-ready", 503, "What was approved is being opened. Ask again soon."))

    async def refused(_: Request, error: Exception) -> Response:
        return problems.answer(problems.of_error(error), getattr(error, "headers", None))

    app.add_exception_handler(HTTPException, refused)
    app.add_middleware(Guard, limits=limits)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return app


def _body_of(name: str) -> dict[str, Any]:
    """Return OpenAPI's description of a body that the route reads by itself."""
    return {"required": True, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}


def _described(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, with the request that FastAPI does not read for us."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        document["components"]["schemas"][ScoreRequest.__name__] = ScoreRequest.model_json_schema()
        app.openapi_schema = document
    return app.openapi_schema


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI document of the service."""
    return create_app(None).openapi()
