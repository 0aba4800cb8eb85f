"""The search: what it tries, what it leaves, what it chooses; and that bins that are shared change nothing."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import ConfigurationError, IntegrityError
from hub.progress import silent
from models.fitting import boosting, search, studies
from models.fitting.boosting import BinnedRows
from models.fitting.candidates import CANDIDATES
from models.fitting.search import SearchAsked, SearchKind, asked_for, candidate_of, falls_behind, place
from models.matrices import Matrix

FREE = [0, 0, 0]


def rows(many: int, seed: int) -> Matrix:
    """Return rows of which the first two indicators say something, and the third is often missing."""
    draw = np.random.default_rng(seed)
    values = draw.normal(size=(many, 3)).round(2)
    values[draw.random(many) < 0.4, 2] = np.nan
    outcomes = (draw.random(many) < 1 / (1 + np.exp(2 - values[:, 0] - np.abs(values[:, 1])))).astype(float)
    days = np.full(many, np.datetime64("2022-01-01"))
    return Matrix(("a", "b", "c"), values, outcomes, days, np.arange(many), np.arange(many), np.full(many, True))


TRAIN, CHOOSE = rows(400, 1), rows(300, 2)
FOLDS = ((rows(200, 3), rows(150, 4)), (rows(300, 5), rows(150, 6)), (rows(350, 7), rows(150, 8)))


def searched(asked: SearchAsked, *, folds: Sequence[tuple[Matrix, Matrix]] = FOLDS) -> tuple[str, dict[str, Any]]:
    """Return the text of the chosen model and the record."""
    choice, record = search.search(TRAIN, CHOOSE, FREE, folds=folds, asked=asked, seed=3, progress=silent)
    return choice.best.text, record


@pytest.fixture(scope="module")
def whole() -> tuple[str, dict[str, Any]]:
    """Return what a search of nine trials finds that nobody interrupted."""
    return searched(SearchAsked(9))


@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda one: one.name)
def test_bins_that_are_shared_give_the_same_text_as_bins_of_ones_own(candidate: Any) -> None:
    shared = BinnedRows.of(TRAIN, CHOOSE, 3)
    for other in CANDIDATES:
        boosting.train(other, shared, constraints=[1, 0, -1])
    for signs in ([1, 0, -1], FREE):
        alone = boosting.train(candidate, BinnedRows.of(TRAIN, CHOOSE, 3), constraints=signs)
        assert boosting.train(candidate, shared, constraints=signs).text == alone.text


def test_each_declared_candidate_lies_in_the_space_and_no_leaf_is_smaller_than_the_threshold() -> None:
    every = studies.space()
    for candidate in CANDIDATES:
        at = place(candidate)
        assert at.keys() == every.keys()
        assert all(every[name]._contains(every[name].to_internal_repr(value)) for name, value in at.items())
    assert every["min_data_in_leaf"].low >= 10
    assert CANDIDATES[0].parameters["num_leaves"] == 2, "the additive one is among the first"


def test_the_declared_ones_come_first_and_the_record_says_all(whole: tuple[str, dict[str, Any]]) -> None:
    record = whole[1]
    tried = record["tried"]
    assert [one["candidate"] for one in tried[:4]] == [one.name for one in CANDIDATES]
    assert [one["candidate"] for one in tried[4:]] == [f"trial_{number}" for number in range(5, 10)]
    assert (record["search"]["kind"], record["search"]["trials"]) == ("tune", 9)
    assert record["search"]["pruned"] == sum(one["pruned"] for one in tried) > 0
    most = [max(one["folds"][at] for one in tried if len(one["folds"]) > at) for at in range(3)]
    for one in tried:
        lacks = fmean(best - own for best, own in zip(most, one["folds"], strict=False))
        assert one["regret"] == pytest.approx(lacks, abs=2e-6)
        assert one["pruned"] == (len(one["folds"]) < 3)
        assert one["parameters"]["min_data_in_leaf"] >= studies.SMALLEST_LEAF


def test_chosen_is_the_one_with_the_fewest_splits_within_one_standard_error() -> None:
    """The oracle is written out once more, from the rounded record."""
    _, record = searched(SearchAsked(10))
    on_all = [one for one in record["tried"] if not one["pruned"]]
    best = max(on_all, key=lambda one: one["average_precision"])
    near = [one for one in on_all if one["average_precision"] >= best["average_precision"] - best["standard_error"]]
    fewest = min(near, key=lambda one: (one["parameters"]["num_leaves"] - 1) * one["rounds"])
    assert record["chosen"] == fewest["candidate"]


def test_without_folds_choose_is_the_one_fold_and_nothing_is_left_early() -> None:
    text, record = searched(SearchAsked(7), folds=())
    assert "on choose" in record["by"]
    assert {len(one["folds"]) for one in record["tried"]} == {1}
    best = max(record["tried"], key=lambda one: one["average_precision"])
    assert record["chosen"] == best["candidate"]
    chosen = candidate_of([one["candidate"] for one in record["tried"]].index(best["candidate"]), best["parameters"])
    assert boosting.train(chosen, BinnedRows.of(TRAIN, CHOOSE, 3), constraints=FREE).text == text


def test_more_trials_go_on_from_the_earlier_ones_and_fewer_are_their_beginning(
    tmp_path: Path, whole: tuple[str, dict[str, Any]]
) -> None:
    kept = [searched(SearchAsked(many, folder=tmp_path)) for many in (6, 9, 6)]
    assert kept[0] == kept[2]
    assert kept[1] == whole
    assert kept[0][1]["search"]["trials"] == 6


class Killed(BaseException):
    """Nothing of ours catches it."""


@pytest.mark.parametrize("fits", [2, 12, 19])
def test_interrupted_in_any_fold_it_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: tuple[str, dict[str, Any]], fits: int
) -> None:
    done = count(1)

    def until(*args: Any, **said: Any) -> Any:
        if next(done) > fits:
            raise Killed
        return boosting.train(*args, **said)

    monkeypatch.setattr(search, "train", until)
    with pytest.raises(Killed):
        searched(SearchAsked(9, folder=tmp_path))
    monkeypatch.undo()
    assert searched(SearchAsked(9, folder=tmp_path)) == whole


def test_minutes_end_it_and_the_record_says_how_many_were_tried() -> None:
    """A clock on which each look takes ten seconds: the first look begins it, and one minute is over at the seventh."""
    ticks = count(0.0, 10.0)
    text, record = searched(SearchAsked(minutes=1, clock=lambda: next(ticks)))
    assert record["search"]["trials"] == 5
    assert (text, record) == searched(SearchAsked(5)), "a limit by time leaves no trace but the number"
    late = count(0.0, 1000.0)
    assert searched(SearchAsked(minutes=1, clock=lambda: next(late)))[1]["search"]["trials"] == len(CANDIDATES)


def test_trials_of_other_folds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever can write the file may change what was declared; a trial of another shape is seen."""
    searched(SearchAsked(4, folder=tmp_path))
    changed = (CANDIDATES[1], CANDIDATES[0], *CANDIDATES[2:])
    monkeypatch.setattr(search, "CANDIDATES", changed)
    with pytest.raises(IntegrityError, match="trials of another one"):
        searched(SearchAsked(4, folder=tmp_path))


@pytest.mark.parametrize(
    ("so_far", "earlier", "left"),
    [
        ([0.1], [[0.2]] * 4, False),  # four have been tried: too few to be held against
        ([0.1], [[0.2]] * 5, True),
        ([0.2], [[0.2]] * 5, False),  # level is not behind
        ([0.3, 0.1], [[0.1, 0.4]] * 5, True),
        ([0.3, 0.2], [[0.4, 0.1]] * 5, False),
        ([0.3, 0.3], [[0.9]] * 3 + [[0.2, 0.2]] * 2, False),  # only figures of the same folds are compared
        ([0.3, 0.3], [[0.2]] * 3 + [[0.4, 0.4]] * 2, True),
        ([0.3, 0.3], [[0.9]] * 5, False),  # nobody came as far
    ],
)
def test_who_falls_behind(so_far: list[float], earlier: list[list[float]], left: bool) -> None:
    assert falls_behind(so_far, earlier) is left


@given(st.lists(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3), min_size=5, max_size=12), st.integers(1, 3))
def test_the_best_so_far_is_never_left_and_half_are(earlier: list[list[float]], seen: int) -> None:
    means = [fmean(one[:seen]) for one in earlier]
    for one, mean in zip(earlier, means, strict=True):
        assert falls_behind(one[:seen], earlier) is (mean < median(means))


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"trials": 3}, "3 trials"),
        ({"trials": 0}, "0 trials"),
        ({"trials": -4}, "-4 trials"),
        ({"trials": 5_001}, "5,001 trials"),
        ({"minutes": 0}, "0 minutes"),
        ({"minutes": -1.5}, "-1.5 minutes"),
        ({"minutes": float("nan")}, "nan minutes"),
        ({"minutes": float("inf")}, "inf minutes"),
    ],
)
def test_limits_that_are_none_are_refused(said: dict[str, Any], word: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        SearchAsked(**said)
    assert word in refused.value.message


def test_what_was_asked_for() -> None:
    def asked(kind: SearchKind, *limits: Any, searchable: bool = True) -> SearchAsked | None:
        return asked_for(kind, *limits, searchable=searchable, folder=None)

    assert asked(SearchKind.QUICK, None, None) is None
    assert asked(SearchKind.QUICK, None, None, searchable=False) is None
    for limits in ((9, None), (None, 2.0)):
        with pytest.raises(ConfigurationError, match="limits of a search"):
            asked(SearchKind.QUICK, *limits)
    with pytest.raises(ConfigurationError, match="Only LightGBM"):
        asked(SearchKind.TUNE, None, None, searchable=False)
    said = [asked(SearchKind.TUNE, *limits) for limits in ((None, None), (9, None), (None, 2.0), (9, 2.0))]
    assert [one.most for one in said if one is not None] == [30, 9, search.MOST_TRIALS, 9]
