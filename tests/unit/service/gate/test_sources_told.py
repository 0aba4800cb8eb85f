"""How old each source of a score is: refused beyond what the use case allows, and said in words beside the score."""

import datetime
from pathlib import Path

import pytest

from ethics.errors import StaleSnapshotError
from hub.workspace import Workspace
from service.gate import sources_told
from tests.factories.snapshots import snapshot
from tests.factories.use_cases import use_case

ON = datetime.date(2025, 4, 1)
EVENTS = [
    {"person_id": "p1", "source": name, "occurred_on": "2020-01-01", "event_type": "incident"}
    for name in ("police", "school")
]


def _told(tmp_path: Path, police: str, school: str) -> tuple[sources_told.SourceAge, ...]:
    published = snapshot(
        Workspace(tmp_path), known_to="2025-03-31", event=EVENTS, reported={"police": police, "school": school}
    )
    return sources_told.of(published, {"police", "school", "not in it"}, ON)


@pytest.mark.parametrize(
    ("police", "school", "source_days", "refused"),
    [
        ("2025-03-31", "2025-03-31", {}, None),
        ("2024-03-31", "2025-03-31", {}, None),
        ("2024-03-30", "2025-03-31", {}, "police"),
        ("2025-03-31", "2021-03-31", {}, "school"),
        ("2025-03-31", "2021-03-31", {"school": 3650}, None),
        ("2025-03-31", "2025-02-01", {"school": 30}, "school"),
    ],
)
def test_each_source_may_be_only_so_old(
    tmp_path: Path, police: str, school: str, source_days: dict[str, int], refused: str | None
) -> None:
    asked = use_case(snapshot_days=366, source_days=source_days)
    told = _told(tmp_path, police, school)
    if refused is None:
        sources_told.require_fresh(asked, told)
        return
    with pytest.raises(StaleSnapshotError, match=f"newest data of {refused}"):
        sources_told.require_fresh(asked, told)


def test_a_source_that_told_of_nothing_is_never_fresh() -> None:
    told = sources_told.SourceAge("police", "Police", None, None)
    with pytest.raises(StaleSnapshotError, match="no day"):
        sources_told.require_fresh(use_case(), [told])


def test_old_data_are_said_in_words_the_oldest_first(tmp_path: Path) -> None:
    assert sources_told.caveat(_told(tmp_path, "2025-03-31", "2024-12-31")) is None
    said = sources_told.caveat(_told(tmp_path, "2024-10-01", "2021-04-01"))
    assert said is not None
    assert "school: up to 2021-03-31, 4 years ago; police: up to 2024-09-30, 5 months ago" in said


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "0 days"), (29, "29 days"), (31, "1 month"), (100, "3 months"), (365, "1 year"), (1461, "4 years")],
)
def test_how_long_ago(days: int, words: str) -> None:
    assert sources_told.ago(days) == words
