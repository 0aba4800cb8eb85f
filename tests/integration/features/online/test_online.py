"""One child's vector, from a source prepared for single questions, is the child's row of the batch, bit for bit."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.batch import erasure
from features.kernel import walk
from features.online import source as online_source
from features.online.vector import NotInCohortError, OnlineSource, open_source
from features.rows import unpublished
from hub import artefacts, held_files
from hub.errors import IntegrityError, NotFoundError, StateError
from hub.workspace import Workspace
from tests.factories.histories import AS_OF, DAY
from tests.factories.snapshots import snapshot
from tests.factories.use_cases import indicator, use_case
from tests.factories.whole_snapshots import ASKED, DATES, INDICATORS, published

PEOPLE = 240


def test_every_measure_of_everybody_is_the_row_of_the_batch(tmp_path: Path) -> None:
    found = published(tmp_path, PEOPLE)
    batch = unpublished.of(found, ASKED, DATES)
    whole = np.column_stack([batch[one.name].to_numpy(zero_copy_only=False) for one in INDICATORS])
    keys = zip(batch["person_id"].to_pylist(), batch["as_of_date"].to_pylist(), strict=True)
    expected = dict(zip(keys, whole, strict=True))
    assert PEOPLE / 4 < len(expected) < PEOPLE * len(DATES)
    source = open_source(Workspace(tmp_path), found, ASKED)
    compiled: Any = walk._fill
    variants = len(compiled.signatures)
    questions = [(f"p{number:06}", day) for number in range(PEOPLE) for day in DATES]

    def ask(question: tuple[str, datetime.date]) -> bool:
        person, day = question
        try:
            numbers = source.vector(person, as_of_date=day)
        except NotInCohortError:
            return question not in expected
        return question in expected and np.array_equal(numbers, expected[question], equal_nan=True)

    with ThreadPoolExecutor(4) as threads:
        answers = zip(questions, threads.map(ask, questions), strict=True)
        assert [question for question, same in answers if not same] == []
    assert len(compiled.signatures) == variants, "a question compiled the kernel anew"


DRAWN: dict[str, Any] = {
    "person": "person_id | birth_month\nada | 2015-05-01\nben | 2015-05-01\nold | 1990-01-01",
    "event": "person_id | occurred_on | value\nada | 2023-12-01 | 2.5\nben | 2023-12-02 | 7",
    "household": "person_id | household_id | valid_from\nada | h | 2020-01-01\nben | h | 2020-01-01",
}
TWO = [indicator("own", measure="sum"), indicator("others", over="household")]
YOUNG = use_case(cohort={"plain": "Children of school age", "ages": {"from_years": 4, "below_years": 18}})


def sources(workspace: Workspace) -> list[str]:
    """Return the digests of the online sources that are there."""
    return artefacts.digests_in(workspace.online)


def opened(root: Path, **changed: str) -> OnlineSource:
    """Publish the drawn tables and open their source."""
    return open_source(Workspace(root), snapshot(Workspace(root), **DRAWN | changed), YOUNG.reading(TWO))


def test_a_source_is_made_once_and_again_when_anything_else_is_asked(tmp_path: Path) -> None:
    workspace, found = Workspace(tmp_path), snapshot(Workspace(tmp_path), **DRAWN)
    first = open_source(workspace, found, YOUNG.reading(TWO))
    assert first.vector("ada", as_of_date=AS_OF).tolist() == [2.5, 1]
    again = open_source(workspace, found, YOUNG.reading(TWO))
    assert again.artefact == first.artefact
    assert not list(workspace.online.glob(".draft-*"))
    for asked in (YOUNG.reading(TWO[:1]), use_case().reading(TWO)):
        [before] = sources(workspace)
        source = open_source(workspace, found, asked)
        assert sources(workspace) == [source.artefact.digest] != [before]
    other = use_case(name="another_offer")
    open_source(workspace, found, other.reading(TWO))
    assert len(sources(workspace)) == 2
    # What is open stays readable; a newer snapshot has its own.
    assert first.vector("ben", as_of_date=AS_OF).tolist() == [7, 1]
    newer = snapshot(workspace, **DRAWN | {"event": "person_id | occurred_on | value\nada | 2024-01-01 | 9"})
    assert open_source(workspace, newer, other.reading(TWO)).vector("ada", as_of_date=AS_OF).tolist() == [9, 0]
    assert len(sources(workspace)) == 2


def test_a_person_without_events_and_one_whom_nobody_knows(tmp_path: Path) -> None:
    source = opened(tmp_path, event="person_id | occurred_on\nben | 2024-01-01")
    assert source.vector("ada", as_of_date=AS_OF).tolist() == [0, 1]
    assert source.vector("ada", as_of_date=datetime.date(2024, 1, 1)).tolist() == [0, 0]
    with pytest.raises(NotInCohortError, match="Children of school age"):
        source.vector("old", as_of_date=AS_OF)
    for unknown in ("", "a", "adb", "zed", "ada\0", "\ud800"):
        with pytest.raises(NotFoundError, match="no person"):
            source.vector(unknown, as_of_date=AS_OF)


def test_a_snapshot_without_any_event(tmp_path: Path) -> None:
    empty = open_source(Workspace(tmp_path), snapshot(Workspace(tmp_path), person=DRAWN["person"]), YOUNG.reading(TWO))
    assert empty.vector("ada", as_of_date=AS_OF).tolist() == [0, 0]


def test_whoever_is_known_to_have_died_is_never_scored(tmp_path: Path) -> None:
    source = opened(
        tmp_path, event="person_id | event_type | occurred_on | known_from\nada | death | 2024-01-01 | 2024-02-29"
    )
    assert source.vector("ada", as_of_date=AS_OF - DAY).tolist() == [0, 0]
    with pytest.raises(NotInCohortError):
        source.vector("ada", as_of_date=AS_OF)


def test_a_rule_that_is_not_in_force_on_the_date_is_said(tmp_path: Path) -> None:
    asked = use_case(cohort={"plain": "Every child the hub knows", "since": "2024-02-29", "why": "The offer began"})
    found = snapshot(Workspace(tmp_path), **DRAWN)
    source = open_source(Workspace(tmp_path), found, asked.reading(TWO))
    assert source.vector("ada", as_of_date=AS_OF).tolist() == [2.5, 1]
    with pytest.raises(StateError, match="holds since 2024-02-29"):
        source.vector("ada", as_of_date=AS_OF - DAY)


def test_a_changed_byte_is_refused_and_a_deleted_source_is_made_again(tmp_path: Path) -> None:
    source = opened(tmp_path)
    source.close()
    path = source.file
    content = path.read_bytes()
    path.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
    with pytest.raises(IntegrityError, match="online source"):
        opened(tmp_path)
    erasure.forget(Workspace(tmp_path))
    assert sources(Workspace(tmp_path)) == []
    assert opened(tmp_path).vector("ada", as_of_date=AS_OF).tolist() == [2.5, 1]


def test_an_interrupted_making_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(online_source, "_rows", interrupted)
        with pytest.raises(KeyboardInterrupt):
            opened(tmp_path)
    assert list(Workspace(tmp_path).online.iterdir()) == []


def test_a_file_renamed_over_it_between_check_and_use_is_never_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = opened(tmp_path / "good")
    forged = opened(tmp_path / "forged", event="person_id | occurred_on | value\nada | 2023-12-01 | 99")
    forged.close()
    expected = good.vector("ada", as_of_date=AS_OF).tolist()
    good.close()
    kept = forged.file.read_bytes()
    hashed = held_files.hashed

    def swapped(path: Path, *given: Any, **named: Any) -> str:
        found = hashed(path, *given, **named)
        if path == good.file:
            other = tmp_path / "other"
            other.write_bytes(kept)
            other.rename(path)
        return found

    monkeypatch.setattr(held_files, "hashed", swapped)
    source = OnlineSource(good.artefact, YOUNG.reading(TWO))
    assert source.file.read_bytes() == kept, "the attack came in time"
    assert source.vector("ada", as_of_date=AS_OF).tolist() == expected


def test_what_is_open_has_no_name_and_is_not_touched_by_what_is_written_later(tmp_path: Path) -> None:
    source = opened(tmp_path)
    assert [path.name for path in Workspace(tmp_path).online.iterdir()] == [source.artefact.digest]
    with source.file.open("r+b") as stream:
        stream.write(bytes(source.file.stat().st_size))
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(source.vector, "ada", as_of_date=AS_OF) for _ in range(40)]
        assert {tuple(one.result()) for one in asked} == {(2.5, 1)}


def test_no_copy_is_left_of_a_source_that_has_changed(tmp_path: Path) -> None:
    source = opened(tmp_path)
    source.close()
    with source.file.open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(IntegrityError, match=r"events.duckdb"):
        opened(tmp_path)
    assert [path.name for path in Workspace(tmp_path).online.iterdir()] == [source.artefact.digest]


def test_a_snapshot_swapped_while_a_source_is_made_of_it_gives_no_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, make = snapshot(Workspace(tmp_path), **DRAWN), online_source._make
    path = found.path("event")

    def swapped(*given: Any) -> None:
        kept = path.read_bytes()
        aside = path.rename(tmp_path / "aside")
        path.write_bytes(kept)
        make(*given)
        aside.rename(path)

    monkeypatch.setattr(online_source, "_make", swapped)
    with pytest.raises(IntegrityError, match="changed while it was read"):
        open_source(Workspace(tmp_path), found, YOUNG.reading(TWO))
    assert sources(Workspace(tmp_path)) == []
