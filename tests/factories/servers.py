"""A real server over a real socket, in a thread, with a scorer that does what a test wants; bytes sent to it raw."""

import datetime
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from service.http.api import SCORES, create_app
from service.http.limits import Limits
from service.http.refusals import Scores
from service.http.server import HOST, listening, server
from service.scoring.answers import (
    DecisionReference,
    Evidence,
    ProbabilityRange,
    Score,
    ScoreRequest,
    SnapshotReference,
    WithheldReasons,
)
from service.scoring.problems import Problem

PERSON = f"p{7:024x}"
SECRET = "Aoife-Bhriain-7731"  # what a caller sends; it must never come back, nor stand in a log
BODY = json.dumps({"person_id": PERSON, "purpose": "early_help"}).encode()
LOGGERS = ("uvicorn.error", "uvicorn.access", "asyncio", "sentinel.service")


def score(person_id: str) -> Score:
    """Return a score as the scorer would."""
    evidence = Evidence(share=0.1, low=0.05, high=0.2, n=100, words="One in ten.")
    return Score(
        person_id=person_id,
        purpose="early_help",
        as_of_date=datetime.date(2026, 1, 1),
        band="talk_about_it",
        band_in_words="Talk about it.",
        probability=0.1,
        probability_in_words="Of the outcome.",
        probability_range=ProbabilityRange(low=0.05, high=0.2, words="Between."),
        probability_evidence=evidence,
        band_evidence=evidence,
        agency=None,
        reasons=[],
        protective_factors=[],
        withheld=WithheldReasons(reasons=0, protective_factors=0),
        model="m",
        audit="a",
        decision=DecisionReference(id=1, expires_on=datetime.date(2026, 2, 1), conditions=[]),
        snapshot=SnapshotReference(digest="s", known_to=datetime.date(2026, 1, 1)),
        caveats=[],
        ledger_entry=1,
    )


@dataclass
class FakeScorer:
    """Scores everybody alike.

    Attributes:
        go: a score waits for it.
        fails: raised instead of a score.
        begun: how many scores were begun.
        written: the refusals that were given to the ledger, with the person whom they are about.
    """

    go: threading.Event = field(default_factory=threading.Event)
    fails: Exception | None = None
    begun: int = 0
    written: list[tuple[str, str | None]] = field(default_factory=list)

    def score(self, request: ScoreRequest) -> Score:
        self.begun += 1
        self.go.wait(30)
        if self.fails is not None:
            raise self.fails
        return score(request.person_id)

    def refused(self, document: Problem, request: ScoreRequest | None) -> None:
        person = None if request is None else request.person_id
        self.written.append((document.type.removeprefix("urn:sentinel:problem:"), person))


class Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@dataclass(frozen=True)
class Served:
    """A server that runs.

    Attributes:
        port: where it listens.
        kept: what was logged.
    """

    port: int
    kept: Kept

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> str:
        """Everything that the server, asyncio and the service logged, with tracebacks."""
        return "\n".join(self.kept.lines)

    def connect(self, seconds: float = 10, source: str | None = None) -> socket.socket:
        """Open a connection; reading from it fails after so many seconds."""
        return socket.create_connection((HOST, self.port), seconds, (source, 0) if source else None)

    def send(self, content: bytes, seconds: float = 10) -> bytes:
        """Send bytes on a connection of their own; return all that comes back until the server ends it.

        Raises:
            TimeoutError: the server neither answered nor ended the connection.
        """
        with self.connect(seconds) as connection:
            with suppress(OSError):  # it was refused before all was sent
                connection.sendall(content)
            return received(connection)

    def alive(self, seconds: float = 0.5) -> bool:
        """Say whether `/livez` answers within so many seconds."""
        started = time.monotonic()
        answer = self.send(request("/livez", method="GET"), seconds)
        return status(answer) == 200 and time.monotonic() - started < seconds


def received(connection: socket.socket) -> bytes:
    """Return what comes until the other side ends the connection, or cuts it."""
    content = b""
    with suppress(ConnectionError):
        while part := connection.recv(65536):
            content += part
    return content


def request(
    target: str = SCORES,
    body: bytes = b"",
    *fields: str,
    method: str = "POST",
    version: str = "1.1",
    content_type: str | None = "application/json",
    close: bool = True,
) -> bytes:
    """Return the bytes of one request."""
    lines = [f"{method} {target} HTTP/{version}", f"Host: {HOST}", *fields]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
        lines += [f"Content-Type: {content_type}"] if content_type is not None else []
    lines += ["Connection: close"] if close else []
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def status(answer: bytes) -> int:
    """Return the status of the first answer; 0 when nothing came."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


def kind(answer: bytes) -> str:
    """Return the kind of the problem document in an answer."""
    return str(json.loads(answer.partition(b"\r\n\r\n")[2])["type"]).removeprefix("urn:sentinel:problem:")


def until(holds: Callable[[], bool], seconds: float = 10) -> bool:
    """Wait until something holds; say whether it did in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@contextmanager
def serving(
    scorer: Scores, *, limits: Limits | None = None, ready: Callable[[], bool] = lambda: True
) -> Iterator[Served]:
    """Run the server while the block runs."""
    listener = listening(0)
    running = server(create_app(scorer, limits=limits, ready=ready), limits)
    kept = Kept()
    for name in LOGGERS:
        logging.getLogger(name).addHandler(kept)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert until(lambda: running.started)
        yield Served(listener.getsockname()[1], kept)
    finally:
        if isinstance(scorer, FakeScorer):
            scorer.go.set()
        running.should_exit = True
        thread.join(30)
        for name in LOGGERS:
            logging.getLogger(name).removeHandler(kept)
        assert not thread.is_alive(), "the server did not end"
