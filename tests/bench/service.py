"""The service: what a score costs over a real socket, how it bears load, kills, attacks and endings.

The floor of a score is a bare ASGI application with the same vector, prediction and contributions; that of a start is a
bare process that imports LightGBM, DuckDB and FastAPI.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from tests.bench import (
    ROOT,
    Measured,
    Part,
    bare_service,
    clocked_service,
    endings,
    measured,
    mutants,
    one_world,
    over,
    service_kills,
)
from tests.bench.load import Client, asking, free_port, processor_seconds, wait_until
from tests.factories import worlds

_BLOCKS, _IN_A_BLOCK, _WARM = 8, 100, 30
_SECONDS, _CLIENTS = 6.0, 8
_STARTS = 5
_IMPORTS = "import lightgbm, duckdb, fastapi"


@contextmanager
def _running(forked: Callable[[Path, int], int], world: Path) -> Iterator[tuple[int, int]]:
    """Run one of the bench's servers; give its process number and port."""
    port = free_port()
    child = forked(world, port)
    try:
        wait_until(port, "/livez")
        yield child, port
    finally:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)


def _cost(tiny: bool) -> Iterator[Measured]:
    """Processor time of the server for one warm score, against the floor, in turn."""
    blocks, in_a_block = (1, 20) if tiny else (_BLOCKS, _IN_A_BLOCK)
    with (
        one_world.approved() as world,
        _running(clocked_service.forked, world) as (served, port),
        _running(bare_service.forked, world) as (bare, bare_port),
    ):
        wait_until(port)
        spent: dict[int, list[float]] = {served: [], bare: []}
        for block in range(blocks + 1):
            for pid, client in ((served, Client(port)), (bare, Client(bare_port))):
                for _ in range(_WARM):
                    assert client.ask()[0] == 200
                began = processor_seconds(pid)
                for _ in range(in_a_block):
                    client.ask()
                if block:
                    spent[pid].append((processor_seconds(pid) - began) / in_a_block)
    score, floor = median(spent[served]), median(spent[bare])
    said = f"x the bare application: {1000 * score:.2f} ms against {1000 * floor:.2f} ms of processor time"
    yield measured("score_cpu_ratio", over(score, floor), said, "<= 3")


def _load(tiny: bool) -> Iterator[Measured]:
    """The rate of one client, and of eight together."""
    seconds = 0.5 if tiny else _SECONDS
    with one_world.approved() as world, _running(clocked_service.forked, world) as (_, port):
        wait_until(port)
        with asking(port, 1):
            time.sleep(min(1, seconds))
        rates, tails = [], []
        for _ in range(1 if tiny else 3):
            with asking(port, 1) as alone:
                time.sleep(seconds)
            with asking(port, _CLIENTS) as together:
                time.sleep(seconds)
            rates.append(together.statuses[200] / alone.statuses[200])
            cuts = quantiles(together.seconds, n=100)
            tails.append(cuts[98] / cuts[49])
    one = f"{alone.statuses[200] / seconds:.0f} scores a second"
    yield measured("throughput_ratio", median(rates), f"x the rate of one client ({one}), by 8", ">= 1.5")
    yield measured("tail_ratio", median(tails), "x the median, the 99th of 100 of 8 clients", "<= 10")


def _start(tiny: bool) -> Iterator[Measured]:
    """From the start of `sentinel serve` to its first score, against a bare process with three imports."""
    with one_world.approved() as world:
        ratios = [_started(world) for _ in range(1 if tiny else _STARTS)]
    yield measured("ready_ratio", median(ratios), "x a process that imports three libraries", "<= 1.5")


def _started(world: Path) -> float:
    place = worlds.place(world)
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", _IMPORTS], check=True)
    bare = time.perf_counter() - began
    port, began = free_port(), time.perf_counter()
    command = [sys.executable, "-m", "service", "serve", "--port", str(port)]
    command += ["--workspace", str(place.settings.workspace), "--partnership", str(place.settings.partnership)]
    environment = place.settings.as_environment()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment, cwd=ROOT) as process:
        wait_until(port)
        assert Client(port).ask()[0] == 200
        ratio = (time.perf_counter() - began) / bare
        process.send_signal(signal.SIGTERM)
    return ratio


def _kills(tiny: bool) -> Iterator[Measured]:
    """Kills under load."""
    times = 2 if tiny else 200
    with one_world.approved() as world:
        found = service_kills.run(world, times=times, seed=1)
    said = f"of {found.acknowledged} acknowledged, {times} kills"
    yield measured("kills_lost", found.lost + found.broken, said, "<= 0")


def _mutants(tiny: bool) -> Iterator[Measured]:
    """One thing beside the gate changed at a time."""
    with one_world.approved() as world:
        found = mutants.run(world, times=8 if tiny else 1000, seed=1)
    yield measured("mutants_served", found.served, f"of {found.mutants} mutants with another meaning", "<= 0")
    yield measured("mutants_crashed", found.crashed + found.slow, "answers that were none, or took 2 s", "<= 0")


def _endings(tiny: bool) -> Iterator[Measured]:
    """Decisions that end under load."""
    times = 3 if tiny else 1000
    with one_world.audited() as (world, _, audit):
        ended = endings.run(world, audit, times=times)
    yield measured("late_scores", ended.late, f"of {ended.scores} scores, {times:,} endings", "<= 0")
    yield measured("unaccounted", ended.unaccounted, "answers without an entry, or entries without", "<= 0")


PARTS: Mapping[str, Part] = {
    "cost": _cost,
    "load": _load,
    "start": _start,
    "kills": _kills,
    "mutants": _mutants,
    "endings": _endings,
}
