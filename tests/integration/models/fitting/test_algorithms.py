"""Whatever is fitted: the same bytes for the same rows, checked when it is loaded, kept or fitted anew by an update."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hub.errors import IntegrityError
from hub.workspace import Workspace
from models.bundle.model_files import MODEL_FILE
from models.fitting.chosen import Algorithm
from models.fitting.fitting import Fitted, fit
from models.fitting.parted import Parted
from models.fitting.updating import update
from models.measuring.closed_test import LadderStep
from tests.factories.bundles import published
from tests.factories.feature_sets import feature_set, later

SUMS = (Algorithm.POINTS, Algorithm.LOGISTIC)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module", params=SUMS)
def fitted(request: pytest.FixtureRequest, place: Workspace) -> Fitted:
    return fit(feature_set(place, people=2000, siblings=2), algorithm=request.param)


def test_the_same_rows_give_the_same_bytes(place: Workspace, fitted: Fitted) -> None:
    again = fit(feature_set(place, people=2000, siblings=2), algorithm=Algorithm(fitted.contents.facts.algorithm))
    assert again.contents.files() == fitted.contents.files()


def test_it_orders_people_well_and_its_choice_is_on_record(fitted: Fitted) -> None:
    said = fitted.contents.metrics
    assert said["figures"]["model"]["auc"]["value"] > 0.7
    chosen = said["choice"]["chosen"]
    assert fitted.contents.facts.candidate == chosen
    tried = {one["candidate"]: one["average_precision"] for one in said["choice"]["tried"]}
    assert tried[chosen] == max(tried.values())
    assert all(one["rounds"] == 0 for one in said["choice"]["tried"])


def test_expected_directions_bind_it(place: Workspace, fitted: Fitted) -> None:
    bundle = published(place, fitted.contents)
    model, row = bundle.load(), np.zeros((1, len(bundle.indicators)))
    for at, indicator in enumerate(bundle.indicators):
        several = np.repeat(row, 40, axis=0)
        several[:, at] = np.arange(40)
        steps = np.diff(model.margins(several))
        if indicator.direction.value == "raises":
            assert (steps >= 0).all()
        elif indicator.direction.value == "lowers":
            assert (steps <= 0).all()


@pytest.mark.parametrize("other", ["lightgbm", "points", "logistic"])
def test_a_model_of_another_algorithm_than_its_facts_say_is_refused(
    place: Workspace, fitted: Fitted, other: str
) -> None:
    facts = fitted.contents.facts
    if other == facts.algorithm:
        return
    bundle = published(place, replace(fitted.contents, facts=facts.model_copy(update={"algorithm": other})))
    with pytest.raises(IntegrityError, match=f"no {other} model"):
        bundle.load()


def test_changed_points_are_found_by_the_golden_rows(tmp_path: Path, fitted: Fitted) -> None:
    said = json.loads(fitted.contents.text)
    said["intercept"] += 1e-6
    with pytest.raises(IntegrityError, match="other probabilities"):
        published(Workspace(tmp_path), replace(fitted.contents, text=json.dumps(said)))


def test_an_update_keeps_its_terms_to_the_byte_and_a_refit_its_algorithm(place: Workspace, fitted: Fitted) -> None:
    old = published(place, fitted.contents)
    newer = later(place, people=1500, siblings=2, drift=lambda _, logit, __: logit + 1.0)
    kept = published(place, update(old, newer, to=LadderStep.INTERCEPT).contents)
    assert kept.artefact.read(MODEL_FILE) == old.artefact.read(MODEL_FILE)
    assert kept.facts.algorithm == old.facts.algorithm
    assert kept.facts.update is not None
    assert kept.facts.update.order.unchanged
    choose = Parted.of(newer).choose
    assert kept.load().probabilities(choose.values).sum() == pytest.approx(choose.outcomes.sum(), rel=1e-6)
    anew = update(old, newer, to=LadderStep.REFIT).contents
    assert anew.facts.algorithm == old.facts.algorithm
    assert anew.text != fitted.contents.text
