"""A bundle made again: the same bytes, or which file differs and where; and nothing is written."""

import hashlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from features.rows.feature_sets import FeatureSet
from hub.errors import IntegrityError, NotFoundError
from hub.workspace import Workspace
from models.bundle.bundles import Bundle, Contents
from models.fitting import rebuilding, updating
from models.fitting.chosen import Algorithm
from models.fitting.fitting import Fitted, fit
from models.fitting.rebuilding import UnlikeFile, rebuild
from models.fitting.search import SearchAsked
from models.measuring.closed_test import LadderStep
from tests.factories.bundles import published
from tests.factories.feature_sets import feature_set, later

SMALL: Mapping[str, Any] = {"people": 400, "floor": {"outcomes": 10}}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace for the module."""
    return Workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def features(place: Workspace) -> FeatureSet:
    """Return a small feature set; without folds a search takes the highest figure, so hardly ever a declared one."""
    return feature_set(place, **SMALL)


@pytest.fixture(scope="module")
def fitted(features: FeatureSet) -> Fitted:
    """Return an ordinary training."""
    return fit(features)


@pytest.fixture(scope="module")
def searched(place: Workspace, features: FeatureSet) -> Bundle:
    """Return a bundle whose candidates were searched."""
    return published(place, fit(features, candidates=SearchAsked(8), seed=1).contents)


def tree_of(place: Workspace) -> dict[str, str]:
    """Return the digest of every file in a workspace but the ledger's own."""
    return {
        str(path.relative_to(place.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(place.root.rglob("*"))
        if path.is_file()
    }


def test_the_same_bytes_and_nothing_is_written(place: Workspace, fitted: Fitted) -> None:
    bundle = published(place, fitted.contents)
    before = tree_of(place)
    told: list[str] = []

    def tell(step: str, _done: int, _total: int) -> None:
        told.append(step)

    made = rebuild(place, bundle, progress=tell)
    assert made.same
    assert (made.digest, made.differs, made.libraries, made.searched) == (bundle.digest, (), {}, "")
    assert made.other_code is False
    assert tree_of(place) == before
    assert any(step.startswith("Training: ") for step in told)


@pytest.mark.parametrize("algorithm", [Algorithm.LOGISTIC, Algorithm.POINTS])
def test_every_algorithm_gives_the_same_bytes(place: Workspace, features: FeatureSet, algorithm: Algorithm) -> None:
    assert rebuild(place, published(place, fit(features, algorithm=algorithm, seed=4).contents)).same


@pytest.mark.parametrize(("again", "says"), [(False, "not repeated"), (True, "repeated")])
def test_a_search_is_repeated_where_that_is_asked_for(
    place: Workspace, searched: Bundle, again: bool, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert searched.facts.candidate.startswith("trial_"), "no declared one, whose parameters stand in the code"
    asked: list[int] = []

    def asking(trials: int) -> SearchAsked:
        asked.append(trials)
        return SearchAsked(trials)

    monkeypatch.setattr(rebuilding, "SearchAsked", asking)
    made = rebuild(place, searched, search_again=again)
    assert (made.same, made.searched) == (True, says)
    assert asked == ([8] if again else [])
    assert not place.searches.exists(), "what was kept of the search proves nothing"


@pytest.mark.parametrize("step", [LadderStep.INTERCEPT, pytest.param(LadderStep.REFIT, marks=pytest.mark.prove)])
def test_an_update_is_made_again_from_the_bundle_that_was_updated(tmp_path: Path, step: LadderStep) -> None:
    place = Workspace(tmp_path)
    old = published(place, fit(feature_set(place, **SMALL)).contents)
    bundle = published(place, updating.update(old, later(place, **SMALL), to=step, seed=5).contents)
    assert rebuild(place, bundle).same
    shutil.rmtree(old.artefact.path)
    with pytest.raises(NotFoundError, match=f"The bundle {old.digest[:12]}, of which {bundle.digest[:12]}"):
        rebuild(place, bundle)


def _metrics(contents: Contents) -> Contents:
    figures = contents.metrics["figures"]
    auc = {**figures["model"]["auc"], "value": figures["model"]["auc"]["value"] + 0.001}
    changed = {**figures, "model": {**figures["model"], "auc": auc}}
    return replace(contents, metrics={**contents.metrics, "figures": changed})


def _text(contents: Contents) -> Contents:
    return replace(contents, text=contents.text.replace("[num_iterations: 600]", "[num_iterations: 601]"))


def _facts(contents: Contents) -> Contents:
    return replace(contents, facts=contents.facts.model_copy(update={"rounds": contents.facts.rounds + 1}))


def _cuts(contents: Contents) -> Contents:
    return replace(contents, thresholds=replace(contents.thresholds, capacity=contents.thresholds.capacity + 1))


@pytest.mark.parametrize(
    ("change", "unlike"),
    [
        (_metrics, UnlikeFile("metrics.json", "figures.model.auc.value", 1)),
        (_facts, UnlikeFile("facts", "rounds", 1)),
        (_cuts, UnlikeFile("thresholds.json", "capacity", 1)),
        (_text, None),
    ],
)
def test_it_says_which_file_differs_and_where(
    place: Workspace, fitted: Fitted, change: Callable[[Contents], Contents], unlike: UnlikeFile | None
) -> None:
    bundle = published(place, change(fitted.contents))
    made = rebuild(place, bundle)
    assert not made.same
    assert made.digest == published(place, fitted.contents).digest
    (found,) = made.differs
    if unlike is None:
        line = fitted.contents.text.splitlines().index("[num_iterations: 600]") + 1
        unlike = UnlikeFile("model.txt", f"line {line}, [num_iterations: 601]", 1)
    assert found == unlike


def test_another_seed_changes_figures_and_all_of_it_is_told(place: Workspace, fitted: Fitted) -> None:
    facts = fitted.contents.facts.model_copy(update={"seed": 77})
    made = rebuild(place, published(place, replace(fitted.contents, facts=facts)))
    named = {one.name: one for one in made.differs}
    assert {"metrics.json", "golden.json"} <= set(named)
    assert named["metrics.json"].places > 10


def test_libraries_that_are_others_now_are_named_and_are_no_difference_of_the_facts(
    place: Workspace, fitted: Fitted
) -> None:
    libraries = {**fitted.contents.facts.libraries, "lightgbm": "4.5.0"}
    facts = fitted.contents.facts.model_copy(update={"libraries": libraries})
    made = rebuild(place, published(place, replace(fitted.contents, facts=facts)))
    assert not made.same
    assert made.differs == ()
    assert made.libraries == {"lightgbm": ("4.5.0", fitted.contents.facts.libraries["lightgbm"])}


def test_another_search_space_is_named(place: Workspace, searched: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.fitting.studies.SPACE_VERSION", 2)
    made = rebuild(place, searched)
    assert made.same, "the candidate alone does not ask for it"
    assert made.libraries == {"search space": ("1", "2")}


def test_without_its_feature_set_or_with_another_byte_in_it(tmp_path: Path) -> None:
    place = Workspace(tmp_path)
    features = feature_set(place, **SMALL)
    bundle = published(place, fit(features).contents)
    path = features.artefact.path / "matrix.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(IntegrityError):
        rebuild(place, bundle)
    shutil.rmtree(features.artefact.path)
    with pytest.raises(NotFoundError, match=f"The feature set {features.digest[:12]} of the bundle"):
        rebuild(place, bundle)
