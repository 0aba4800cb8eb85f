"""Lots: chance that hangs on who or what it is about, and not on how many rows stand before it.

A stream of random numbers gives a row another number as soon as a row is added before it. What must stay the same from
one delivery to the next, or with and without a planted fault, is drawn here instead: one number for each key.
"""

import zlib

import numpy as np
import numpy.typing as npt

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def stream(seed: int, children: int, purpose: str) -> np.random.Generator:
    """Return a source of chance of its own for one purpose, which no other draw can shift."""
    return np.random.default_rng(np.random.SeedSequence([seed, children, zlib.crc32(purpose.encode())]))


def uniform(seed: int, purpose: str, *keys: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return a number in [0, 1) for each row of keys: the same keys give the same number (splitmix64)."""
    state = np.full(np.shape(keys[0]), zlib.crc32(f"{purpose} {seed}".encode()), dtype=np.uint64)
    for key in keys:
        state = _mixed(state + np.asarray(key).astype(np.uint64) * _STEP)
    found: npt.NDArray[np.float64] = (state >> np.uint64(11)).astype(np.float64) / float(1 << 53)
    return found


def _mixed(state: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    state = state + _STEP
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    return state ^ (state >> np.uint64(31))
