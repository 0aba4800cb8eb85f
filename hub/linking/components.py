"""Connected components of records, for many links at once.

A component is called by its lowest record number. Each round gives every record the lowest name among its neighbours
and then follows names to their end, so that chains shrink by half or more in a round.
"""

import numpy as np
from numpy.typing import NDArray

from hub.linking import clusters


def connected(one: NDArray[np.int64], other: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return for each of `size` records the lowest number among the records that links connect it with.

    Args:
        one: record numbers, one for each link.
        other: the records linked with them.
        size: how many records there are.
    """
    name = np.arange(size)
    while True:
        left, right = name[one], name[other]
        apart = left != right
        if not apart.any():
            return name
        one, other = one[apart], other[apart]
        low, high = np.minimum(left, right)[apart], np.maximum(left, right)[apart]
        np.minimum.at(name, high, low)
        while True:
            further = name[name]
            if np.array_equal(further, name):
                break
            name = further


def bounded(
    one: NDArray[np.int64], other: NDArray[np.int64], size: int, largest: int = clusters.LARGEST
) -> NDArray[np.int64]:
    """Return the same with no component larger than `largest`, as hub.linking.clusters.components cuts them.

    Args:
        one: record numbers, one for each link, strongest link first.
        other: the records linked with them.
        size: how many records there are.
        largest: the size that no component exceeds.
    """
    name = connected(one, other, size)
    too_large = np.bincount(name, minlength=size)[name] > largest
    if too_large.any():
        here = too_large[one]
        links = zip(one[here].tolist(), other[here].tolist(), strict=True)
        name[too_large] = np.flatnonzero(too_large)
        for group in clusters.components(links, largest):
            name[list(group)] = min(group)
    return name
