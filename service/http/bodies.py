"""The body of a request for a score: exactly one JSON object in UTF-8, each key once, as `ScoreRequest` declares it.

    content = await receive(request)      # bytes, or HTTP 413 or 415
    asked = read(content)                 # ScoreRequest, or NotAsDeclaredError

Two readers of one document must not see two requests in it: what JSON leaves open (a key twice, NaN, half of a
surrogate pair, a byte order mark) is refused, at any depth.
"""

import json
import math
import re
from typing import Any, NoReturn

from fastapi import Request
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from hub.errors import InputError
from service.scoring.answers import ScoreRequest

MAX_BODY_BYTES = 4096
_JSON = re.compile(r'application/json[ \t]*(;[ \t]*charset=(utf-8|"utf-8")[ \t]*)?', re.IGNORECASE)


class NotAsDeclaredError(InputError):
    """A request is not as /openapi.json declares it. The text names our fields, never what was sent."""

    may_be_told = True


async def receive(request: Request) -> bytes:
    """Return the whole body; stop reading as soon as it is too large.

    Raises:
        HTTPException: 415, it does not say that it is JSON in UTF-8; 413, it is larger than MAX_BODY_BYTES.
        ClientDisconnect: the connection ended before the body did.
    """
    said = request.headers.getlist("content-type")
    if len(said) != 1 or not _JSON.fullmatch(said[0]):
        raise HTTPException(415)
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > MAX_BODY_BYTES:
        raise HTTPException(413)
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > MAX_BODY_BYTES:
            raise HTTPException(413)
    return content


def read(content: bytes) -> ScoreRequest:
    """Return the request that a body holds.

    Raises:
        NotAsDeclaredError: it is not JSON in the strict sense above, or not as declared.
    """
    try:
        value = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_each_key_once,
            parse_constant=_refused,
            parse_float=_finite,
        )
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # half of a surrogate pair has no UTF-8
    except (ValueError, RecursionError):
        raise NotAsDeclaredError("The body is not one JSON object in UTF-8 with each key once.") from None
    try:
        return ScoreRequest.model_validate(value)
    except ValidationError as error:
        names = {str(one["loc"][0]) for one in error.errors() if one["loc"]} & ScoreRequest.model_fields.keys()
        where = ", ".join(sorted(names)) or "its fields are other ones"
    raise NotAsDeclaredError(f"The body is not as declared in /openapi.json: {where}.")


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key stands twice")
    return value


def _refused(_: str) -> NoReturn:
    raise ValueError("JSON has no such number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("too large for a number")
    return value
