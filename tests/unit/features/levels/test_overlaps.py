"""Which outcomes a child can have had together, beside an oracle that tries every set of events."""

from itertools import chain, combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.declarations.catalogue import EventFilter
from features.levels import overlaps

_TYPES, _DETAILS = ("began", "ended"), ("strain", "illness", "none of these")
_FILTERS = st.builds(
    EventFilter,
    types=st.sets(st.sampled_from(_TYPES), min_size=1).map(lambda some: tuple(sorted(some))),
    details=st.none() | st.sets(st.sampled_from(_DETAILS[:2]), min_size=1).map(lambda some: tuple(sorted(some))),
)


def _oracle(filters: list[EventFilter]) -> set[int]:
    events = [*product(_TYPES, _DETAILS)]
    of_each = [
        sum(
            1 << place
            for place, one in enumerate(filters)
            if kind in one.types and (one.details is None or detail in one.details)
        )
        for kind, detail in events
    ]
    some = chain.from_iterable(combinations(of_each, many) for many in range(len(of_each) + 1))
    return {
        sum(1 << place for place in range(len(filters)) if any(one >> place & 1 for one in child)) for child in some
    }


@given(st.lists(_FILTERS, min_size=1, max_size=4))
def test_every_combination_that_events_can_make_and_no_other(filters: list[EventFilter]) -> None:
    assert overlaps.combinations_of(filters) == tuple(sorted(_oracle(filters)))


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ([("a", None), ("a", "x")], (0, 1, 3)),  # the second is a part of the first
        ([("a", "x"), ("a", "y")], (0, 1, 2, 3)),
        ([("a", "xy"), ("a", "x"), ("a", "y")], (0, 3, 5, 7)),  # the first is the two others
    ],
)
def test_parts_and_wholes(filters: list[tuple[str, str | None]], found: tuple[int, ...]) -> None:
    asked = [
        EventFilter(types=(kind,), details=None if details is None else tuple(details)) for kind, details in filters
    ]
    assert overlaps.combinations_of(asked) == found
    assert overlaps.only(found, 1) == (0, 1)


@given(_FILTERS, _FILTERS)
def test_two_filters_overlap_where_one_event_is_meant_by_both(one: EventFilter, other: EventFilter) -> None:
    alone = {combination for combination in _oracle([one, other]) if combination == 3}
    events = [
        (kind, detail)
        for kind, detail in product(_TYPES, _DETAILS)
        if all(kind in of.types and (of.details is None or detail in of.details) for of in (one, other))
    ]
    assert one.overlaps(other) == bool(events)
    assert not events or alone
