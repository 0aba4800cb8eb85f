"""Clients of the scoring service: threads that ask over sockets of their own, and keep what was answered."""

import http.client
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.http.api import READY, SCORES
from service.http.server import HOST
from tests.factories import worlds

PERSON = f"p{7:024x}"
BODY = json.dumps({"person_id": PERSON, "purpose": worlds.PURPOSE})
_HEADERS = {"content-type": "application/json"}
_START_SECONDS = 120.0


def free_port() -> int:
    """Return a port of this machine that nobody has taken."""
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has used, in the system's ticks of usually 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / float(os.sysconf("SC_CLK_TCK"))


@dataclass
class Client:
    """One client with one connection, which it opens again when the server has closed it."""

    port: int
    timeout: float = 30.0
    _connection: http.client.HTTPConnection | None = None

    def ask(self, method: str = "POST", path: str = SCORES, body: str | None = BODY) -> tuple[int, dict[str, Any]]:
        """Ask once and return the status and the JSON.

        Raises:
            OSError: nobody answers.
        """
        if self._connection is None:
            self._connection = http.client.HTTPConnection(HOST, self.port, timeout=self.timeout)
        try:
            self._connection.request(method, path, body, _HEADERS if body else {})
            response = self._connection.getresponse()
            return response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._connection.close()
            self._connection = None
            raise OSError(str(error)) from None


def wait_until(port: int, path: str = READY, seconds: float = _START_SECONDS) -> None:
    """Wait until a server answers 200 to a path.

    Raises:
        OSError: it does not in time.
    """
    last = time.monotonic() + seconds
    while time.monotonic() < last:
        try:
            if Client(port).ask("GET", path, None)[0] == 200:
                return
        except OSError:
            time.sleep(0.01)
    raise OSError(f"nobody answers {path}")


@dataclass
class Load:
    """What some clients asked and were answered.

    Attributes:
        seconds: how long each answer took.
        statuses: how many answers had each status.
        acknowledged: the numbers in the ledger of the scores that came back.
        unanswered: requests that got no answer.
    """

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    acknowledged: list[int] = field(default_factory=list)
    unanswered: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, status: int, body: dict[str, Any], seconds: float) -> None:
        """Keep one answer."""
        with self._lock:
            self.seconds.append(seconds)
            self.statuses[status] = self.statuses.get(status, 0) + 1
            if status == 200:
                self.acknowledged.append(int(body["ledger_entry"]))


@contextmanager
def asking(port: int, clients: int) -> Iterator[Load]:
    """Let some clients ask for scores, one request after the other, while the block runs."""
    load, stop = Load(), threading.Event()

    def work() -> None:
        client = Client(port)
        while not stop.is_set():
            began = time.perf_counter()
            try:
                status, body = client.ask()
            except OSError:
                load.unanswered += 1
                time.sleep(0.01)
            else:
                load.add(status, body, time.perf_counter() - began)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=60)
