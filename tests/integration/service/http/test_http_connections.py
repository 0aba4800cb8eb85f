"""Connections that say nothing, too little, too much or nonsense: each ends, none is a failure, the others go on."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest

from service.http.api import SCORES
from service.http.limits import Limits
from tests.factories.servers import (
    BODY,
    PERSON,
    SECRET,
    FakeScorer,
    Served,
    received,
    request,
    serving,
    status,
    until,
)

QUICK = Limits(silence_seconds=1, head_seconds=1, body_seconds=1.5, answer_seconds=3, closing_seconds=1)
HEAD = f"POST {SCORES} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n".encode()
GET = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture(scope="module")
def scorer() -> FakeScorer:
    found = FakeScorer()
    found.go.set()
    return found


@pytest.fixture(scope="module")
def served(scorer: FakeScorer) -> Iterator[Served]:
    with serving(scorer, limits=QUICK) as found:
        yield found
        assert "Traceback" not in found.log
        assert "xception" not in found.log
        for sent in (SECRET, PERSON, SCORES):
            assert sent not in found.log


def drip(connection: socket.socket, content: bytes, pause: float, seconds: float) -> bytes:
    """Send byte after byte until the server ends the connection or the time is over; return what came back."""
    connection.settimeout(pause)
    answer, end = b"", time.monotonic() + seconds
    for byte in content:
        with suppress(OSError):
            connection.sendall(bytes([byte]))
        try:
            part = connection.recv(4096)
        except TimeoutError:
            if time.monotonic() > end:
                break
            continue
        except ConnectionError:
            return answer
        answer += part
        if not part:
            return answer
    raise AssertionError("the server still waits for more")


def answered(connection: socket.socket) -> bytes:
    """Return the answer of `/livez` on a connection that stays open."""
    answer = b""
    while not answer.endswith(b'{"status":"up"}'):
        answer += connection.recv(4096)
    return answer


def test_the_times_of_the_service_are_short() -> None:
    limits = Limits()
    assert limits.silence_seconds <= limits.head_seconds <= 5 < limits.body_seconds <= 10


def test_a_connection_that_says_nothing_is_ended_without_a_word(served: Served) -> None:
    with served.connect(4) as connection:
        assert received(connection) == b""


@pytest.mark.parametrize("begun", [b"P", b"GET /livez", HEAD, HEAD + b"X-" + b"a" * 3000], ids=["1", "2", "3", "4"])
def test_half_a_head_ends_in_408(served: Served, begun: bytes) -> None:
    assert status(served.send(begun, 4)) == 408


@pytest.mark.parametrize("length", [b"Content-Length: 60\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n3c\r\n"])
def test_half_a_body_ends_in_408_and_is_not_written(served: Served, scorer: FakeScorer, length: bytes) -> None:
    written = len(scorer.written)
    assert status(served.send(HEAD + length + b'{"person_id"', 5)) == 408
    assert len(scorer.written) == written


def test_a_head_that_comes_byte_by_byte_ends_in_408(served: Served) -> None:
    with served.connect() as connection:
        assert status(drip(connection, GET * 10, 0.1, 4)) == 408


def test_a_body_that_comes_byte_by_byte_ends_in_408(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 500\r\n\r\n")
        assert status(drip(connection, b" " * 500, 0.1, 5)) == 408


def test_a_body_that_nobody_wants_may_not_drip_either(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(HEAD.replace(b"scores", b"other") + b"Content-Length: 500\r\n\r\n")
        assert status(drip(connection, b" " * 500, 0.1, 5)) == 404


def test_a_second_request_may_not_drip_either(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(GET)
        assert status(answered(connection)) == 200
        assert status(drip(connection, GET * 10, 0.1, 4)) == 408


def test_an_idle_connection_is_kept_for_a_while_and_then_ended(served: Served) -> None:
    with served.connect(4) as connection:
        for _ in range(3):
            connection.sendall(GET)
            assert status(answered(connection)) == 200
            time.sleep(0.5)
        started = time.monotonic()
        assert received(connection) == b""
        assert time.monotonic() - started < 3


def test_who_does_not_take_the_answers_is_cut_off(served: Served) -> None:
    with served.connect() as connection:
        connection.settimeout(0.1)

        def is_cut_off() -> bool:
            try:
                connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 1000)
            except TimeoutError:
                return False
            except OSError:
                return True
            return False

        assert until(is_cut_off, 15), "the server still holds the connection"
    assert served.alive()


def test_silent_connections_make_room_for_one_that_speaks() -> None:
    with serving(FakeScorer(), limits=Limits(connections=(20, 40), silence_seconds=30)) as served, ExitStack() as open_:
        silent = [open_.enter_context(served.connect(1)) for _ in range(60)]
        assert served.alive()
        assert all(served.alive() for _ in range(10))
        gone = sum(1 for one in silent if _is_ended(one))
        assert gone >= 40


def _is_ended(connection: socket.socket) -> bool:
    connection.settimeout(0.02)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_where_every_connection_is_at_work_a_further_one_is_told_to_come_again() -> None:
    scorer = FakeScorer()
    with serving(scorer, limits=Limits(connections=(4, 8))) as served, ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(served.send, request(SCORES, BODY), 30) for _ in range(4)]
        assert until(lambda: scorer.begun == 4)
        with served.connect(2) as connection:
            answer = received(connection)
        assert status(answer) == 429
        assert b"\r\nretry-after: 1\r\n" in answer.lower()
        scorer.go.set()
        assert [status(one.result()) for one in answers] == [200] * 4
        assert scorer.written == []


def test_two_hundred_dripping_connections_do_not_keep_a_score_waiting() -> None:
    scorer = FakeScorer()
    scorer.go.set()
    with serving(scorer) as served, ExitStack() as open_:
        for number in range(200):
            connection = open_.enter_context(served.connect(1))
            with suppress(OSError):
                connection.sendall((HEAD + b"Content-Length: 60\r\n\r\n{")[: 1 + number])
        started = time.monotonic()
        assert status(served.send(request(SCORES, BODY))) == 200
        assert time.monotonic() - started < 1
        assert served.alive()


LENGTH = f"Content-Length: {len(BODY)}\r\n".encode()
CHUNKED = b"Transfer-Encoding: chunked\r\n"
IN_CHUNKS = f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n0\r\n\r\n"
END = b"Connection: close\r\n\r\n"
NONSENSE = {
    "TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)), {400}),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0" * 30, {400}),
    "HTTP/2 upgrade": (
        GET[:-2] + b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AA\r\n\r\n",
        {200},
    ),
    "WebSocket": (GET[:-2] + b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n", {200}),
    "zero bytes": (b"\0" * 5000, {400}),
    "line ends": (b"\r\n" * 3000, {400}),
    "one long line": (b"A" * 100_000, {400}),
    "a name alone": (SECRET.encode() + b"\r\n\r\n", {400}),
    "HTTP/0.9": (b"GET /livez\r\n\r\n", {400}),
    "HTTP/1.0 without a host": (b"GET /livez HTTP/1.0\r\n\r\n", {400}),
    "HTTP/1.0": (b"GET /livez HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n", {200}),
    "HTTP/1.0 with a body without length": (HEAD.replace(b"1.1", b"1.0") + b"\r\n" + BODY, {422, 400}),
    "HTTP/9.9": (b"GET /livez HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n", {400, 200}),
    "HTTP/1.10": (b"GET /livez HTTP/1.10\r\nHost: 127.0.0.1\r\n\r\n", {400}),
    "length and chunks": (HEAD + LENGTH + CHUNKED + END + IN_CHUNKS, {400}),
    "chunks and length": (HEAD + CHUNKED + b"Content-Length: 3\r\n" + END + IN_CHUNKS, {400}),
    "two lengths": (HEAD + LENGTH + b"Content-Length: 3\r\n" + END + BODY, {400}),
    "a negative length": (HEAD + b"Content-Length: -1\r\n" + END + BODY, {400}),
    "a length with a sign": (HEAD + b"Content-Length: +75\r\n" + END + BODY, {400}),
    "a huge length": (HEAD + b"Content-Length: " + b"9" * 19 + b"\r\n" + END, {413}),
    "a length of many digits": (HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n" + END, {400}),
    "another transfer coding": (HEAD + b"Transfer-Encoding: gzip\r\n" + END + BODY, {400}),
    "two transfer codings": (HEAD + b"Transfer-Encoding: gzip, chunked\r\n" + END + IN_CHUNKS, {400}),
    "no size of a chunk": (HEAD + CHUNKED + END + b"zz\r\n" + BODY, {400}),
    "a huge size of a chunk": (HEAD + CHUNKED + END + b"f" * 20 + b"\r\n" + BODY * 100, {413}),
    "a too long size of a chunk": (HEAD + CHUNKED + END + b"f" * 400 + b"\r\n", {400}),
    "a wrong chunk after a refusal": (HEAD.replace(b"scores", b"x") + CHUNKED + b"\r\n1\r\nazz\r\n", {404, 400}),
    "many headers": (GET[:-2] + b"".join(b"X-%d: y\r\n" % number for number in range(5000)) + b"\r\n", {400, 431}),
    "one long header": (GET[:-2] + b"X: " + b"y" * 9000 + b"\r\n\r\n", {431, 400}),
    "a long header in one piece": (GET[:-2] + b"X: " + b"y" * 60_000 + b"\r\n\r\n", {431, 400}),
    "a header without value": (GET[:-2] + b"X:\r\nConnection: close\r\n\r\n", {200}),
    "a header without name": (GET[:-2] + b": x\r\n\r\n", {400}),
    "a header without colon": (GET[:-2] + SECRET.encode() + b"\r\n\r\n", {400}),
    "a space before the colon": (GET[:-2] + b"X : y\r\n\r\n", {400}),
    "a folded header": (GET[:-2] + b"X: a\r\n b\r\nConnection: close\r\n\r\n", {200, 400}),
    "a zero byte in a header": (GET[:-2] + b"X: a\0b\r\n\r\n", {400}),
    "high bytes in a header": (GET[:-2] + b"X: \xff\xfe\r\nConnection: close\r\n\r\n", {200}),
    "line feeds alone": (b"GET /livez HTTP/1.1\nHost: 127.0.0.1\nConnection: close\n\n", {200}),
    "an unknown expectation": (HEAD + LENGTH + b"Expect: x\r\n" + END + BODY, {200}),
    "CONNECT": (b"CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nbytes", {404}),
    "rubbish behind a request": (GET + b"\x00\x01\x02 rubbish\r\n\r\n", {200}),
    "rubbish behind a score": (HEAD + LENGTH + b"\r\n" + BODY + b"\xff" * 100 + b"\r\n\r\n", {200}),
}


@pytest.mark.parametrize(("content", "statuses"), NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_refused_in_time_and_in_peace(served: Served, content: bytes, statuses: set[int]) -> None:
    answer = served.send(content, 6)
    assert status(answer) in statuses, answer
    assert SECRET.encode() not in answer
    assert served.alive()


def test_requests_that_come_at_once_are_answered_in_order(served: Served) -> None:
    one = HEAD + LENGTH + b"\r\n" + BODY
    answer = served.send(one + GET + one + GET[:-2] + END)
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"200"] * 4
    assert answer.count(b'"up"') == 2


def test_who_waits_for_a_sign_before_the_body_gets_it(served: Served) -> None:
    with served.connect(3) as connection:
        connection.sendall(HEAD + LENGTH + b"Expect: 100-continue\r\n" + END)
        assert connection.recv(4096).startswith(b"HTTP/1.1 100 ")
        connection.sendall(BODY)
        assert status(received(connection)) == 200


def test_who_waits_for_a_sign_is_refused_without_one(served: Served) -> None:
    head = HEAD + b"Content-Length: 99999\r\nExpect: 100-continue\r\n" + END
    assert status(served.send(head, 3)) == 413


def test_a_body_that_turns_out_wrong_while_it_is_awaited_ends_quietly(served: Served) -> None:
    with served.connect(3) as connection:
        connection.sendall(HEAD + CHUNKED + END + b"5\r\n{")
        time.sleep(0.3)
        connection.sendall(b'"a":nonsense')
        assert status(received(connection)) == 400


def test_who_hangs_up_in_the_middle_is_not_a_failure(served: Served) -> None:
    for content in (HEAD, HEAD + LENGTH + b"\r\n", HEAD + LENGTH + b"\r\n" + BODY[:10], HEAD + LENGTH + b"\r\n" + BODY):
        for reset in (False, True):
            with served.connect() as connection:
                if reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                connection.sendall(content)
    assert served.alive()
