"""Odd targets, odd names of the host, odd bytes: never a redirect, never a failure, never an echo."""

from collections.abc import Iterator

import pytest

from service.http.api import SCORES
from tests.factories.servers import BODY, SECRET, FakeScorer, Served, request, serving, status

TARGETS = [
    *(f"{SCORES}/", f"{SCORES}//", f"/{SCORES}", f"//{SECRET}{SCORES}", f"//{SECRET}/..{SCORES}/", "/v1//scores"),
    *("/v1/./scores", "/v1/x/../scores", "/v1/scores/.", "/..", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd"),
    *("/v1/scores%2f", "/v1%2fscores", "/v1/scores%00", "/v1/scores%0d%0aX-Injected:%201", "/%ff%fe", "/%", "/%zz"),
    *("/%e2%80%ae", "/%ed%a0%80", f"/{SECRET}", f"/v1/scores?{SECRET}=1", f"/v1/scores/?next=http://{SECRET}"),
    *(f"http://{SECRET}{SCORES}", f"http://{SECRET}{SCORES}/", f"https://{SECRET}/", "http://", "*", "**", "/*"),
    *(f"{SECRET}:443", "//", "///", "/;/", "/v1/scores;x=1", "/V1/SCORES", "/v1/scores#x", "/livez/", "/readyz/"),
    *(
        "/openapi.json/",
        "/docs",
        "/redoc",
        "/docs/oauth2-redirect",
        f"/{'a' * 4000}",
        f"/?{'b' * 4000}",
        "\\v1\\scores",
    ),
    *("\\v1\\scores", "/\u00e9", "/<script>", "/{}", '/"', "/`id`", "/$(id)", "/.git/config", f"/{'%41' * 2000}"),
    f"/{'/' * 3000}",
]
HOSTS = [SECRET, f"{SECRET}:80", "", " ", "127.0.0.1:99999", "127.0.0.1@evil", "[::1", "[::1]", "evil/127.0.0.1", "a b"]
HOSTS += ["127.0.0.1, evil", "\u00e9vil", "x" * 3000, "127.0.0.1%0d%0a", "localhost.evil", "127.0.0.1.evil"]
METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PRI", "PROPFIND", SECRET]


@pytest.fixture(scope="module")
def scorer() -> FakeScorer:
    found = FakeScorer()
    found.go.set()
    return found


@pytest.fixture(scope="module")
def served(scorer: FakeScorer) -> Iterator[Served]:
    with serving(scorer) as found:
        yield found
        assert SECRET not in found.log
        assert "Traceback" not in found.log


def harmless(answer: bytes) -> int:
    """Check that an answer neither leads elsewhere nor fails nor repeats anything; return its status."""
    found = status(answer)
    assert found == 200 or 400 <= found < 500, answer
    head = answer.partition(b"\r\n\r\n")[0].lower()
    assert b"\r\nlocation:" not in head
    assert b"\r\nx-injected" not in head
    for sent in (SECRET, "evil", "etc/passwd", "script", "a" * 50, "b" * 50, "x" * 50):
        assert sent.lower().encode() not in answer.lower()
    return found


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: ascii(target)[:40])
def test_an_odd_target_leads_nowhere(served: Served, target: str) -> None:
    for method in ("GET", "POST"):
        found = harmless(served.send(request(target, b"{}" if method == "POST" else b"", method=method)))
        is_ours = method == "POST" and target.startswith(f"{SCORES}?")
        assert found in ({422} if is_ours else {400, 404, 405, 431}), target


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("target", [SCORES, f"{SCORES}/", "/livez", "*", f"{SECRET}:443"])
def test_another_method_leads_nowhere(served: Served, method: str, target: str) -> None:
    assert harmless(served.send(request(target, method=method))) in {200, 400, 404, 405}


def test_a_method_that_is_not_allowed_says_which_one_is(served: Served) -> None:
    assert b"\r\nallow: post\r\n" in served.send(request(SCORES, method="GET")).lower()


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: ascii(host)[:40])
@pytest.mark.parametrize("target", [SCORES, f"{SCORES}/", "/livez"])
def test_another_name_of_the_host_is_refused(served: Served, host: str, target: str) -> None:
    head = f"POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\nContent-Type: application/json\r\n"
    content = head.encode("latin-1") + b"Connection: close\r\n\r\n{}"
    found = harmless(served.send(content))
    # A port is not looked at; the name is what a browser was led to believe.
    assert found in ({422, 404, 405} if host == "127.0.0.1:99999" else {400}), host


def test_no_host_and_two_hosts_are_refused(served: Served) -> None:
    assert harmless(served.send(b"GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n")) == 400
    assert harmless(served.send(request("/livez", b"", f"Host: {SECRET}", method="GET"))) == 400


def test_every_refusal_carries_what_every_answer_carries(served: Served) -> None:
    for content in (request("/x", method="GET"), b"\x16\x03\x01 nonsense\r\n\r\n", request("/x", BODY)):
        answer = served.send(content).lower()
        assert answer.count(b"\r\ncache-control: no-store\r\n") == 1
        assert answer.count(b"\r\nx-content-type-options: nosniff\r\n") == 1
        assert b"\r\nserver:" not in answer
