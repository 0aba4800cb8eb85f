"""Whether a source may be used is answered once and by both declarations, and never before it is known."""

import datetime
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from hub.errors import GatewayError
from service.gate.permits import Permits

DAY = datetime.date(2026, 3, 1)
ASKED: dict[str, Any] = {"purpose": "early_help", "on": DAY}


class Declared:
    """A declaration of gateways that refuses, fails or waits as a test wants."""

    def __init__(self, *, raises: Exception | None = None, waits: threading.Event | None = None) -> None:
        self.digest = "5" * 64
        self.raises, self.waits = raises, waits
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.begun = threading.Event()

    def require_gateway(self, name: str, **said: Any) -> None:
        self.asked.append((name, said))
        self.begun.set()
        if self.waits is not None:
            assert self.waits.wait(20)
        if self.raises is not None:
            raise self.raises


REFUSED = GatewayError("no gateway")


@pytest.mark.parametrize(
    ("snapshot", "partnership", "refusal"),
    [(None, None, None), (REFUSED, None, REFUSED), (None, REFUSED, REFUSED), (REFUSED, REFUSED, REFUSED)],
)
def test_a_source_may_be_used_when_both_declarations_let_it(
    snapshot: GatewayError | None, partnership: GatewayError | None, refusal: GatewayError | None
) -> None:
    then, now = Declared(raises=snapshot), Declared(raises=partnership)
    permits = Permits(now)
    for _ in range(3):
        assert permits.refusal(then, "police", **ASKED) is refusal
    assert len(then.asked) == 1, "it is worked out once"


def test_each_question_has_an_answer_of_its_own() -> None:
    then, now = Declared(), Declared()
    permits = Permits(now)
    other = SimpleNamespace(digest="6" * 64, require_gateway=then.require_gateway)
    for snapshot, source, more in (
        (then, "police", {}),
        (other, "police", {}),
        (then, "school", {}),
        (then, "police", {"purpose": "research"}),
        (then, "police", {"on": datetime.date(2026, 3, 2)}),
        (then, "police", {"shown_to": "council"}),
        (then, "police", {"shown_to": "trust"}),
    ):
        permits.refusal(snapshot, source, **ASKED | more)
    assert len(then.asked) == len(now.asked) == 7


def test_what_failed_is_not_permitted_the_next_time() -> None:
    then, now = Declared(), Declared(raises=ZeroDivisionError("nobody foresaw it"))
    permits = Permits(now)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            permits.refusal(then, "police", **ASKED)


def test_nobody_is_permitted_anything_while_it_is_still_being_worked_out() -> None:
    go = threading.Event()
    then, now = Declared(waits=go), Declared(raises=REFUSED)
    permits = Permits(now)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(permits.refusal, then, "police", **ASKED)
        assert then.begun.wait(20)
        second = pool.submit(permits.refusal, then, "police", **ASKED)
        threading.Timer(0.2, go.set).start()
        assert second.result(20) is REFUSED
        assert first.result(20) is REFUSED
