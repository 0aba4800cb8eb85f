"""Refusals over HTTP: RFC 9457 problem documents, which never repeat what the caller sent.

`type` is `urn:sentinel:problem:<kind>`, where kind is that of the error (see `hub.errors` and `ethics.errors`), so that
a caller's program can tell refusals apart without reading `detail`. Where the error's own text may name a file, a line
or a word of it, `detail` is one fixed sentence of the kind, and the service's log has the text.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from hub.errors import SentinelError

_TITLES = {
    "approval-expired": "The approval has expired",
    "approval-superseded": "Another decision holds",
    "approval-withdrawn": "The approval was withdrawn",
    "changed": "Something changed since it was approved",
    "clock": "The clock cannot be right",
    "configuration": "The partnership's files cannot be used",
    "input": "The request is not as declared",
    "ledger-broken": "The ledger does not hold",
    "no-number": "A number is missing that the model needs",
    "no-gateway": "No legal gateway allows this",
    "not-approved": "Not approved for this purpose",
    "not-found": "Not found",
    "not-in-cohort": "The person is not among those whom this is about",
    "not-published": "Not known to have been made here",
    "not-ready": "Not ready to score",
    "policy-changed": "The policy is not the one that was approved",
    "record": "The record cannot be written, so nothing leaves",
    "snapshot-too-old": "The newest data are too old",
    "state": "Not possible now",
    "unknown-agency": "The agency is not in the partnership",
}
_LOG = "The service's log says why."
_INSTEAD = {
    "changed": f"Something is not as it was approved, so nothing is scored. {_LOG}",
    "configuration": f"The partnership's files cannot be used as they are, so nothing is scored. {_LOG}",
    "input": f"What the hub holds cannot be read as declared, so nothing is scored. {_LOG}",
    "ledger-broken": f"The ledger is not as it was written, so nothing is scored. {_LOG}",
    "no-number": "A number is missing that everybody had from whom the model learned, so nothing is scored. "
    "The service's log says which.",
    "not-found": f"Something that a score needs is not there, so nothing is scored. {_LOG}",
    "not-published": f"Something that a score needs is not known to have been made here, so nothing is scored. {_LOG}",
    "record": f"The record cannot be read or written now, so nothing is scored. {_LOG}",
    "state": f"What was asked for is not possible now, so nothing is scored. {_LOG}",
    "unknown-agency": "The request names an agency that the partnership does not have.",
}
_UNEXPECTED = f"Something failed here; no score left. {_LOG}"


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
    """Return the problem document of an error; its own text only where it may be told."""
    match error:
        case SentinelError():
            detail = str(error) if error.may_be_told else _INSTEAD.get(error.kind, _UNEXPECTED)
            return problem(error.kind, error.status, detail)
        case HTTPException():
            return problem("http", error.status_code, HTTPStatus(error.status_code).phrase)
    return problem("error", HTTPStatus.INTERNAL_SERVER_ERROR, _UNEXPECTED)


def answer(document: Problem, headers: Mapping[str, str] | None = None) -> ProblemResponse:
    """Return the HTTP answer that carries a problem document, with more headers when HTTP asks for them."""
    return ProblemResponse(document.model_dump(), status_code=document.status, headers=headers)


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI's `responses` for refusals with these statuses."""
    content = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}
