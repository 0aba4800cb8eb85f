"""An audit from bundle to artefact: the same again, every byte guarded, planted unfairness found, small counts kept."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from typer.testing import CliRunner

from audits.audit import audit
from audits.audit.audit import Audit, open_audit
from audits.commands.cli import app
from audits.report.report import render
from audits.verdicts import Verdict
from features.rows.feature_sets import FeatureSet
from hub.digests import canonical_json
from hub.errors import ConfigurationError, IntegrityError, NotFoundError
from hub.ledger import publications
from hub.workspace import Workspace
from models.bundle.bundles import Bundle
from models.fitting import training
from models.measuring.metrics import HEADLINE
from models.record.tracking import store_address
from tests.factories import audits as factory
from tests.factories.feature_sets import feature_set
from tests.oracles import published
from tests.oracles.attacker import Attacker

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return the workspace that commands of the partnership lancashire work in."""
    return Workspace(tmp_path_factory.mktemp("workspace") / "lancashire")


@pytest.fixture(scope="module")
def features(place: Workspace) -> FeatureSet:
    """Return a feature set with sources and linkage as a snapshot states them."""
    made = feature_set(place, people=2000, capacity=200)
    return factory.changed(place, made, linkage=factory.LINKAGE, sources=factory.SOURCES)


@pytest.fixture(scope="module")
def bundle(place: Workspace, features: FeatureSet) -> Bundle:
    """Return a bundle that was trained into MLflow."""
    return training.train(place, features, trained_by="ana")


@pytest.fixture(scope="module")
def made(place: Workspace, bundle: Bundle) -> Audit:
    """Return its audit."""
    return audit.run(place, factory.partnership(), bundle.digest, seed=7)


def test_the_facts_bind_it_to_what_it_is_about(made: Audit, bundle: Bundle, features: FeatureSet) -> None:
    facts = made.artefact.facts
    assert facts["bundle"] == bundle.digest
    assert facts["feature_set"] == features.digest
    assert facts["snapshot"] == features.snapshot_digest
    assert facts["use_case_digest"] == features.use_case.digest
    assert facts["purpose"] == "early_help"
    assert set(facts["verdicts"]) == {"sex", "ethnicity", "age"}
    assert set(facts["verdicts"]["sex"]) == {"female", "male", "not recorded"}
    assert made.verdicts_by_group()["sex"] in set(facts["verdicts"]["sex"].values())


def test_only_the_test_dates_are_judged(made: Audit, bundle: Bundle) -> None:
    document = made.document()
    test = bundle.metrics["parts"]["test"]
    assert sum(one["looks"] for one in document["performance"]["dates"]) == test["rows"]
    assert [one["as_of_date"] for one in document["performance"]["dates"]] == bundle.artefact.facts["splits"]["test"]
    assert document["fairness"]["everyone"]["people"] == test["people"]


def test_the_same_again_gives_the_same_digest(place: Workspace, bundle: Bundle, made: Audit) -> None:
    assert audit.run(place, factory.partnership(), bundle.digest[:12], seed=7).digest == made.digest
    assert audit.run(place, factory.partnership(), bundle.digest, seed=8).digest != made.digest


def test_the_ledger_knows_it_from_what_and_for_whom(place: Workspace, bundle: Bundle, made: Audit) -> None:
    [first, *_] = publications.read(place).of("audit", made.digest)
    facts = made.artefact.facts
    assert dict(first.inputs) == {name: facts[name] for name in ("bundle", "feature_set", "snapshot")}
    assert first.by == publications.OPERATOR
    audit.run(place, factory.partnership(), bundle.digest, seed=7, by="ana")
    assert publications.read(place).require("audit", made.digest).by == "ana"


def test_the_page_is_drawn_from_the_document_alone(made: Audit) -> None:
    document = json.loads(made.artefact.read("audit.json"))
    assert canonical_json(document) == made.artefact.read("audit.json")
    assert render(document).encode() == made.artefact.read("report.html")


def test_it_lies_in_the_mlflow_run_of_the_bundle(place: Workspace, made: Audit) -> None:
    address = store_address(place)
    client = MlflowClient(tracking_uri=address, registry_uri=address)
    run_id = made.note.rstrip(".").split()[-1]
    folder = f"audits/{made.digest[:12]}"
    names = {one.path for one in client.list_artifacts(run_id, folder)}
    assert {f"{folder}/audit.json", f"{folder}/report.html"} <= names
    tags = client.get_run(run_id).data.tags
    assert open_audit(place, tags["audit_digest"]).facts.bundle == tags["bundle_digest"]


def test_without_its_run_the_audit_is_still_made(tmp_path: Path, place: Workspace, bundle: Bundle, made: Audit) -> None:
    alone = Workspace(tmp_path)
    for name in ("features", "bundles"):
        shutil.copytree(place.root / name, alone.root / name)
    again = audit.run(alone, factory.partnership(), bundle.digest, seed=7)
    assert again.digest == made.digest
    assert again.note == "MLflow has no run of this bundle; the audit is in the workspace only."
    shutil.copytree(place.mlflow, alone.mlflow)
    gone_run = {"run_id": "0" * 32, "experiment": "x"}
    publications.record(alone, kind="bundle", digest=bundle.digest, inputs={}, by="ana", more=gone_run)
    gone = audit.run(alone, factory.partnership(), bundle.digest, seed=7)
    assert gone.digest == made.digest
    assert gone.note == f"The MLflow run {'0' * 32} is gone; the audit is in the workspace only."


@pytest.mark.parametrize("name", ["audit.json", "report.html", "manifest.json"])
def test_a_changed_byte_is_seen(tmp_path: Path, made: Audit, name: str) -> None:
    place = Workspace(tmp_path)
    shutil.copytree(made.artefact.path, place.audits / made.digest)
    path = place.audits / made.digest / name
    content = path.read_bytes()
    path.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    with pytest.raises(IntegrityError, match="differs from the digest"):
        open_audit(place, made.digest)


def test_a_feature_set_that_changed_or_is_gone_is_not_audited(
    tmp_path: Path, place: Workspace, bundle: Bundle, features: FeatureSet
) -> None:
    alone = Workspace(tmp_path)
    shutil.copytree(place.bundles, alone.bundles)
    with pytest.raises(NotFoundError, match="no feature set"):
        audit.run(alone, factory.partnership(), bundle.digest)
    shutil.copytree(features.artefact.path, alone.features / features.digest)
    path = alone.features / features.digest / "groups.parquet"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(IntegrityError, match=r"groups\.parquet"):
        audit.run(alone, factory.partnership(), bundle.digest)
    assert not alone.audits.exists()


def test_people_of_whom_nothing_was_recorded_are_found_to_be_missed(place: Workspace) -> None:
    """Planted: nothing is ever recorded about one sex on the test dates, so the model cannot see their need."""
    ordinary = feature_set(place, people=4000, capacity=400, seed=4)
    blind = factory.changed(place, ordinary, unseen=("sex", "male"))
    found = audit.run(place, factory.partnership(), factory.bundle_of(place, blind).digest, seed=7)
    assert found.verdicts_by_group()["sex"] == "a difference that matters"
    assert found.facts.verdict == "a difference that matters"
    page = found.artefact.read("report.html").decode()
    assert "People are treated differently, in a way that matters, by “sex” (in who is missed" in page


def _figures(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if {"value", "low", "high", "n"} <= set(value) or "not_computed" in value:
            yield value
        for one in value.values():
            yield from _figures(one)
    elif isinstance(value, list):
        for one in value:
            yield from _figures(one)


def test_no_pseudonym_leaves_and_nobody_finds_a_small_number_out(made: Audit, features: FeatureSet) -> None:
    document = made.document()
    text = made.artefact.read("audit.json").decode() + made.artefact.read("report.html").decode()
    assert not set(features.matrix()["person_id"].to_pylist()) & set(text.replace('"', " ").split())
    for figure in _figures(document):
        assert not 0 < figure["n"] < 10
    attacker = Attacker()
    published.audit(attacker, document)
    assert attacker.withheld, "the made-up people must include numbers that are too small to show"
    assert attacker.recovered() == []


def test_no_verdict_is_shown_without_its_number(made: Audit) -> None:
    """Neither in the figures, nor on the page, nor in what the manifest says."""
    document = made.document()
    page = made.artefact.read("report.html").decode()
    withheld = 0
    for group in document["fairness"]["groups"]:
        for level in group["levels"]:
            for one in level["rates"].values():
                assert ("withheld" in one["difference"]) == (one["verdict"] == Verdict.WITHHELD)
                withheld += "withheld" in one["difference"]
            if "together" not in level:
                assert made.facts.verdicts[group["name"]][level["level"]] == level["verdict"]
                assert level["verdict"] in {one["verdict"] for one in level["rates"].values()}
    assert withheld
    assert page.count("v-withheld") >= withheld
    headline = next(one for one in document["performance"]["figures"] if one["name"] == HEADLINE)
    shown = "withheld" not in headline["differences"]["simple_rule"]
    assert (document["performance"]["verdict"] != Verdict.WITHHELD) == shown


def test_levels_together_hold_who_is_not_shown_alone(made: Audit) -> None:
    fairness = made.document()["fairness"]
    for group in fairness["groups"]:
        own = [level for level in group["levels"] if "together" not in level]
        hidden = [level["level"] for level in own if not level["shown"]]
        together = [level for level in group["levels"] if "together" in level]
        assert not together or together[0]["together"] == hidden
        shown = [level for level in group["levels"] if level["shown"]]
        if together or not hidden:
            for count in ("looks", "with_outcome", "suggested"):
                assert sum(level[count] for level in shown) == fairness["everyone"][count]


def test_every_number_has_n_and_interval_or_says_why_not(made: Audit) -> None:
    for group in made.document()["fairness"]["groups"]:
        for level in group["levels"]:
            for one in level["rates"].values():
                for stated in (one["rate"], one["difference"]):
                    assert {"value", "low", "high", "n"} <= set(stated) or {"not_computed", "withheld"} & set(stated)


def test_the_limits_say_what_is_assumed_and_left_out(made: Audit) -> None:
    limits = made.document()["limits"]
    assert limits["recording"][0]["assumed"] == "known 14 days after it happened"
    assert limits["outcome"]["known_bias"] == "a referral is a service's act"
    assert limits["outcome"]["headline"] == "Children safe from abuse and exploitation"
    assert (limits["outcome"]["since"], limits["outcome"]["until"]) == ("2010-01-01", None)
    assert limits["linkage"]["left_out"] == [
        {"source": "Police records", "reason": "event: no such person", "rows": {"withheld": "fewer than 10"}}
    ]
    assert {"what": "a clear contradiction", "count": 3} in limits["linkage"]["refused"], "pairs tell of the work"
    assert len(limits["not_looked_at"]) >= 3
    assert limits["sources"][0]["agency"] == "Police"
    assert limits["sources"][0]["gateways"][0]["law"] == "Children Act 2004 s10"


def test_fairness_is_compared_with_fairlearn_in_every_audit(made: Audit) -> None:
    levels = [level for group in made.document()["fairness"]["groups"] for level in group["levels"]]
    assert made.document()["fairness"]["compared_with_fairlearn"] >= 3 * sum("together" not in one for one in levels)


def test_commands(place: Workspace, made: Audit, bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTINEL_ANCHOR", str(place.anchor))
    at = ["--workspace", str(place.root.parent), "--partnership", str(ROOT / "partnerships" / "lancashire")]
    runner = CliRunner()
    listed = json.loads(runner.invoke(app, ["list", "--json", *at]).stdout)
    assert made.digest in {one["digest"] for one in listed}
    shown = runner.invoke(app, ["show", made.digest[:10], *at])
    assert str(made.report_path) in shown.stdout
    assert "Verdict by group" in shown.stdout
    words = ["run", bundle.digest[:10], "--seed", "7", "--json", *at]
    nobody = runner.invoke(app, [*words, "--as", "nobody"])
    assert isinstance(nobody.exception, ConfigurationError)
    run = json.loads(runner.invoke(app, [*words, "--as", "analyst"]).stdout)
    assert publications.read(place).require("audit", run["digest"]).by == "analyst"
    assert run["bundle"] == bundle.digest
    assert Path(run["report"]).is_file()
    unknown = runner.invoke(app, ["show", "0000", *at])
    assert isinstance(unknown.exception, NotFoundError)
