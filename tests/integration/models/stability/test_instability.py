"""Instability of published bundles: what the file and the command say is what refits of its own recipe say."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.rows.feature_sets import FeatureSet
from hub.errors import StateError
from hub.figures import NotComputed
from hub.workspace import Workspace
from models.bundle.bundles import Bundle
from models.fitting.chosen import Algorithm
from models.fitting.fitting import fit
from models.fitting.refits import IN_TRAINING, Learner
from models.fitting.updating import update
from models.measuring.closed_test import LadderStep
from models.measuring.stability import LikelyRanges
from models.stability.instability import Multiplicity, instability, multiplicity
from models.stability.pictures import picture
from models.stability.subjects import Subject
from tests.factories import worlds
from tests.factories.attacked import World
from tests.factories.bundles import published
from tests.factories.feature_sets import DATES, TEST_DATES, feature_set, later

FOLDS = {
    "train": {"first": "2021-01-01", "until": "2022-06-01"},
    "folds": {"number": 1},
    "choose": {"first": "2022-06-01", "until": "2023-01-01"},
    "test": {"first": "2023-01-01", "until": "2024-01-01"},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace for the module."""
    return Workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def features(place: Workspace) -> FeatureSet:
    """Return a feature set of families of two."""
    return feature_set(place, siblings=2)


@pytest.fixture(scope="module", params=list(Algorithm))
def bundle(place: Workspace, features: FeatureSet, request: pytest.FixtureRequest) -> Bundle:
    """Return a bundle of each algorithm."""
    return published(place, fit(features, algorithm=request.param, seed=3).contents)


def test_a_refit_on_the_rows_as_they_are_is_the_model(bundle: Bundle, features: FeatureSet) -> None:
    subject = Subject.of(bundle, features)
    rows = np.arange(len(subject.rows.train.outcomes))
    same = Learner.of(subject.recipe, subject.rows.train)(rows, subject.rows.choose, seed=bundle.facts.seed)
    assert same.log_odds(subject.rows.test.values) == pytest.approx(subject.log_odds, abs=1e-8)


def test_the_bundle_keeps_what_so_many_refits_say(bundle: Bundle, features: FeatureSet) -> None:
    found = instability(Subject.of(bundle, features), resamples=IN_TRAINING)
    assert isinstance(found.ranges, LikelyRanges)
    assert found.ranges.as_json() == json.loads(bundle.artefact.read("stability.json"))
    assert isinstance(bundle.stability, LikelyRanges)
    assert bundle.stability.refits == found.refits == IN_TRAINING
    assert isinstance(found.near_the_cut, Mapping)
    assert {type(one) for one in found.near_the_cut.values()} == {int}
    said = found.as_json()
    assert said["moved"]["kept"]["n"] == 40 * len(TEST_DATES)
    assert b"<svg" in picture(found.ranges, cut=0.2, people="children").encode()
    assert picture(found.ranges, cut=0.2, people="children") == picture(found.ranges, cut=0.2, people="children")


def test_no_row_of_anybody_is_in_the_file(bundle: Bundle) -> None:
    levels = json.loads(bundle.artefact.read("stability.json"))["levels"]
    assert min(one["people"] for one in levels) >= 10
    assert all({*one} == {"from", "to", "people", "rows", "lower", "upper"} for one in levels)


def test_no_time_is_said_and_too_few_refits_say_nothing(bundle: Bundle, features: FeatureSet) -> None:
    found = instability(Subject.of(bundle, features), resamples=50, minutes=0)
    assert (found.asked, found.refits) == (50, 1)
    assert found.near_the_cut == NotComputed(1, "fewer than 10 refits")
    assert not found.moved["kept"].computed


def test_candidates_as_good_as_the_chosen_one_are_compared(place: Workspace) -> None:
    dates = (*DATES, *TEST_DATES)
    features = feature_set(place, dates=dates, validation=FOLDS)
    subject = Subject.of(published(place, fit(features).contents), features)
    one_fold = multiplicity(subject)
    tried = [{**one, "standard_error": 1.0} for one in subject.bundle.metrics["choice"]["tried"]]
    choice = {**subject.bundle.metrics["choice"], "tried": tried}
    several = replace(subject, bundle=replace(subject.bundle, metrics={**subject.bundle.metrics, "choice": choice}))
    found = multiplicity(several)
    assert isinstance(found, Multiplicity)
    assert found.candidates[0] == subject.bundle.facts.candidate
    assert len(found.candidates) == 4
    assert 0 < found.counts["offered_by_all"] <= found.counts["places"]
    assert found.counts["contradicted"] >= found.counts["places"] - found.counts["offered_by_all"]
    if isinstance(one_fold, Multiplicity):  # one fold has a standard error of 0
        assert len(one_fold.candidates) < 4


def test_trees_that_an_update_kept_have_no_ranges(place: Workspace, features: FeatureSet) -> None:
    old = published(place, fit(features).contents)
    newer = later(place)
    new = published(place, update(old, newer, to=LadderStep.INTERCEPT).contents)
    assert isinstance(new.stability, NotComputed)
    assert "trees were kept" in new.stability.reason
    with pytest.raises(StateError, match="kept earlier trees"):
        Subject.of(new, newer)


def test_it_is_a_command(tmp_path: Path) -> None:

    root = tmp_path / "world"
    shutil.copytree(worlds.kept(), root)
    world = World(root)
    try:
        drawn = tmp_path / "how.svg"
        words = ("models", "instability", world.bundle[:12], "--resamples", "12")
        code, told = world.sentinel(*words, "--picture", str(drawn), "--json")
        assert code == 0, told
        said = json.loads(told)
        assert (said["digest"], said["refits"]) == (world.bundle, 12)
        assert drawn.is_file() == ("levels" in said["ranges"])
        again = ("models", "sensitivity", world.bundle[:12])
        code, told = world.sentinel(*again, "--group", "sex")
        assert code == 0
        assert "Each sex left out of training" in told
        assert "Without each agency's data" in told
    finally:
        world.close()
