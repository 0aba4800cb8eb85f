"""Families against a slow, obvious search: who was with whom on some day of the period, and whom they were with."""

import datetime
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.rows import families
from hub.workspace import Workspace
from tests.examples import examples
from tests.factories.snapshots import snapshot

SINCE = datetime.date(2024, 1, 10)
LAST = datetime.date(2024, 1, 31)
DAYS = [datetime.date(2024, 1, 1) + datetime.timedelta(days=days) for days in range(31)]
PEOPLE = ["ada", "ben", "cy", "di", "eli", "flo"]
STAY = st.fixed_dictionaries(
    {
        "person_id": st.sampled_from(PEOPLE),
        "valid_from": st.sampled_from(DAYS),
        "valid_to": st.none() | st.sampled_from(DAYS),
    }
)


def _found(root: Path, households: list[dict[str, Any]], related: list[dict[str, Any]], asked: list[str]) -> list[int]:
    published = snapshot(
        Workspace(root),
        person=[{"person_id": one} for one in PEOPLE],
        household=[one | {"household_id": f"h{one['household_id']}"} for one in households],
        family=[one | {"family_id": f"f{one['family_id']}"} for one in related],
        known_to=LAST.isoformat(),
    )
    table = families.families(published, pa.array(asked, pa.string()), SINCE)
    assert table["person_id"].to_pylist() == asked
    return [int(one) for one in table["family"].to_pylist()]


def _together(stays: list[dict[str, Any]], place: str) -> set[frozenset[str]]:
    """Return the pairs who were in one place on one day of the period or after it."""
    found = set()
    for day in [*DAYS, datetime.date(2030, 1, 1)]:
        if day < SINCE:
            continue
        there: dict[str, set[str]] = {}
        for one in stays:
            if one["valid_from"] <= day and (one["valid_to"] is None or day < one["valid_to"]):
                there.setdefault(one[place], set()).add(one["person_id"])
        found |= {frozenset((one, other)) for whose in there.values() for one in whose for other in whose}
    return found


@settings(max_examples=examples(25), deadline=None)
@given(
    st.lists(st.tuples(STAY, st.sampled_from("12")), max_size=8),
    st.lists(st.tuples(STAY, st.sampled_from("12")), max_size=4),
    st.sets(st.sampled_from(PEOPLE), min_size=1),
)
def test_who_is_connected_is_one_family_and_nobody_else(
    stays: list[tuple[dict[str, Any], str]], related: list[tuple[dict[str, Any], str]], wanted: set[str]
) -> None:
    households = [stay | {"household_id": place} for stay, place in stays]
    kin = [stay | {"family_id": place} for stay, place in related]
    asked = sorted(wanted)
    with tempfile.TemporaryDirectory() as root:
        found = _found(Path(root), households, kin, asked)
    tied = _together(households, "household_id") | _together(kin, "family_id")
    group = {one: {one} for one in PEOPLE}
    for pair in [*tied] * len(PEOPLE):
        whole = set().union(*(group[one] for one in pair))
        for one in whole:
            group[one] = whole
    for at, one in enumerate(asked):
        for other_at, other in enumerate(asked):
            assert (found[at] == found[other_at]) == (other in group[one])
    first = [found.index(number) for number in dict.fromkeys(found)]
    assert [found[at] for at in first] == list(range(len(first))), "numbered in the order of person_id"


@pytest.mark.parametrize("size", [families.LARGEST, families.LARGEST + 1])
def test_a_place_for_many_ties_nobody(tmp_path: Path, size: int) -> None:
    people = [f"p{number:02}" for number in range(size)]
    published = snapshot(
        Workspace(tmp_path),
        person=[{"person_id": one} for one in people],
        household=[{"person_id": one, "household_id": "hostel", "valid_from": SINCE} for one in people],
    )
    found = families.families(published, pa.array(people), SINCE)["family"].to_pylist()
    assert len(set(found)) == (1 if size == families.LARGEST else size)
