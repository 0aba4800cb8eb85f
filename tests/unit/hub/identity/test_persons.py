"""A person_id is given once, stays, and is never given to anybody else."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub import artefacts
from hub.errors import IntegrityError
from hub.identity import person_ids, persons, pseudonyms
from hub.identity import store as identity_store
from hub.identity.person_ids import AssignedIds, Before, Change, Parting
from hub.tables import SCHEMA_VERSION
from hub.workspace import Workspace

DAY_1, DAY_2 = datetime.date(2024, 1, 1), datetime.date(2025, 1, 1)
Held = Mapping[str, tuple[str, datetime.date]]
"""What the map said: record key → person_id and its first day."""


def _mint(first: str, attempt: int) -> str:
    return f"p-{first}-{attempt}"


def _assign(clusters: Sequence[str], known: Held | None = None, used: Sequence[str] = ()) -> AssignedIds:
    """Assign clusters written as strings of one-letter record keys."""
    held = known or {}
    older = sorted({(since, person_id) for person_id, since in held.values()})
    ids = [person_id for _, person_id in older]
    keys = sorted("".join(clusters))
    person = np.array([next(at for at, cluster in enumerate(clusters) if key in cluster) for key in keys])
    index = np.array([ids.index(held[key][0]) if key in held else -1 for key in keys])

    def why(partings: Sequence[Parting]) -> list[str]:
        return [
            "".join(keys[one] for one in kept) + " " + "".join(keys[one] for one in gone) for kept, gone in partings
        ]

    firsts = [min(cluster) for cluster in clusters]
    return person_ids.assign(firsts, person, Before(ids, index), {*ids, *used}, _mint, why)


def _slowly(clusters: Sequence[str], held: Held, used: Sequence[str]) -> tuple[list[str], list[Change]]:
    """Return what `assign` should: cluster by cluster, id by id."""
    parts: dict[str, Counter[int]] = defaultdict(Counter)
    for index, cluster in enumerate(clusters):
        parts_of = [held[key][0] for key in cluster if key in held]
        for person_id in parts_of:
            parts[person_id][index] += 1
    since = dict(held.values())
    home = {one: max(parts[one], key=lambda at: (parts[one][at], -at)) for one in parts}
    ids: dict[int, str] = {}
    changes = []
    for one in sorted(parts, key=lambda one: (since[one], one)):
        at = home[one]
        if at in ids:
            fresh = any(key not in held for key in clusters[at])
            cause = person_ids.NEW_RECORD if fresh else person_ids.CHANGED
            changes.append(Change("merged", one, ids[at], parts[one][at], cause))
        else:
            ids[at] = one
    taken = {*used, *since}
    for at, cluster in enumerate(clusters):
        if at not in ids:
            ids[at] = next(name for attempt in range(99) if (name := _mint(min(cluster), attempt)) not in taken)
            taken.add(ids[at])
    for one in parts:
        for at in set(parts[one]) - {home[one]}:
            kept, gone = (
                "".join(sorted(key for key in clusters[where] if key in held and held[key][0] == one))
                for where in (home[one], at)
            )
            changes.append(Change("split", one, ids[at], parts[one][at], f"{kept} {gone}"))
    changes.sort(key=lambda one: (one.change, one.person_id, one.other_id))
    return [ids[at] for at in range(len(clusters))], changes


def test_new_people_get_new_ids() -> None:
    found = _assign(["ac", "b"])
    assert found.ids == ("p-a-0", "p-b-0")
    assert found.counts() == {"new": 2, "kept": 0, "merged": 0, "split": 0}
    assert found.kept.tolist() == [-1, -1]


def test_a_new_record_joins_an_id_that_stays() -> None:
    found = _assign(["abx", "c"], {"a": ("p1", DAY_1), "b": ("p1", DAY_1), "c": ("p2", DAY_1)})
    assert found.ids == ("p1", "p2")
    assert found.counts() == {"new": 0, "kept": 2, "merged": 0, "split": 0}
    assert found.kept.tolist() == [0, 1]


@pytest.mark.parametrize(("cluster", "cause"), [("ab", person_ids.CHANGED), ("abx", person_ids.NEW_RECORD)])
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
    assert found.changes == (Change("split", "p1", "p-a-0", 1, "bc a"),)
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


# For each of eight records its person; a record may be missing from a delivery.
_PARTITION = st.lists(st.integers(0, 5) | st.none(), min_size=8, max_size=8).filter(any)


def _clusters(labels: list[int | None]) -> list[str]:
    groups = {
        label: "".join(key for key, of in zip("abcdefgh", labels, strict=True) if of == label)
        for label in labels
        if label is not None
    }
    return sorted(groups.values())


@given(st.lists(_PARTITION, min_size=1, max_size=5))
@example([[0, 0, None, 1, 0, None, 1, None], [0, 0, 1, 0] + [None] * 4, [0] * 6 + [1, 0]])
@example(
    [
        [None, 0, None, 0, None, None, 0, 1],
        [0, 1, 0, None, 0, 0, None, None],
        [0, 0, 1] + [None] * 5,
        [0] * 5 + [1, None, 0],
    ]
)
def test_over_many_deliveries_ids_are_unique_stay_and_are_never_reused(history: list[list[int | None]]) -> None:
    known: dict[str, tuple[str, datetime.date]] = {}
    gone: set[str] = set()
    ever: set[str] = set()
    for number, labels in enumerate(history):
        day = DAY_1 + datetime.timedelta(days=number)
        clusters = _clusters(labels)
        before = {record: person for record, (person, _) in known.items()}
        found = _assign(clusters, known, sorted(ever))
        slow_ids, slow_changes = _slowly(clusters, known, sorted(ever))
        assert list(found.ids) == slow_ids
        assert list(found.changes) == slow_changes
        assert len(set(found.ids)) == len(clusters)
        assert not set(found.ids) & gone
        for person_id, cluster in zip(found.ids, clusters, strict=True):
            if person_id in ever:
                assert person_id in {before.get(record) for record in cluster}
        gone |= {change.person_id for change in found.changes if change.change == "merged"}
        ever |= set(found.ids)
        if before and clusters == _clusters(history[number - 1]):
            assert found.changes == ()
        since = {one: min(day for other, day in known.values() if other == one) for one, _ in known.values()}
        moved = {record: found.merged_into.get(one, one) for record, (one, _) in known.items()}
        known = {record: (one, since[one]) for record, one in moved.items()}
        known = known | {
            record: (person_id, known[next(key for key in known if known[key][0] == person_id)][1] if at >= 0 else day)
            for person_id, at, cluster in zip(found.ids, found.kept.tolist(), clusters, strict=True)
            for record in cluster
        }


def test_a_record_that_is_away_follows_its_id_when_that_is_merged(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    identity_store.secure(workspace.identity)
    pseudonyms.open_key(workspace, may_create=True)
    ids: list[dict[str, str]] = []
    # g and d are one person; g is away while d turns out to be a; then g is back and is nobody else's record.
    for people in ({"a": 0, "d": 1, "g": 1}, {"a": 0, "d": 0}, {"a": 0, "d": 0, "g": 1}):
        persons.update(
            workspace,
            pa.array(list(people), pa.string()),
            np.array(list(people.values())),
            np.full(len(people), np.nan),
            on=DAY_1,
            why=lambda partings: ["" for _ in partings],
            facts=persons.PersonMapFacts(
                schema_version=SCHEMA_VERSION,
                partnership="example",
                extracts=(),
                linked_on=DAY_1,
                threshold=0.95,
                records=len(people),
                people=len({*people.values()}),
            ),
            report={},
        )
        table = persons.open_map(workspace).table().to_pydict()
        ids.append(dict(zip(table["record_key"], table["person_id"], strict=True)))
    assert len(set(ids[1].values())) == 1
    assert ids[2]["g"] not in {*ids[0].values(), *ids[1].values()}


def test_a_map_that_says_something_else_than_sentinel_writes_is_refused(tmp_path: Path) -> None:
    facts = {"schema_version": SCHEMA_VERSION, "partnership": "example", "extracts": ["x"], "linked_on": "2024-01-01"}
    with artefacts.publish(tmp_path, persons.KIND, facts | {"threshold": "high", "records": 1, "people": 1}) as draft:
        (draft.path / "report.json").write_bytes(b"{}")
    with pytest.raises(IntegrityError, match="is not one that Sentinel publishes: its fact"):
        persons.read_map(artefacts.open_artefact(tmp_path, draft.digest, persons.KIND))
