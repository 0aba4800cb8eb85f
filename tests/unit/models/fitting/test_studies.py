"""Studies: a search that was cut short goes on as if it had not been, and a file that is not its own is refused."""

import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from hub.errors import IntegrityError, RecordError, StateError
from models.fitting import studies
from models.fitting.candidates import CANDIDATES
from models.fitting.search import place
from models.fitting.studies import Found, Study, StudyTrial, open_study

BOUND = {"feature_set": "f" * 64, "use_case": "u" * 64, "seed": 7}
FIRST = place(CANDIDATES[1])
TRIALS = 14
"""More than Optuna draws at random first."""


def found(parameters: dict[str, float]) -> list[Found]:
    """Return what a trial finds: best at 12 leaves and a rate of .07."""
    off = abs(parameters["num_leaves"] - 12) / 60 + abs(parameters["learning_rate"] - 0.07)
    return [(0.5 - off / 3, 0.2 + off, 50), (0.6 - off / 2, 0.3, 70)]


def go_on(study: Study, many: int) -> list[StudyTrial]:
    """Try until there are `many` trials; every fourth is left after its first fold."""
    while (number := len(study.trials)) < many:
        given = study.ask(seed=7, fixed=FIRST if number == 0 else None)
        pruned = number % 4 == 3
        study.tell(found(given)[: 1 if pruned else 2], pruned=pruned)
    return study.trials


@pytest.fixture(scope="module")
def whole() -> list[StudyTrial]:
    """Return the trials of a search that nobody interrupted."""
    with open_study(None, BOUND) as study:
        return go_on(study, TRIALS)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a study of a few trials."""
    folder = tmp_path_factory.mktemp("made") / "searches"
    with open_study(folder, BOUND) as study:
        go_on(study, 4)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    return Path(shutil.copytree(made, tmp_path / "searches"))


def the_file(folder: Path) -> Path:
    """Return the one study in a folder."""
    (path,) = folder.glob("*.db")
    return path


def test_it_learns_from_what_was_found_and_the_declared_comes_first(whole: Sequence[StudyTrial]) -> None:
    assert whole[0].parameters == FIRST
    assert len({json.dumps(dict(one.parameters)) for one in whole}) == TRIALS
    assert [one.pruned for one in whole] == [number % 4 == 3 for number in range(TRIALS)]


def test_cut_short_at_any_place_it_goes_on_as_if_it_had_not_been(folder: Path, whole: Sequence[StudyTrial]) -> None:
    """After 4, 9 and 12 trials, each time with one that was begun and never ended."""
    for many in (9, 12, TRIALS):
        with open_study(folder, BOUND) as study:
            study.ask(seed=7, fixed=None)  # its process ends here
        with open_study(folder, BOUND) as study:
            go_on(study, many)
    with open_study(folder, BOUND) as study:
        assert study.trials == list(whole)
    with closing(sqlite3.connect(the_file(folder))) as connection:
        states = dict(connection.execute("SELECT state, count(*) FROM trials GROUP BY state"))
    assert states == {"COMPLETE": 11, "PRUNED": 3, "FAIL": 3}


def test_cut_short_in_the_first_declared_one_it_tries_that_again(tmp_path: Path, whole: Sequence[StudyTrial]) -> None:
    for _ in range(2):
        with open_study(tmp_path, BOUND) as study:
            assert study.ask(seed=7, fixed=FIRST) == FIRST
    with open_study(tmp_path, BOUND) as study:
        assert go_on(study, 2) == list(whole[:2])


def test_cut_short_when_the_declared_one_waits_it_is_not_tried_twice(
    tmp_path: Path, whole: Sequence[StudyTrial]
) -> None:
    with open_study(tmp_path, BOUND) as study:
        study._study.enqueue_trial(FIRST)  # its process ends here
    with open_study(tmp_path, BOUND) as study:
        assert go_on(study, 2) == list(whole[:2])


def test_another_seed_is_another_search(whole: Sequence[StudyTrial]) -> None:
    with open_study(None, BOUND) as study:
        study.ask(seed=8, fixed=FIRST)
        study.tell([(0.5, 0.2, 9)], pruned=False)
        assert study.ask(seed=8, fixed=None) != whole[1].parameters


@pytest.mark.parametrize("other", [{"seed": 8}, {"feature_set": "e" * 64}, {"use_case": "v" * 64}, {"folds": 3}])
def test_what_decides_the_figures_decides_the_file(folder: Path, other: dict[str, object]) -> None:
    with open_study(folder, {**BOUND, **other}) as study:
        assert study.trials == []
    assert len([*folder.glob("*.db")]) == 2


def test_another_version_of_the_space_is_another_search(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "SPACE_VERSION", studies.SPACE_VERSION + 1)
    with open_study(folder, BOUND) as study:
        assert study.trials == []


def test_it_is_its_owners_alone(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        with open_study(tmp_path / "searches", BOUND) as study:
            go_on(study, 1)
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "searches").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "searches").iterdir()} == {0o600}


def test_two_at_once_are_refused(folder: Path) -> None:
    with (
        open_study(folder, BOUND),
        pytest.raises(StateError, match="the same search"),
        open_study(folder, BOUND),
    ):
        pass


def _sql(*statements: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            for one in statements:
                connection.execute(one)

    return change


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _text(path: Path) -> None:
    path.write_text("trials, one a line\n" * 500)


def _other_tables(path: Path) -> None:
    path.unlink()
    _sql("CREATE TABLE runs (id INTEGER)")(path)


def _link(path: Path) -> None:
    path.rename(path.with_suffix(".elsewhere"))
    path.symlink_to(path.with_suffix(".elsewhere"))


def _a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "damage",
    [
        _cut,
        _text,
        _other_tables,
        _link,
        _a_folder,
        _sql("UPDATE studies SET study_name = 'another'"),
        _sql("UPDATE study_user_attributes SET value_json = '{\"seed\": 1}'"),
        _sql("DELETE FROM study_user_attributes"),
        _sql("DELETE FROM trial_user_attributes"),
        _sql("UPDATE trial_user_attributes SET value_json = '[[2.0, 0.1, 5]]'"),
        _sql("UPDATE trial_user_attributes SET value_json = 'no JSON'"),
        _sql("UPDATE trial_values SET value = value + 0.001"),
        _sql("DROP TABLE trial_params"),
        _sql("UPDATE alembic_version SET version_num = 'v9.0.0'"),
    ],
    ids=lambda damage: damage.__name__,
)
def test_a_damaged_or_foreign_file_is_one_sentence(folder: Path, damage: Callable[[Path], None]) -> None:
    damage(the_file(folder))
    with pytest.raises(IntegrityError) as refused, open_study(folder, BOUND) as study:
        go_on(study, 6)
    assert "search" in refused.value.message
    assert refused.value.remedy.startswith("Move it away")


def test_a_file_that_cannot_be_written_any_more_is_one_sentence(folder: Path) -> None:
    with open_study(folder, BOUND) as study:
        _sql("DROP TABLE trial_params")(the_file(folder))
        with pytest.raises(RecordError) as refused:
            go_on(study, 6)
    assert "goes on" in refused.value.remedy
