"""In which ways several outcomes that can count the same events can have happened to a child.

Began help because of strain in the family ⊂ began help: nobody has the first and not the second. Who knows both numbers
of a place and time subtracts them, and has found the children with other reasons. So the numbers of related outcomes
are withheld together, and what must not be worked out is how many children had each combination.
"""

from collections.abc import Sequence
from itertools import product

from features.declarations.catalogue import EventFilter

_OTHER = ""
# Stands for every value that no filter names, and for none.


def combinations_of(filters: Sequence[EventFilter]) -> tuple[int, ...]:
    """Return which of several filters can have been fulfilled by some events of one child, as sums of 2^place.

    Args:
        filters: of related outcomes.

    Returns:
        The combinations, from the smallest number; 0, where none is fulfilled, is the first.
    """
    values = [
        sorted({_OTHER}.union(*(allowed or () for allowed in column)))
        for column in zip(*((one.types, one.roles, one.details, one.origins) for one in filters), strict=True)
    ]
    single = {sum(_means(one, event) << place for place, one in enumerate(filters)) for event in product(*values)}
    found = {0}
    for event in single:
        found |= {event | before for before in found}
    return tuple(sorted(found))


def _means(events: EventFilter, event: Sequence[str]) -> bool:
    lists = (events.types, events.roles, events.details, events.origins)
    return all(allowed is None or value in allowed for allowed, value in zip(lists, event, strict=True))


def only(combinations: Sequence[int], present: int) -> tuple[int, ...]:
    """Return the combinations when only the filters in `present`, a sum of 2^place, are looked at."""
    return tuple(sorted({one & present for one in combinations}))
