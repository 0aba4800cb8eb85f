"""Harm done to good deliveries of every adapter: what is lost and not said."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.bench import Measured, measured
from tests.factories import harms


def figures(tiny: bool) -> Iterator[Measured]:
    """Yield how many kinds of harm, over all adapters, lose something without a word."""
    adapters, kinds = list(harms.ADAPTERS)[: 1 if tiny else None], list(harms.EVERY)[: 2 if tiny else None]
    found: Counter[str] = Counter()
    silent = []
    for adapter in adapters:
        with tempfile.TemporaryDirectory(prefix="harms-") as folder:
            for harm in kinds:
                outcome = harms.outcome(adapter, harm, Path(folder))
                found[outcome] += 1
                silent += [f"{adapter}: {harm}"] if outcome == "silent" else []
    said = (
        f"of {len(kinds)} kinds of harm to {len(adapters)} formats: {found['same']} read as if nothing had "
        f"happened, {found['named']} named" + (f"; silent: {', '.join(silent)}" if silent else "")
    )
    yield measured("silent_losses", found["silent"], said, "<= 0")
