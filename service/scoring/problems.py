"""Refusals over HTTP: RFC 9457 problem documents, which never repeat what the caller sent.

`type` is `urn:sentinel:problem:<kind>`, where kind is that of the error (see `hub.errors` and `ethics.errors`), so that
a caller's program can tell refusals apart without reading `detail`.
"""

from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from hub.errors import SentinelError

_TITLES = {
    "approval-expired": "The approval has expired",
    "approval-withdrawn": "The approval was withdrawn",
    "changed": "Something changed since it was approved",
    "input": "The request is not as declared",
    "no-gateway": "No legal gateway allows this",
    "not-approved": "Not approved for this purpose",
    "not-found": "Not found",
    "record": "The record cannot be written, so nothing leaves",
    "unknown-agency": "The agency is not in the partnership",
    "not-in-cohort": "The person is not among those whom this is about",
}


class Problem(BaseModel):
    """A problem document as RFC 9457 declares it."""

    type: str = Field(description="What kind of refusal: urn:sentinel:problem:<kind>.")
    title: str = Field(description="The kind in plain words; the same for every refusal of the kind.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What was refused and what to do about it. It never repeats the request.")


class ProblemResponse(JSONResponse):
    """A JSON answer of the media type that RFC 9457 asks for."""

    media_type = "application/problem+json"


def problem(kind: str, status: int, detail: str) -> Problem:
    """Return the problem document of a kind."""
    title = _TITLES.get(kind) or HTTPStatus(status).phrase
    return Problem(type=f"urn:sentinel:problem:{kind}", title=title, status=status, detail=detail)


def of_error(error: Exception) -> Problem:
    """Return the problem document of an error. Of one that nobody expected only the fact is said."""
    match error:
        case SentinelError():
            return problem(error.kind, error.status, str(error))
        case RequestValidationError():
            return problem("input", HTTPStatus.UNPROCESSABLE_ENTITY, _not_as_declared(error))
        case HTTPException(status_code=HTTPStatus.BAD_REQUEST):
            return problem("input", error.status_code, "The body cannot be read as JSON in UTF-8.")
        case HTTPException():
            return problem("http", error.status_code, HTTPStatus(error.status_code).phrase)
    return problem("error", HTTPStatus.INTERNAL_SERVER_ERROR, "Something failed here; no score left.")


def _not_as_declared(error: RequestValidationError) -> str:
    """Name the fields that are wrong, never what stood in them or under which unknown name."""
    known = {"body", "person_id", "purpose", "agency"}
    fields = {".".join(str(part) for part in one["loc"] if part in known) for one in error.errors()}
    return f"Not as declared in /openapi.json: {', '.join(sorted(fields))}."


def answer(document: Problem) -> ProblemResponse:
    """Return the HTTP answer that carries a problem document."""
    return ProblemResponse(document.model_dump(), status_code=document.status, headers={"Cache-Control": "no-store"})


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI's `responses` for refusals with these statuses."""
    content = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}
