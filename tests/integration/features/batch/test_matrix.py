"""Feature sets from drawn snapshots: what is in them, what is refused, and that a child's vector equals its row."""

import datetime
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from features.batch import matrix
from features.batch.matrix import build
from features.declarations.catalogue import Over
from features.online.vector import NotInCohortError, open_source
from features.rows import partitions
from features.rows.feature_sets import FeatureSet, current_feature_set, open_feature_set
from features.rows.parts import Part, PartMaker
from hub.errors import GatewayError, InputError, IntegrityError, NotFoundError, StateError
from hub.workspace import Workspace
from tests.factories import permissions
from tests.factories.snapshots import GATEWAY, snapshot
from tests.factories.use_cases import indicator, use_case

TODAY = datetime.date(2025, 1, 1)
PARTNERSHIP = permissions.declared()
PERSON = """
    person_id | sex | birth_month
    ada       | F   | 2015-05-01
    ben       | M   | 2012-01-01
    old       | F   | 1990-01-01
"""
EVENT = """
    person_id | event_type | occurred_on | value
    ada       | incident   | 2022-12-01  | 2.5
    ada       | incident   | 2022-06-01  | 1.5
    ada       | cin_start  | 2023-02-01  | -
    ben       | incident   | 2023-12-31  | -
"""
WHO = use_case(cohort={"plain": "Children of school age", "ages": {"from_years": 4, "below_years": 18}})
INDICATORS = (
    indicator("incidents"),
    indicator("mean_value", measure="mean"),
    indicator("others", over="household"),
    indicator("latest", measure="days_since_last", window_days=100),
)
ASKED = WHO.reading(INDICATORS)


def built(tmp_path: Path, **said: Any) -> FeatureSet:
    workspace = Workspace(tmp_path)
    published = snapshot(workspace, person=PERSON, event=EVENT, known_to="2024-03-30", **said)
    return build(workspace, published, ASKED, partnership=PARTNERSHIP, on=TODAY)


def test_matrix_holds_the_cohort_in_order_with_outcomes_where_the_horizon_is_complete(tmp_path: Path) -> None:
    found = built(tmp_path).matrix()
    assert found.column_names == ["person_id", "as_of_date", "outcome", "incidents", "mean_value", "others", "latest"]
    rows = [tuple(row.values()) for row in found.to_pylist()]
    jan, jul, new = datetime.date(2023, 1, 1), datetime.date(2023, 7, 1), datetime.date(2024, 1, 1)
    assert rows == [
        ("ada", jan, 1, 2.0, 2.0, 0.0, 31.0),
        ("ada", jul, 0, 2.0, 2.0, 0.0, None),
        ("ada", new, None, 2.0, 2.0, 0.0, None),
        ("ben", jan, 0, 0.0, None, 0.0, None),
        ("ben", jul, 0, 0.0, None, 0.0, None),
        ("ben", new, None, 1.0, None, 0.0, 1.0),
    ]


def test_audit_groups_stand_apart_from_what_a_model_sees(tmp_path: Path) -> None:
    found = built(tmp_path)
    groups = found.groups()
    assert groups.column_names == ["person_id", "as_of_date", "sex"]
    assert groups.select(["person_id", "as_of_date"]) == found.matrix().select(["person_id", "as_of_date"])
    assert "sex" not in found.matrix().column_names


def test_same_inputs_give_the_same_digest_and_it_is_found_again(tmp_path: Path) -> None:
    first, second = built(tmp_path), built(tmp_path)
    assert first.digest == second.digest
    again = current_feature_set(Workspace(tmp_path), ASKED, first.snapshot_digest)
    assert again.digest == first.digest
    with pytest.raises(NotFoundError, match="features build"):
        current_feature_set(Workspace(tmp_path), ASKED.reading(INDICATORS[:1]), first.snapshot_digest)


class StoppedError(Exception):
    """The machine was switched off."""


def test_a_build_that_was_interrupted_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "PARTITION_ROWS", 3)  # one person at a time
    expected = built(tmp_path / "in_one_go")
    workspace, made = Workspace(tmp_path / "interrupted"), []
    published = snapshot(workspace, person=PERSON, event=EVENT, known_to="2024-03-30")

    def stop(_step: str, done: int, total: int) -> None:
        if done == total - 1:
            raise StoppedError

    class Counted(PartMaker):
        def part(self, people: pa.Table, events: Mapping[Over, pa.Table]) -> Part:
            made.extend(people["person_id"].to_pylist())
            return super().part(people, events)

    monkeypatch.setattr(matrix, "PartMaker", Counted)
    with pytest.raises(StoppedError):
        build(workspace, published, ASKED, partnership=PARTNERSHIP, on=TODAY, progress=stop)
    assert (made, [path.name[:10] for path in workspace.features.iterdir()]) == (["ada", "ben"], [".building-"])
    found = build(workspace, published, ASKED, partnership=PARTNERSHIP, on=TODAY)
    assert made == ["ada", "ben", "old"], "what was done is not done again"
    assert found.digest == expected.digest
    assert [path.name for path in workspace.features.iterdir()] == [found.digest], "nothing half-done stays behind"


def test_two_builds_of_one_feature_set_do_not_work_at_the_same_time(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    published = snapshot(workspace, person=PERSON, event=EVENT, known_to="2024-03-30")
    inside = []

    def again(_step: str, _done: int, _total: int) -> None:
        with pytest.raises(StateError, match="Another build of this feature set is at work"):
            build(workspace, published, ASKED, partnership=PARTNERSHIP, on=TODAY)
        inside.append(1)

    found = build(workspace, published, ASKED, partnership=PARTNERSHIP, on=TODAY, progress=again)
    assert inside
    assert [path.name for path in workspace.features.iterdir()] == [found.digest]


def test_coverage_tells_no_record_from_nothing_having_happened(tmp_path: Path) -> None:
    found = built(tmp_path)
    rows = found.coverage().to_pylist()
    assert [(row["person_id"], row["as_of_date"].isoformat(), row["known_to_police"]) for row in rows] == [
        ("ada", "2023-01-01", 1),
        ("ada", "2023-07-01", 1),
        ("ada", "2024-01-01", 1),
        ("ben", "2023-01-01", 0),
        ("ben", "2023-07-01", 0),
        ("ben", "2024-01-01", 1),
    ]


def test_odd_dates_are_counted_and_stay_in(tmp_path: Path) -> None:
    event = """
        person_id | event_type | occurred_on | known_from
        ada       | incident   | 2015-03-01  | 2015-03-02
        ada       | incident   | 1900-01-01  | 2022-01-01
        ben       | death      | 2023-12-20  | 2023-12-21
        ben       | incident   | 2023-12-24  | 2023-12-24
    """
    published = snapshot(Workspace(tmp_path), person=PERSON, event=event)
    found = build(Workspace(tmp_path), published, ASKED, partnership=PARTNERSHIP, on=TODAY)
    assert found.artefact.facts["odd_events"] == {"police": {"before_birth": 2, "after_death": 1, "far": 1}}
    assert {row["person_id"]: row["incidents"] for row in found.matrix().to_pylist()} == {"ada": 2.0, "ben": 0.0}


def test_a_changed_byte_of_the_snapshot_or_of_the_matrix_is_refused(tmp_path: Path) -> None:
    feature_set = built(tmp_path)
    path = feature_set.artefact.path / "matrix.parquet"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(IntegrityError, match=r"matrix\.parquet"):
        open_feature_set(Workspace(tmp_path), feature_set.digest).matrix()
    event = next((tmp_path / "snapshots").glob("*/event.parquet"))
    event.write_bytes(event.read_bytes() + b"x")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(IntegrityError, match=r"event\.parquet"):
        built(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before, "nothing half-written"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"purposes": ["something_else"]}, "not for this purpose"),
        ({"valid_to": "2024-12-31"}, "holds from"),
        ({"level": "area"}, "areas only"),
    ],
)
def test_a_source_without_a_gateway_for_the_purpose_is_refused_by_name(
    tmp_path: Path, changed: dict[str, Any], why: str
) -> None:
    sources = {"police": {"title": "", "agency": "council", "gateways": [GATEWAY | changed], "assumed_recording": None}}
    with pytest.raises(GatewayError, match=f"police.*{why}"):
        built(tmp_path, facts={"sources": sources})
    assert not (tmp_path / "features").exists()


@pytest.mark.parametrize(
    ("now", "why"),
    [
        ({"purposes": ["something_else"]}, "not for this purpose"),
        ({"valid_to": "2024-12-31"}, "holds from"),
        ({"level": "area"}, "areas only"),
        ({"parties": ["school"]}, "council is not a party"),
        (None, "sources.yaml does not declare it any more"),
    ],
)
def test_a_gateway_that_held_when_the_snapshot_was_published_must_hold_now_too(
    tmp_path: Path, now: dict[str, Any] | None, why: str
) -> None:
    published = snapshot(Workspace(tmp_path), person=PERSON, event=EVENT, known_to="2024-03-30")
    declared = permissions.declared(now) if now else permissions.declared(sources=[permissions.source("school")])
    with pytest.raises(GatewayError, match=f"police.*{why}"):
        build(Workspace(tmp_path), published, ASKED, partnership=declared, on=TODAY)
    assert not (tmp_path / "features").exists()


def test_a_source_that_was_left_out_of_the_snapshot_is_named_with_the_reason(tmp_path: Path) -> None:
    facts = {"sources": {}, "linkage": {"sources_left_out": {"police": "old_duty ended on 2024-01-31."}}}
    with pytest.raises(GatewayError, match=r"without police: old_duty ended on 2024-01-31\."):
        built(tmp_path, facts=facts)


def test_nobody_in_the_cohort_is_an_error_not_an_empty_set(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    published = snapshot(workspace, person=PERSON, event=EVENT)
    asked = use_case(cohort={"plain": "Nobody at all", "ages": {"from_years": 110, "below_years": 111}})
    with pytest.raises(InputError, match="Nobody is in the cohort"):
        build(workspace, published, asked, partnership=PARTNERSHIP, on=TODAY)


def test_online_vector_equals_the_row_of_the_batch(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    published = snapshot(workspace, person=PERSON, event=EVENT, known_to="2024-03-30")
    batch = build(workspace, published, ASKED, partnership=PARTNERSHIP, on=TODAY).matrix().to_pylist()
    source = open_source(workspace, published, ASKED)
    for row in batch:
        online = source.vector(row["person_id"], as_of_date=row["as_of_date"])
        for indicator_, value in zip(INDICATORS, online, strict=True):
            expected = row[indicator_.name]
            assert math.isnan(value) if expected is None else value == expected


def test_online_says_who_is_unknown_and_who_is_not_in_the_cohort(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    published = snapshot(workspace, person=PERSON, event=EVENT)
    day, source = datetime.date(2024, 1, 1), open_source(workspace, published, ASKED)
    with pytest.raises(NotInCohortError, match="Children of school age"):
        source.vector("old", as_of_date=day)
    for unknown in ("nobody", "", "zed", "ada\0", "x' OR '1'='1", "\ud800"):
        with pytest.raises(NotFoundError, match="no person"):
            source.vector(unknown, as_of_date=day)


def test_a_feature_set_may_not_be_trained_on_after_a_gateway_ended(tmp_path: Path) -> None:
    feature_set = built(tmp_path)
    feature_set.require_gateways(PARTNERSHIP, on=TODAY)
    ended = permissions.declared({"valid_to": "2024-12-31"})
    with pytest.raises(GatewayError, match=r"The source police .* holds from 2018-01-01 to 2024-12-31"):
        feature_set.require_gateways(ended, on=TODAY)
