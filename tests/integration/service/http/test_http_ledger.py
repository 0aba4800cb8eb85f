"""What a stranger can make the ledger grow by: what the scorer looked at, and a few entries a minute of the rest."""

import pytest

from hub.errors import ConfigurationError, RecordError
from service.http.api import SCORES
from service.http.limits import Limits
from tests.factories.servers import BODY, PERSON, SECRET, FakeScorer, kind, request, serving, status, until


@pytest.fixture
def scorer() -> FakeScorer:
    found = FakeScorer()
    found.go.set()
    return found


def test_what_never_was_a_request_for_a_score_is_not_written(scorer: FakeScorer) -> None:
    with serving(scorer, limits=Limits(head_seconds=0.5, body_seconds=0.5)) as served:
        sent = [
            (404, request(f"{SCORES}/", BODY)),
            (404, request("/v1/other", BODY)),
            (405, request(SCORES, method="GET")),
            (405, request(SCORES, BODY, method="PUT")),
            (415, request(SCORES, BODY, content_type="text/plain")),
            (413, request(SCORES, b" " * 5000)),
            (400, request(SCORES, BODY, "Transfer-Encoding: chunked")),
            (400, b"nonsense\r\n\r\n"),
            (431, request(SCORES, BODY, f"X: {'y' * 7000}", f"Y: {'y' * 7000}")),
            (408, request(SCORES, BODY)[:-5]),
            (408, request(SCORES, BODY)[:20]),
        ]
        for expected, content in sent:
            assert status(served.send(content)) in {expected, 400 if expected == 431 else expected}
        assert scorer.written == []
        assert status(served.send(request(SCORES, BODY))) == 200
        assert scorer.begun == 1


def test_every_refusal_of_a_well_formed_request_is_written(scorer: FakeScorer) -> None:
    scorer.fails = ConfigurationError("partnership.yaml, line 3: wrong")
    with serving(scorer, limits=Limits(malformed=2)) as served:
        for _ in range(20):
            assert status(served.send(request(SCORES, BODY))) == 503
    assert scorer.written == [("configuration", PERSON)] * 20


def test_of_many_malformed_requests_a_few_are_written_and_the_rest_as_one_count(scorer: FakeScorer) -> None:
    with serving(scorer, limits=Limits(malformed=3, window_seconds=1.5)) as served:
        answers = [served.send(request(SCORES, b'{"x": ')) for _ in range(40)]
        assert {(status(one), kind(one)) for one in answers} == {(422, "input")}
        assert scorer.written == [("input", None)] * 3
        assert until(lambda: len(scorer.written) == 4)
        assert scorer.written[3] == ("input:more:37", None)
        served.send(request(SCORES, b"{"))  # a new window
        assert scorer.written[4:] == [("input", None)]


def test_what_was_counted_is_written_when_the_service_ends(scorer: FakeScorer) -> None:
    with serving(scorer, limits=Limits(malformed=1)) as served:
        for _ in range(5):
            served.send(request(SCORES, b"{"))
    assert scorer.written == [("input", None), ("input:more:4", None)]


def test_a_refusal_that_cannot_be_written_says_so_and_no_more(
    scorer: FakeScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise RecordError("cannot open /srv/ledger.db")

    monkeypatch.setattr(scorer, "refused", refused)
    with serving(scorer) as served:
        answer = served.send(request(SCORES, b"{"))
        assert (status(answer), kind(answer)) == (503, "record")
        assert b"/srv" not in answer
        assert "/srv/ledger.db" in served.log


def test_what_nobody_foresaw_is_told_to_nobody_and_its_place_is_in_the_log(scorer: FakeScorer) -> None:
    scorer.fails = RuntimeError(f"{SECRET} {PERSON}")
    with serving(scorer) as served:
        answer = served.send(request(SCORES, BODY))
        assert (status(answer), kind(answer)) == (500, "error")
        assert b"RuntimeError" not in answer
        assert "RuntimeError at " in served.log
        assert "servers.py:" in served.log
        for sent in (SECRET, PERSON, "early_help", "Traceback"):
            assert sent not in served.log
            assert sent.encode() not in answer
    assert scorer.written == [("error", PERSON)]
