"""Nothing is scored after the end of its decision, however it ends and however many ask at that moment."""

import datetime
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hub.ledger.ledger import Entry
from tests.factories import attacked
from tests.factories.attacked import Answers, World

CLIENTS, TIMES = 8, 8
KINDS = {"scored", "not-approved", "approval-withdrawn", "approval-expired", "approval-superseded", "record"}
MIDNIGHT_IS_IN = datetime.timedelta(seconds=0.15)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with attacked.served(attacked.copied(tmp_path_factory.mktemp("timing"))) as found:
        yield found


@contextmanager
def asked(world: World) -> Iterator[Answers]:
    """Let 8 clients ask while the block runs, and see that every answer is in the ledger and none came late."""
    before = world.entries()[-1].seq
    with world.asked(CLIENTS) as answers:
        yield answers
    written = [one for one in world.entries(*attacked.ENTRIES) if one.seq > before]
    scores = [one for one in written if one.kind == "score"]
    assert late(world, scores) == []
    assert [one.seq for one in scores] == sorted(answers.numbers)
    assert len(written) == answers.kinds.total() - answers.kinds["record"]
    assert set(answers.kinds) <= KINDS  # "record": another writer was in for a second
    assert len({one.read_facts()["decision"] for one in scores}) >= TIMES


def decided(world: World, number: int, answers: Answers, **terms: Any) -> None:
    """Approve, and wait until it was scored with."""
    decision = world.decide(number, **terms)
    assert attacked.until(lambda: decision in answers.decisions)


def late(world: World, scores: list[Entry]) -> list[int]:
    """Return the numbers of the scores that are numbered after, or written on the day of, the end of their decision."""
    ends = {one.read_facts()["decision"]: one.seq for one in world.entries("withdrawal", "supersession")}
    days = {one.seq: one.read_facts()["expires_on"] for one in world.entries("decision")}
    about = [(one, one.read_facts()["decision"]) for one in scores]
    return [
        one.seq
        for one, decision in about
        if not decision < one.seq < ends.get(decision, one.seq + 1) or one.at[:10] >= days[decision]
    ]


def test_no_score_comes_after_its_decision_was_superseded(world: World) -> None:
    numbers = [world.recommended() for _ in range(TIMES)]
    with asked(world) as answers:
        for number in numbers:
            decided(world, number, answers)


def test_no_score_comes_after_a_withdrawal_nor_before_the_next_approval(world: World) -> None:
    numbers = [world.recommended() for _ in range(TIMES)]
    with asked(world) as answers:
        for number in numbers:
            world.withdraw(world.proposal())
            decided(world, number, answers)
    assert answers.kinds["approval-withdrawn"] > 0


def test_no_score_comes_on_the_day_on_which_its_decision_expires(world: World) -> None:
    numbers = [world.recommended() for _ in range(TIMES)]
    with asked(world) as answers:
        for number in numbers:
            decided(world, number, answers, days=1)
            before_midnight(world)
            time.sleep(2.5 * MIDNIGHT_IS_IN.total_seconds())
    assert answers.kinds["approval-expired"] > 0
    assert world.kind() == "approval-expired"


def before_midnight(world: World) -> None:
    """Set the clock to shortly before its next midnight."""
    now = world.store.now()
    midnight = datetime.datetime.combine(now.date() + datetime.timedelta(days=1), datetime.time(), datetime.UTC)
    ahead = midnight - MIDNIGHT_IS_IN - datetime.datetime.now(datetime.UTC)
    world.ahead(seconds=ahead.total_seconds())
