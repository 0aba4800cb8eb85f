"""A logistic regression and a card of points go all the way of a model of trees: audit, approval, a score."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from audits.audit import audit as audits
from audits.report.report import render
from ethics.record.store import open_store
from features.rows.feature_sets import open_feature_set
from hub.artefacts import digests_in
from models.additive.additive import AdditiveForm, PointsTerm
from models.bundle.bundles import Bundle, open_bundle
from models.bundle.card import card
from models.commands.card_cli import page
from models.commands.cli import app
from models.fitting import training
from models.fitting.chosen import Algorithm
from models.opponents import OPPONENTS, WORDS
from service.demonstration.gate_trial import approve
from service.gate.gate import Gate
from service.http.api import SCORES, create_app
from service.scoring.scores import Scorer
from tests.factories import worlds

PEOPLE = [f"p{number:024x}" for number in (3, 7, 21)]


@pytest.fixture(scope="module", params=[Algorithm.POINTS, Algorithm.LOGISTIC])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Bundle, list[Any]]:
    """Return the world, a bundle that was trained, audited and approved there, and the answers about some people."""
    root = shutil.copytree(worlds.kept(), tmp_path_factory.mktemp("sums") / "world")
    here = worlds.place(root)
    earlier = open_bundle(here.workspace, json.loads((root / "world.json").read_text(encoding="utf-8"))["bundle"])
    feature_set = open_feature_set(here.workspace, earlier.facts.feature_set)
    bundle = training.train(here.workspace, feature_set, trained_by=worlds.ANALYST, algorithm=request.param)
    audit = audits.run(here.workspace, here.partnership, bundle.digest)
    store = open_store(here.workspace, wait_seconds=1)
    client = TestClient(create_app(Scorer(Gate(here.workspace, here.partnership.folder, store))))
    approve(store, worlds.place(root), bundle, audit.digest)
    answers = [client.post(SCORES, json={"person_id": one, "purpose": worlds.PURPOSE}).json() for one in PEOPLE]
    store.close()
    return root, bundle, answers


def test_it_is_served_with_the_probability_that_its_terms_add_up_to(served: tuple[Path, Bundle, list[Any]]) -> None:
    _, bundle, answers = served
    form = bundle.load().form
    assert isinstance(form, AdditiveForm)
    assert bundle.facts.algorithm == form.algorithm
    assert bundle.facts.rounds == 0
    for body in answers:
        assert body["model"] == bundle.digest
        assert 0 < body["probability"] < 1
    assert any(body["reasons"] for body in answers)
    if form.algorithm == "points":
        by_total = {round(one.probability, 4): one.band for one in card(bundle).totals}
        for body in answers:
            assert body["band"] == by_total[round(body["probability"], 4)], "what the service says stands on the card"


def test_it_is_held_against_all_others_but_itself(served: tuple[Path, Bundle, list[Any]]) -> None:
    _, bundle, _ = served
    itself = {"points": "points_card", "logistic": "logistic_regression"}[bundle.facts.algorithm]
    assert set(bundle.verdicts) == {*OPPONENTS} - {itself}
    assert itself not in bundle.metrics["opponents"]
    assert "exact" in bundle.metrics["contributions"]


def test_its_report_says_what_shap_says(served: tuple[Path, Bundle, list[Any]]) -> None:
    root, bundle, _ = served
    workspace = worlds.place(root).workspace
    opened = [audits.open_audit(workspace, digest) for digest in digests_in(workspace.audits)]
    made = [audit for audit in opened if audit.facts.bundle == bundle.digest]
    document = made[0].document()
    assert document["explanations"]["agreement"] <= 1e-9
    assert [one["name"] for one in document["performance"]["ways"]] == [*bundle.verdicts]
    shown = render(document)
    for name in bundle.verdicts:
        assert WORDS[name] in shown


def test_the_card_is_what_the_model_says(served: tuple[Path, Bundle, list[Any]]) -> None:
    root, bundle, _ = served
    here = worlds.place(root)
    flags = ["--workspace", str(here.settings.workspace), "--partnership", str(here.partnership.folder)]
    ended = CliRunner().invoke(app, ["card", bundle.digest[:12], "--json", *flags])
    if bundle.facts.algorithm != "points":
        assert "nobody can add up on paper" in str(ended.exception)
        return
    assert ended.exit_code == 0
    said = json.loads(ended.stdout)
    form = bundle.load().form
    assert isinstance(form, AdditiveForm)
    terms = {term.indicator: term for term in form.terms}
    assert {one["name"] for one in said["indicators"]} == set(terms)
    for one in said["indicators"]:
        term = terms[one["name"]]
        assert isinstance(term, PointsTerm)
        told = [band["points"] for band in one["bands"]]
        assert told[: len(term.points)] == list(term.points)
    shown = page(bundle, card(bundle))
    for one in bundle.indicators:
        assert (one.plain in shown) == (one.name in terms)
    assert "<script" not in shown
