"""The service: what a score costs over a real socket, how it bears load, kills, attacks and endings.

The floor of a score is a bare ASGI application with the same vector, prediction and contributions; that of a start is a
bare process that imports LightGBM, DuckDB and FastAPI.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from ethics.record.store import open_store
from models.bundle.bundles import open_bundle
from service.demonstration.gate_trial import approve
from tests.bench import Measured, endings, measured, mutants, service_kills
from tests.bench.load import Client, asking, free_port, processor_seconds, wait_until
from tests.factories import worlds

_BLOCKS, _IN_A_BLOCK, _WARM = 8, 100, 30
_SECONDS, _CLIENTS = 6.0, 8
_STARTS = 5
_IMPORTS = "import lightgbm, duckdb, fastapi"
_ROOT = Path(__file__).parents[2]


def figures() -> Iterator[Measured]:
    """Yield the service's figures."""
    with tempfile.TemporaryDirectory() as folder:
        world = Path(folder) / "world"
        bundle, audit = worlds.make(world)
        unapproved = Path(folder) / "unapproved"
        shutil.copytree(world, unapproved)
        place = worlds.place(world)
        with open_store(place.workspace) as store:
            approve(store, place, open_bundle(place.workspace, bundle), audit)
        yield from _cost(world)
        yield from _load(world)
        yield from _start(world)
        yield from _kills(world)
        yield from _mutants()
        ended = endings.run(unapproved, audit, times=1000)
        yield measured("late_scores", ended.late, f"of {ended.scores} scores, 1,000 endings", "<= 0")
        yield measured("unaccounted", ended.unaccounted, "answers without an entry, or entries without", "<= 0")


@contextmanager
def _running(module: str, world: Path) -> Iterator[tuple[int, int]]:
    """Run one of the bench's servers; give its process number and port."""
    port = free_port()
    with subprocess.Popen([sys.executable, "-m", module, str(world), str(port)], cwd=_ROOT) as process:
        try:
            wait_until(port, "/livez")
            yield process.pid, port
        finally:
            process.terminate()


def _cost(world: Path) -> Iterator[Measured]:
    """Processor time of the server for one warm score, against the floor, in turn."""
    with (
        _running("tests.bench.clocked_service", world) as (served, port),
        _running("tests.bench.bare_service", world) as (bare, floor),
    ):
        wait_until(port)
        spent: dict[int, list[float]] = {served: [], bare: []}
        for block in range(_BLOCKS + 1):
            for pid, client in ((served, Client(port)), (bare, Client(floor))):
                for _ in range(_WARM):
                    assert client.ask()[0] == 200
                began = processor_seconds(pid)
                for _ in range(_IN_A_BLOCK):
                    client.ask()
                if block:
                    spent[pid].append((processor_seconds(pid) - began) / _IN_A_BLOCK)
    yield measured("score_cpu_ms", 1000 * median(spent[served]), "ms of the server's processor time")
    yield measured("score_cpu_ratio", median(spent[served]) / median(spent[bare]), "x the bare application", "<= 3")


def _load(world: Path) -> Iterator[Measured]:
    """The rate of one client, and of eight together."""
    with _running("tests.bench.clocked_service", world) as (_, port):
        wait_until(port)
        with asking(port, 1):
            time.sleep(1)
        rates, tails = [], []
        for _ in range(3):
            with asking(port, 1) as alone:
                time.sleep(_SECONDS)
            with asking(port, _CLIENTS) as together:
                time.sleep(_SECONDS)
            rates.append(together.statuses[200] / alone.statuses[200])
            cuts = quantiles(together.seconds, n=100)
            tails.append(cuts[98] / cuts[49])
        yield measured("one_client", alone.statuses[200] / _SECONDS, "scores a second")
    yield measured("throughput_ratio", median(rates), "x the rate of one client, by 8", ">= 1.5")
    yield measured("tail_ratio", median(tails), "x the median, the 99th of 100 of 8 clients", "<= 10")


def _start(world: Path) -> Iterator[Measured]:
    """From the start of `sentinel serve` to its first score, against a bare process with three imports."""
    place, ratios = worlds.place(world), []
    for _ in range(_STARTS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", _IMPORTS], check=True)
        bare = time.perf_counter() - began
        port, began = free_port(), time.perf_counter()
        command = [sys.executable, "-m", "service", "serve", "--port", str(port)]
        command += ["--workspace", str(place.settings.workspace), "--partnership", str(place.settings.partnership)]
        environment = place.settings.as_environment()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment, cwd=_ROOT) as process:
            wait_until(port)
            assert Client(port).ask()[0] == 200
            ratios.append((time.perf_counter() - began) / bare)
            process.send_signal(signal.SIGTERM)
    yield measured("ready_ratio", median(ratios), "x a process that imports three libraries", "<= 1.5")


def _kills(world: Path) -> Iterator[Measured]:
    found = service_kills.run(world, times=200, seed=1)
    yield measured("kills_lost", found.lost + found.broken, f"of {found.acknowledged} acknowledged, 200 kills", "<= 0")


def _mutants() -> Iterator[Measured]:
    found = mutants.run(times=1000, seed=1)
    yield measured("mutants_served", found.served, f"of {found.mutants} mutants with another meaning", "<= 0")
    yield measured("mutants_crashed", found.crashed + found.slow, "answers that were none, or took 2 s", "<= 0")
