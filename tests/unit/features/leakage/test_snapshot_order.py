"""Which snapshot is the older one, whatever the order in which deliveries came: a truth table, and snapshots."""

import datetime
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.leakage.snapshot_order import earlier_snapshots, is_older
from hub.ledger import ledger, publications
from hub.ledger.store import open_store
from hub.publishing.snapshots import Snapshot
from hub.workspace import Workspace
from tests.factories.snapshots import snapshot

Deliveries = dict[tuple[str, str], datetime.date]


def _held(text: str) -> Deliveries:
    """Read "police 2021-06-30, returns/2020 2021-07-01"."""
    found = {}
    for one in filter(None, text.split(", ")):
        name, day = one.split(" ")
        source, _, period = name.partition("/")
        found[source, period] = datetime.date.fromisoformat(day)
    return found


@pytest.mark.parametrize(
    ("one", "other", "older"),
    [
        ("police 2021-06-30", "police 2021-07-31", True),
        ("police 2021-07-31", "police 2021-06-30", False),
        ("police 2021-07-31", "police 2021-07-31", False),
        ("police 2021-07-31", "police 2021-07-31, returns 2021-03-31", True),
        ("police 2021-07-31, returns 2021-03-31", "police 2021-07-31", False),
        ("police 2021-07-31, returns/2020 2020-06-30", "police 2021-07-31, returns/2020 2020-06-30, "
         "returns/2021 2021-06-30", True),
        ("police 2021-06-30, school 2021-07-31", "police 2021-07-31, school 2021-06-30", False),
        ("police 2021-06-30, old 2021-07-31", "police 2021-07-31", True),
        ("", "police 2021-07-31", True),
    ],
)  # fmt: skip
def test_which_is_older(one: str, other: str, older: bool) -> None:
    assert is_older(_held(one), _held(other)) == older


HELD = st.dictionaries(
    st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["", "2020"])),
    st.integers(0, 3).map(lambda days: datetime.date(2021, 1, 1) + datetime.timedelta(days=days)),
    max_size=3,
)


@given(one=HELD, other=HELD)
def test_never_are_both_older_nor_one_than_itself(one: Deliveries, other: Deliveries) -> None:
    assert not is_older(one, one)
    same_sources = {source for source, _ in one} == {source for source, _ in other}
    assert not (same_sources and is_older(one, other) and is_older(other, one))


def _published(workspace: Workspace, known_to: str, held: str) -> Snapshot:
    extracts: list[dict[str, Any]] = [
        {"digest": f"{source}{period}{day}", "source": source, "periods": [period] if period else [],
         "delivered_on": day.isoformat(), "rows": {}}
        for (source, period), day in _held(held).items()
    ]  # fmt: skip
    return snapshot(workspace, known_to=known_to, facts={"extracts": extracts})


def test_a_return_that_came_late_is_compared_with_the_snapshot_before_it(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    first = _published(workspace, "2021-06-30", "police 2021-06-30")
    second = _published(workspace, "2021-07-31", "police 2021-07-31")
    late = _published(workspace, "2021-07-31", "police 2021-07-31, returns 2021-03-31")
    assert earlier_snapshots(workspace, late)[0] == second
    assert earlier_snapshots(workspace, second)[0] == first
    assert earlier_snapshots(workspace, first) == []


def test_of_two_of_one_day_the_one_published_first_is_the_earlier(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    wrong = snapshot(workspace, facts={"extracts": [_extract("a")]})
    right = snapshot(workspace, facts={"extracts": [_extract("b")]})
    assert earlier_snapshots(workspace, right)[0] == wrong
    assert earlier_snapshots(workspace, wrong) == []


def _extract(digest: str) -> dict[str, Any]:
    return {"digest": digest, "source": "police", "periods": [], "delivered_on": "2024-06-30", "rows": {}}


def test_a_snapshot_that_used_a_withdrawn_delivery_is_never_compared_with(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    good = _published(workspace, "2021-06-30", "police 2021-06-30")
    _published(workspace, "2021-07-31", "police 2021-07-31")
    newest = _published(workspace, "2021-08-31", "police 2021-08-31")
    with open_store(workspace) as store, store.writing() as session:
        facts = {"kind": "extract", "digest": "police2021-07-31"}
        ledger.append(session, kind=publications.WITHDRAWAL, actor="ann", facts=facts, at=store.now())
    assert earlier_snapshots(workspace, newest)[0] == good


def test_a_snapshot_that_the_ledger_does_not_know_is_never_read(tmp_path: Path) -> None:
    workspace, other = Workspace(tmp_path / "here"), Workspace(tmp_path / "elsewhere")
    newest = _published(workspace, "2021-08-31", "police 2021-08-31")
    planted = _published(other, "2021-06-30", "police 2021-06-30")
    shutil.copytree(planted.artefact.path, workspace.snapshots / planted.digest)
    assert earlier_snapshots(workspace, newest) == []
