"""Kills of the scoring service: it ends at a random moment under load, and no acknowledged row is lost.

    python -m tests.bench.service_kills --times 200 --seed 1

Each time the service is forked from a process that has loaded everything, asked by 4 clients and killed (SIGKILL) at
some moment. Every number in the ledger that a client had been given must be there as a score, no number may stand for
two answers, and the chain with its anchor must hold after every kill.
"""

import argparse
import json
import os
import random
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from ethics.record.store import open_store
from hub.ledger import ledger, verification
from tests.bench import clocked_service, one_world
from tests.bench.load import asking, free_port, wait_until

_CLIENTS = 4


@dataclass(slots=True)
class Kills:
    """What was found.

    Attributes:
        kills: how many.
        acknowledged: scores that clients were given before.
        lost: of those, how many are not in the ledger; an answer whose number another one has counts too.
        broken: after how many kills the ledger or its anchor did not hold.
        unanswered: after how many the service, started again, gave no score.
    """

    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    broken: int = 0
    unanswered: int = 0


def run(root: Path, *, times: int, seed: int) -> Kills:
    """Kill the service of the world in `root`, whose purpose is approved, so many times."""
    chance, found, place = random.Random(seed), Kills(), clocked_service.place(root)
    for _ in range(times):
        port = free_port()
        child = clocked_service.forked(root, port)
        wait_until(port)
        with asking(port, _CLIENTS) as load:
            time.sleep(chance.uniform(0.0, 0.6))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        found.kills += 1
        found.acknowledged += len(load.acknowledged)
        found.unanswered += not load.statuses.get(200) and len(load.seconds) > 0
        with open_store(place.workspace) as store:
            found.broken += not verification.verify(store).holds
            with store.reading() as session:
                scores = {entry.seq for entry in ledger.entries(session, kind="score")}
        found.lost += len(load.acknowledged) - len(scores & set(load.acknowledged))
    return found


def main() -> None:
    """Make a world and print what was found as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with one_world.approved() as root:
        print(json.dumps(asdict(run(root, times=given.times, seed=given.seed))))


if __name__ == "__main__":
    main()
