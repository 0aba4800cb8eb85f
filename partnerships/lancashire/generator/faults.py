"""Faults: a few bad rows, as every real delivery has them, planted and counted so that quarantine is seen at work."""

from dataclasses import replace

import numpy as np
import pandas as pd
import period
from extracts import Extract
from period import british, iso

SHARE = 0.0008
"""Share of the rows of a file that is planted for each kind of fault, at least one."""
FEWEST_ROWS = 50
"""Smaller files are left alone."""

KINDS = ("impossible_date", "future_date", "missing_key", "repeated_row")


def plant(rng: np.random.Generator, extract: Extract) -> tuple[Extract, dict[str, int]]:
    """Add bad rows to an extract; return it and how many of each kind.

    Every bad row is one more: a copy of a good row, with a key of its own and one fault, or the same row once more.
    No good row is lost, so whoever drops exactly the bad rows has what was there before.
    """
    frame = extract.frame
    if len(frame) < FEWEST_ROWS:
        return extract, dict.fromkeys(KINDS, 0)
    each = max(1, round(SHARE * len(frame)))
    parts, places = [frame], [np.arange(len(frame), dtype=np.float64)]
    for number, kind in enumerate(KINDS):
        copied = rng.integers(0, len(frame), each)
        bad = frame.iloc[copied].copy()
        if kind != "repeated_row":
            bad[extract.key] = [f"Q{number}{n:05d}" for n in range(each)]
        if kind == "impossible_date":
            bad[extract.date] = "31/02/2023" if extract.british else "2023-02-30"
        elif kind == "future_date":
            late = period.DELIVERY + 1 + rng.integers(1, 900, each)
            bad[extract.date] = british(late) if extract.british else iso(late)
        elif kind == "missing_key":
            bad[extract.person] = extract.missing
        parts.append(bad)
        places.append(copied + rng.uniform(0.01, 0.99, each))
    order = np.argsort(np.concatenate(places), kind="stable")
    whole = pd.concat(parts, ignore_index=True).iloc[order].reset_index(drop=True)
    return replace(extract, frame=whole), dict.fromkeys(KINDS, each)
