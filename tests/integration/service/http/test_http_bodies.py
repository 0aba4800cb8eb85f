"""What is taken for a request: one JSON object in UTF-8, each key once. Nothing that was sent comes back."""

import json
from collections.abc import Iterator

import pytest

from service.http.api import SCORES
from service.http.bodies import MAX_BODY_BYTES
from service.http.limits import Limits
from tests.factories.servers import BODY, PERSON, SECRET, FakeScorer, Served, kind, request, serving, status

OTHER = f"p{8:024x}"
DEEP = 2000


@pytest.fixture(scope="module")
def scorer() -> FakeScorer:
    found = FakeScorer()
    found.go.set()
    return found


@pytest.fixture(scope="module")
def served(scorer: FakeScorer) -> Iterator[Served]:
    with serving(scorer, limits=Limits(malformed=10_000)) as found:
        yield found


def body(inside: str) -> bytes:
    return f'{{"person_id": "{PERSON}", "purpose": "early_help"{inside}}}'.encode("utf-8", "surrogatepass")


MALFORMED = {
    "a key twice": body(f', "person_id": "{OTHER}"'),
    "a key twice with the same value": body(f', "person_id": "{PERSON}"'),
    "a key twice, once written otherwise": body(f', "person\\u005fid": "{OTHER}"'),
    "a key twice, deep in a value": body(', "agency": {"a": [{"b": 1, "b": 2}]}'),
    "NaN": body(', "agency": NaN'),
    "Infinity": body(', "agency": Infinity'),
    "-Infinity": body(', "agency": -Infinity'),
    "too large for a number": body(', "agency": 1e999'),
    "a huge integer": body(f', "agency": {"9" * 3900}'),
    "half of a surrogate pair as an escape": body(', "agency": "\\ud800"'),
    "half of a surrogate pair as a key": body(', "\\udfff": 1'),
    "half of a surrogate pair in bytes": body(', "agency": "\ud800"'),
    "a byte order mark": b"\xef\xbb\xbf" + BODY,
    "UTF-16": BODY.decode().encode("utf-16"),
    "UTF-16 without a mark": BODY.decode().encode("utf-16-le"),
    "UTF-32": BODY.decode().encode("utf-32"),
    "no UTF-8": BODY.replace(b"early", b"e\xffrly"),
    "overlong UTF-8": BODY.replace(b"early", b"e\xc0\xa1rly"),
    "rubbish behind": BODY + b" x",
    "a second document": BODY + BODY,
    "a zero byte behind": BODY + b"\0",
    "a comma behind": body(","),
    "a comment": body(" /* x */"),
    "single quotes": BODY.replace(b'"', b"'"),
    "a control character in a text": BODY.replace(b"early", b"early\n"),
    "deep lists": body(f', "agency": {"[" * (DEEP // 2)}{"]" * (DEEP // 2)}'),
    "deep lists without an end": b"[" * DEEP,
    "deep objects": b'{"a":' * (DEEP // 3),
    "nothing": b"",
    "a list": b"[]",
    "null": b"null",
    "a text": b'"x"',
    "a number": b"7",
    "another key": body(f', "{SECRET}": 1'),
    "a missing key": b'{"purpose": "early_help"}',
    "a wrong type": body(', "agency": 7'),
    "no pseudonym": json.dumps({"person_id": SECRET, "purpose": "early_help"}).encode(),
    "a line end in the pseudonym": BODY.replace(PERSON.encode(), PERSON.encode() + b"\\n"),
    "no agency": body(f', "agency": "{SECRET}"'),
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
def test_what_json_leaves_open_is_refused(served: Served, scorer: FakeScorer, content: bytes) -> None:
    begun = scorer.begun
    answer = served.send(request(SCORES, content))
    assert (status(answer), kind(answer)) == (422, "input")
    assert scorer.begun == begun
    assert scorer.written[-1] == ("input", None)
    for sent in (SECRET, PERSON, OTHER, "early_help"):
        assert sent.encode() not in answer
        assert sent not in served.log


@pytest.mark.parametrize(
    "said",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'application/json ; charset="utf-8"',
    ],
)
def test_json_in_utf_8_is_taken(served: Served, said: str) -> None:
    assert status(served.send(request(SCORES, BODY, content_type=said))) == 200


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/problem+json",
        "application/jsonx",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        "application/json; charset=utf-8; charset=utf-7",
        "application/json, text/plain",
        f"text/{SECRET}",
    ],
)
def test_another_content_type_is_refused_and_not_written(served: Served, scorer: FakeScorer, said: str | None) -> None:
    written = len(scorer.written)
    answer = served.send(request(SCORES, BODY, content_type=said))
    assert (status(answer), kind(answer)) == (415, "http")
    assert SECRET.encode() not in answer
    assert len(scorer.written) == written


def test_two_content_types_are_refused(served: Served) -> None:
    assert status(served.send(request(SCORES, BODY, "Content-Type: text/plain"))) == 415


def test_a_body_that_is_too_large_is_refused_and_not_written(served: Served, scorer: FakeScorer) -> None:
    written = len(scorer.written)
    large = BODY + b" " * (MAX_BODY_BYTES + 1 - len(BODY))
    assert status(served.send(request(SCORES, BODY + b" " * (MAX_BODY_BYTES - len(BODY))))) == 200
    assert status(served.send(request(SCORES, large))) == 413
    chunk = f"{len(large):x}\r\n".encode() + large + b"\r\n0\r\n\r\n"
    head = f"POST {SCORES} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
    head += "Content-Type: application/json\r\nConnection: close\r\n\r\n"
    assert status(served.send(head.encode() + chunk)) == 413
    assert len(scorer.written) == written


def test_a_well_formed_request_is_answered_with_what_every_answer_carries(served: Served) -> None:
    answer = served.send(request(SCORES, BODY))
    assert status(answer) == 200
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["person_id"] == PERSON
    for wanted in (b"cache-control: no-store\r\n", b"x-content-type-options: nosniff\r\n"):
        assert answer.lower().count(wanted) == 1
    assert b"\r\nserver:" not in answer.lower()
