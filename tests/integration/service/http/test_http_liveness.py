"""`/livez` waits for nothing and nobody; `/readyz` says whether what was approved has been opened."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn

from hub.errors import RecordError
from service.http import server as service_server
from service.http.api import SCORES
from service.http.limits import Limits
from tests.factories.servers import BODY, FakeScorer, Kept, Served, kind, request, serving, status, until


def ready(served: Served) -> int:
    return status(served.send(request("/readyz", method="GET"), 2))


def test_sixty_blocked_scores_do_not_keep_liveness_waiting() -> None:
    scorer = FakeScorer()
    with serving(scorer) as served, ThreadPoolExecutor(60) as pool:
        answers = [pool.submit(served.send, request(body=BODY), 40) for _ in range(60)]
        assert until(lambda: scorer.begun >= 40)  # as many as there are threads; the others wait for one
        time.sleep(0.3)
        assert all(served.alive(0.5) for _ in range(5))
        assert ready(served) == 200
        scorer.go.set()
        assert {status(one.result()) for one in answers} == {200}


def test_ready_is_said_only_once_it_is_so_and_the_service_lives_meanwhile() -> None:
    opened = threading.Event()
    with serving(FakeScorer(), ready=opened.is_set) as served:
        answer = served.send(request("/readyz", method="GET"), 2)
        assert (status(answer), kind(answer)) == (503, "not-ready")
        assert served.alive()
        opened.set()
        assert ready(served) == 200


@pytest.mark.parametrize("ends", ["well", "with an error", "with a refusal"])
def test_the_port_is_taken_and_the_service_lives_while_what_is_approved_is_being_opened(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ends: str
) -> None:
    may_end = threading.Event()
    running: list[uvicorn.Server] = []
    make = service_server.server

    def prepare(_: object) -> list[Exception]:
        may_end.wait(30)
        locked = RecordError("the database is locked")
        if ends == "with an error":
            raise locked
        return [] if ends == "well" else [locked]

    def kept(*given: Any) -> uvicorn.Server:
        running.append(make(*given))
        return running[0]

    gate = SimpleNamespace(prepare=prepare)
    monkeypatch.setattr(service_server, "open_store", lambda *_, **__: SimpleNamespace(now=lambda: 0, close=lambda: 0))
    monkeypatch.setattr(service_server, "Gate", lambda *_: gate)
    monkeypatch.setattr(service_server, "Scorer", lambda _: FakeScorer())
    monkeypatch.setattr(service_server, "server", kept)
    named = SimpleNamespace(folder=None, file=SimpleNamespace(title="Example"))
    place: Any = SimpleNamespace(workspace=None, partnership=named)
    thread = threading.Thread(target=service_server.run, args=(place,), kwargs={"port": 0})
    thread.start()
    try:
        assert until(lambda: bool(running) and running[0].started)
        served = Served(int(capsys.readouterr().out.strip().rsplit(":", 1)[1]), Kept())
        assert served.alive()
        assert ready(served) == 503
        may_end.set()
        assert until(lambda: ready(served) == 200, 1) is (ends == "well")
        assert served.alive()
    finally:
        may_end.set()
        running[0].should_exit = True
        thread.join(30)


def test_the_old_address_is_gone() -> None:
    with serving(FakeScorer()) as served:
        assert status(served.send(request("/v1/health", method="GET"))) == 404


def test_a_client_with_too_many_requests_in_work_is_told_to_come_again_and_nothing_is_written() -> None:
    scorer = FakeScorer()
    with serving(scorer, limits=Limits(requests=(4, 8))) as served, ThreadPoolExecutor(12) as pool:
        answers = [pool.submit(served.send, request(body=BODY), 40) for _ in range(4)]
        assert until(lambda: scorer.begun == 4)
        for _ in range(5):
            answer = served.send(request(body=BODY), 2)
            assert (status(answer), kind(answer)) == (429, "http")
            assert b"retry-after: 1\r\n" in answer.lower()
        assert status(served.send(request(body=b"{"), 2)) == 429
        scorer.go.set()
        assert [status(one.result()) for one in answers] == [200] * 4
        assert status(served.send(request(body=BODY))) == 200  # room again
        assert scorer.written == []


def test_who_asks_is_the_other_end_whatever_a_header_or_a_second_loopback_address_says() -> None:
    scorer = FakeScorer()
    with serving(scorer, limits=Limits(requests=(2, 8))) as served, ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(served.send, request(SCORES, BODY), 40) for _ in range(2)]
        assert until(lambda: scorer.begun == 2)
        answer = served.send(request(SCORES, BODY, "X-Forwarded-For: 10.1.2.3", "Forwarded: for=10.1.2.3"), 2)
        assert status(answer) == 429
        with served.connect(2, source="127.0.0.9") as connection:
            connection.sendall(request(SCORES, BODY))
            assert status(connection.recv(4096)) == 429
        scorer.go.set()
        assert [status(one.result()) for one in answers] == [200, 200]


@pytest.mark.parametrize("clients", [8, 64])
def test_honest_clients_of_one_address_never_meet_a_bound(clients: int) -> None:
    scorer = FakeScorer()
    scorer.go.set()
    with serving(scorer) as served, ThreadPoolExecutor(clients) as pool:
        answers = [pool.submit(served.send, request(SCORES, BODY)) for _ in range(clients * 4)]
        assert {status(one.result()) for one in answers} == {200}


def _begun(scorer: FakeScorer, expected: int) -> bool:
    return scorer.begun >= expected or scorer.begun == 3


def test_a_client_that_goes_away_keeps_its_place_until_its_work_is_done() -> None:
    scorer = FakeScorer()
    with serving(scorer, limits=Limits(requests=(3, 3))) as served:
        for _ in range(3):
            with served.connect() as connection:
                connection.sendall(request(SCORES, BODY))
                expected = scorer.begun + 1
                assert until(partial(_begun, scorer, expected))
        assert status(served.send(request(SCORES, BODY), 2)) == 429
        scorer.go.set()
        assert until(lambda: status(served.send(request(SCORES, BODY), 2)) == 200)
        assert "Traceback" not in served.log


def test_a_record_that_refuses_is_a_503_and_liveness_does_not_mind() -> None:
    scorer = FakeScorer(fails=RecordError("/srv/ledger.db is locked"))
    scorer.go.set()
    with serving(scorer) as served:
        answer = served.send(request(SCORES, BODY))
        assert (status(answer), kind(answer)) == (503, "record")
        assert b"/srv" not in answer
        assert "/srv/ledger.db is locked" in served.log
        assert served.alive()
