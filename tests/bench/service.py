"""The service: a score over a real socket against the emptiest answer of the same server."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import httpx2

from ethics.store import open_store
from models.bundles import open_bundle
from service.gate_trial import approve, serving
from service.http.api import LIVE, SCORES
from tests.bench import Measured, measured
from tests.factories import worlds

_REQUESTS = 60


def figures() -> Iterator[Measured]:
    """Yield the service's figures."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        bundle, audit = worlds.make(root)
        place = worlds.place(root)
        store = open_store(place.workspace)
        approve(store, place, open_bundle(place.workspace, bundle), audit)
        store.close()
        body = {"person_id": f"p{7:024x}", "purpose": worlds.PURPOSE}
        with serving(place) as address, httpx2.Client(base_url=address, timeout=60) as client:

            def timed(ask: Callable[[], httpx2.Response]) -> float:
                started = time.perf_counter()
                ask().raise_for_status()
                return time.perf_counter() - started

            pairs = [
                (timed(lambda: client.post(SCORES, json=body)), timed(lambda: client.get(LIVE)))
                for _ in range(_REQUESTS)
            ][5:]
        yield measured("score_ms", 1000 * median(score for score, _ in pairs), "ms, median")
        yield measured("score_ratio", median(score / bare for score, bare in pairs), "x the floor", "<= 60")
