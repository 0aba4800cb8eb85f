"""Endings: decisions are superseded, withdrawn and expire while clients ask, and no score is numbered after an end.

    python -m tests.bench.endings --times 1000

The proposals are brought to the owner's desk first. Then, under the load of 8 clients, the owner approves one after the
other; each approval ends by the next one, by a withdrawal or at midnight of a clock that the bench sets. Afterwards the
ledger is read: a score is late when its number is above that of the entry that ended its decision, or its time is not
before the day on which the decision expired.
"""

import argparse
import datetime
import json
import os
import signal
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ethics.acts import decisions, proposals
from ethics.acts.decisions import DecisionOutcome
from ethics.acts.proposals import Recommendation
from ethics.record.store import open_store
from ethics.rules import canvas
from hub.ledger import ledger, verification
from hub.ledger.store import Store
from hub.ledger.tables import from_utc_text
from models.bundle.trainings import newest
from tests.bench import clocked_service, one_world
from tests.bench.clocked_service import ClockedPlace
from tests.bench.load import asking, free_port, wait_until
from tests.factories import worlds

_CLIENTS = 8
_WORDS = "It was looked at from every side by the whole group."
_BEFORE_MIDNIGHT, _ACROSS_MIDNIGHT = 0.15, 0.35


@dataclass(slots=True)
class Endings:
    """What was found.

    Attributes:
        ended: how many decisions ended under load, by how.
        scores: how many scores there are.
        refusals: how many refusals, but for those of 503.
        late: scores that are numbered after the end of their decision.
        unaccounted: answers and refusals that came back, less the entries in the ledger.
        holds: whether the ledger holds.
    """

    ended: dict[str, int] = field(default_factory=dict)
    scores: int = 0
    refusals: int = 0
    late: int = 0
    unaccounted: int = 0
    holds: bool = False


def _recommended(store: Store, place: ClockedPlace, audit: str) -> int:
    """Return a proposal that waits for the owner."""
    workspace, partnership = place.workspace, place.partnership
    number = proposals.propose(store, workspace, partnership, bundle=newest(workspace), audit=audit, by=worlds.ANALYST)
    answers = canvas.read(canvas.path_of(partnership.folder, worlds.USE_CASE))
    proposals.answer(store, partnership, number, answers, by=worlds.ANALYST)
    proposals.submit(store, workspace, partnership, number, by=worlds.ANALYST)
    proposals.start_review(store, workspace, partnership, number, by=worlds.REVIEWERS[0])
    for member in worlds.REVIEWERS[: partnership.file.panel.quorum]:
        proposals.recommend(
            store, workspace, partnership, number, verdict=Recommendation.SUPPORT, words=_WORDS, by=member
        )
    return number


def _approve(store: Store, place: ClockedPlace, number: int, *, days: int) -> None:
    decisions.decide(
        store,
        place.workspace,
        place.partnership,
        number,
        outcome=DecisionOutcome.APPROVED,
        reasons=_WORDS,
        by=worlds.OWNER,
        expires_on=store.now().date() + datetime.timedelta(days=days),
    )


def _across_midnight(place: ClockedPlace, store: Store) -> None:
    """Set the clock to shortly before the next midnight and wait until it has passed."""
    now = store.now()
    midnight = datetime.datetime.combine(now.date() + datetime.timedelta(days=1), datetime.time(), datetime.UTC)
    ahead = now - datetime.datetime.now(datetime.UTC)
    place.clock.ahead(ahead + (midnight - now) - datetime.timedelta(seconds=_BEFORE_MIDNIGHT))
    time.sleep(_ACROSS_MIDNIGHT)


def run(root: Path, audit: str, *, times: int) -> Endings:
    """End decisions so many times under load in the world in `root`, and read what the ledger says of it."""
    place, found = clocked_service.place(root), Endings()
    with open_store(place.workspace) as store:
        numbers = [_recommended(store, place, audit) for _ in range(times + 1)]
        _approve(store, place, numbers[0], days=30)
        port = free_port()
        child = clocked_service.forked(root, port)
        try:
            wait_until(port)
            with store.reading() as session:
                first = ledger.entries(session, last=1)[0].seq
            with asking(port, _CLIENTS) as load:
                for at, number in enumerate(numbers[1:]):
                    how = ("supersession", "withdrawal", "expiry")[at % 3]
                    if how == "withdrawal":
                        decisions.withdraw(
                            store, place.partnership, numbers[at], reasons=_WORDS, by=worlds.REVIEWERS[0]
                        )
                    elif how == "expiry":
                        _across_midnight(place, store)
                    _approve(store, place, number, days=1 if (at + 1) % 3 == 2 else 30)
                    found.ended[how] = found.ended.get(how, 0) + 1
        finally:
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)
        _read(store, found, after=first)
        answered = sum(count for status, count in load.statuses.items() if status != 503)
        found.unaccounted = abs(answered - found.scores - found.refusals)
        found.holds = verification.verify(store).holds
    return found


def _read(store: Store, found: Endings, *, after: int) -> None:
    """Count scores, refusals and late scores in the ledger."""
    with store.reading() as session:
        every = ledger.entries(session)
    ends: dict[int, int] = {}
    expires: dict[int, datetime.date] = {}
    for entry in every:
        facts = entry.read_facts()
        if entry.kind in {"withdrawal", "supersession"}:
            ends[facts["decision"]] = entry.seq
        elif entry.kind == "decision":
            expires[entry.seq] = datetime.date.fromisoformat(facts["expires_on"])
    for entry in every:
        if entry.seq <= after or entry.kind not in {"score", "refusal"}:
            continue
        # An answer of 503 is not counted either: most have no entry, for want of a ledger; that of a clock has one.
        found.refusals += entry.kind == "refusal" and entry.read_facts()["status"] != 503
        if entry.kind == "score":
            found.scores += 1
            decision = entry.read_facts()["decision"]
            is_over = from_utc_text(entry.at).date() >= expires[decision]
            found.late += is_over or entry.seq > ends.get(decision, sys.maxsize) or entry.seq < decision


def main() -> None:
    """Make a world and print what was found as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=1000)
    given = parser.parse_args()
    with one_world.audited() as (root, _, audit):
        print(json.dumps(asdict(run(root, audit, times=given.times))))


if __name__ == "__main__":
    main()
