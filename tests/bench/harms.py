"""Harm done to good deliveries of every adapter: what is lost and not said."""

import tempfile
from collections import Counter
from pathlib import Path

from tests.bench import Measured, measured
from tests.factories import harms


def figure() -> Measured:
    """Return how many kinds of harm, over all adapters, lose something without a word."""
    found: Counter[str] = Counter()
    silent = []
    for adapter in harms.ADAPTERS:
        with tempfile.TemporaryDirectory(prefix="harms-") as folder:
            for harm in harms.EVERY:
                outcome = harms.outcome(adapter, harm, Path(folder))
                found[outcome] += 1
                silent += [f"{adapter}: {harm}"] if outcome == "silent" else []
    said = (
        f"of {len(harms.EVERY)} kinds of harm to {len(harms.ADAPTERS)} formats: {found['same']} read as if nothing had "
        f"happened, {found['named']} named" + (f"; silent: {', '.join(silent)}" if silent else "")
    )
    return measured("silent_losses", found["silent"], said, "<= 0")
