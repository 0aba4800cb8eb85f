"""A person_id is given once, stays, and is never given to anybody else."""

import datetime
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import persons
from hub.persons import Assigned, Change, Known

DAY_1, DAY_2 = datetime.date(2024, 1, 1), datetime.date(2025, 1, 1)


def _mint(first: str, attempt: int) -> str:
    return f"p-{first}-{attempt}"


def _assign(
    clusters: Sequence[str], known: dict[str, tuple[str, datetime.date]] | None = None, used: Sequence[str] = ()
) -> Assigned:
    """Assign clusters written as strings of one-letter record keys."""
    before = {record: Known(*value) for record, value in (known or {}).items()}
    every = {one.person_id for one in before.values()} | set(used)
    return persons.assign(
        [list(one) for one in clusters], before, every, _mint, on=DAY_2, why=lambda kept, gone: f"{kept} {gone}"
    )


def test_new_people_get_new_ids() -> None:
    found = _assign(["ac", "b"])
    assert found.ids == ("p-a-0", "p-b-0")
    assert found.counts() == {"new": 2, "kept": 0, "merged": 0, "split": 0}
    assert found.since == {"p-a-0": DAY_2, "p-b-0": DAY_2}


def test_a_new_record_joins_an_id_that_stays() -> None:
    found = _assign(["abx", "c"], {"a": ("p1", DAY_1), "b": ("p1", DAY_1), "c": ("p2", DAY_1)})
    assert found.ids == ("p1", "p2")
    assert found.counts() == {"new": 0, "kept": 2, "merged": 0, "split": 0}
    assert found.since["p1"] == DAY_1


@pytest.mark.parametrize(
    ("cluster", "cause"), [("ab", "what the records say has changed"), ("abx", "a new record belongs to both")]
)
def test_a_merge_keeps_the_older_id(cluster: str, cause: str) -> None:
    found = _assign([cluster], {"a": ("p9", DAY_1), "b": ("p1", DAY_2)})
    assert found.ids == ("p9",)
    assert found.changes == (Change("merged", "p1", "p9", 1, cause),)


def test_of_ids_of_one_day_the_lower_one_stays() -> None:
    assert _assign(["ab"], {"a": ("p2", DAY_1), "b": ("p1", DAY_1)}).ids == ("p1",)


def test_a_split_leaves_the_id_with_the_larger_part_and_says_why() -> None:
    known = dict.fromkeys("abc", ("p1", DAY_1))
    found = _assign(["a", "bc"], known)
    assert found.ids == ("p-a-0", "p1")
    assert found.changes == (Change("split", "p1", "p-a-0", 1, "['b', 'c'] ['a']"),)
    assert _assign(["a", "b"], dict.fromkeys("ab", ("p1", DAY_1))).ids[0] == "p1"


def test_a_part_that_leaves_never_gets_the_id_that_its_first_record_once_made() -> None:
    known = dict.fromkeys("abc", ("p-a-0", DAY_1))
    assert _assign(["a", "bc"], known).ids == ("p-a-1", "p-a-0")


def test_an_id_that_is_gone_is_not_given_again() -> None:
    assert _assign(["a"], used=["p-a-0", "p-a-1"]).ids == ("p-a-2",)


def test_a_merge_and_a_split_at_once() -> None:
    known = {"a": ("p1", DAY_1), "b": ("p2", DAY_2), "c": ("p2", DAY_2), "d": ("p2", DAY_2)}
    found = _assign(["abc", "d"], known)
    assert found.ids == ("p1", "p-d-0")
    assert [(change.change, change.person_id, change.other_id) for change in found.changes] == [
        ("merged", "p2", "p1"),
        ("split", "p2", "p-d-0"),
    ]


_PARTITION = st.lists(st.integers(0, 5), min_size=8, max_size=8)


def _clusters(labels: list[int]) -> list[str]:
    groups = {
        label: "".join(key for key, of in zip("abcdefgh", labels, strict=True) if of == label) for label in labels
    }
    return sorted(groups.values())


@given(st.lists(_PARTITION, min_size=1, max_size=5))
def test_over_many_deliveries_ids_are_unique_stay_and_are_never_reused(history: list[list[int]]) -> None:
    known: dict[str, tuple[str, datetime.date]] = {}
    gone: set[str] = set()
    ever: set[str] = set()
    for number, labels in enumerate(history):
        clusters = _clusters(labels)
        before = {record: person for record, (person, _) in known.items()}
        found = _assign(clusters, known, sorted(ever))
        assert len(set(found.ids)) == len(clusters)
        assert not set(found.ids) & gone
        for person_id, cluster in zip(found.ids, clusters, strict=True):
            if person_id in ever:
                assert person_id in {before[record] for record in cluster}
        gone |= {change.person_id for change in found.changes if change.change == "merged"}
        ever |= set(found.ids)
        assert ever == set(found.ids) | gone
        if before and clusters == _clusters(history[number - 1]):
            assert found.changes == ()
        known = {
            record: (person_id, found.since[person_id])
            for person_id, cluster in zip(found.ids, clusters, strict=True)
            for record in cluster
        }
