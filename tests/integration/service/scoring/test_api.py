"""The scoring endpoint: every refusal has its own problem, every answer stands in the ledger, nothing is repeated."""

import datetime
import json
import shutil
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from audits.audit.audit import open_audit
from ethics.acts import decisions
from ethics.record.store import open_store
from features.online.vector import open_source
from hub.ledger import ledger, verification
from hub.ledger.store import Store
from hub.ledger.subjects import Subjects
from hub.publishing.snapshots import open_snapshot
from models.bundle.bundles import open_bundle
from service.demonstration.gate_trial import approve
from service.gate.gate import Gate
from service.http.api import LIVE, READY, SCORES, create_app
from service.http.bodies import MAX_BODY_BYTES
from service.scoring.scores import Scorer
from tests.factories import worlds

PERSON = f"p{7:024x}"
SECRET = "Aoife-Ní-Bhriain"  # what a caller might wrongly send; it must never come back


class World:
    """One copy of the small partnership, with its service."""

    def __init__(self, root: Path, bundle: str, audit: str) -> None:
        self.root, self.place = root, worlds.place(root)
        self.bundle, self.audit = bundle, audit
        self.now = datetime.datetime.now(datetime.UTC)
        workspace = replace(self.place.workspace, clock=lambda: self.now)
        self.store: Store = open_store(workspace, wait_seconds=1)
        self.scorer = Scorer(Gate(workspace, self.place.partnership.folder, self.store))
        self.client = TestClient(create_app(self.scorer), raise_server_exceptions=False)

    def approve(self) -> int:
        """Approve the bundle, under the partnership's files as they are now, and return the proposal's number."""
        return approve(self.store, worlds.place(self.root), open_bundle(self.place.workspace, self.bundle), self.audit)

    def ask(self, person_id: str = PERSON, purpose: str = worlds.PURPOSE, **more: str) -> Any:
        """Ask for a score."""
        return self.client.post(SCORES, json={"person_id": person_id, "purpose": purpose, **more})

    def declare(self, name: str, **changed: Any) -> None:
        """Change the first gateway, or partnership.yaml itself, as it is declared now."""
        path = self.place.partnership.folder / f"{name}.yaml"
        said = json.loads(path.read_text(encoding="utf-8"))
        part = said["gateways"][0] if name == "gateways" else said
        for key, value in changed.items():
            part[key] = value
            if value is None:
                del part[key]
        path.write_text(json.dumps(said), encoding="utf-8")

    def entries(self) -> list[ledger.Entry]:
        """Return the ledger's scores and refusals."""
        with self.store.reading() as session:
            return [one for one in ledger.entries(session) if one.kind in {"score", "refusal"}]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    root = shutil.copytree(worlds.kept(), tmp_path_factory.mktemp("world") / "made")
    said = json.loads((root / "world.json").read_text(encoding="utf-8"))
    bundle, audit = said["bundle"], said["audit"]
    workspace = worlds.place(root).workspace
    found = open_bundle(workspace, bundle)
    # What single scores are read from is made once, and copied.
    open_source(workspace, open_snapshot(workspace), found.use_case).close()
    return root, bundle, audit


@pytest.fixture
def world(made: tuple[Path, str, str], tmp_path: Path) -> Iterator[World]:
    root, bundle, audit = made
    shutil.copytree(root, tmp_path / "copy")
    copy = World(tmp_path / "copy", bundle, audit)
    yield copy
    copy.store.close()


def refused(response: Any, status: int, kind: str) -> str:
    """Check a problem document and return its detail."""
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert (response.status_code, body["status"], body["type"]) == (status, status, f"urn:sentinel:problem:{kind}")
    assert set(body) == {"type", "title", "status", "detail"}
    assert SECRET not in response.text
    return str(body["detail"])


def flip(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])


def test_nothing_is_scored_before_a_decision(world: World) -> None:
    refused(world.ask(), 403, "not-approved")
    assert [one.kind for one in world.entries()] == ["refusal"]


def test_a_score_has_reasons_figures_and_references_and_is_in_the_ledger(world: World) -> None:
    world.approve()
    response = world.ask()
    assert response.status_code == 200
    body = response.json()
    assert body["model"] == world.bundle
    assert body["audit"] == world.audit
    assert 0 < body["probability"] < 1
    assert body["band"] in {"offer_help", "talk_about_it", "no_suggestion"}
    assert body["as_of_date"] == "2024-10-01"
    assert body["snapshot"]["known_to"] == "2024-12-31"
    assert datetime.date.fromisoformat(body["decision"]["expires_on"]) > world.now.date()
    assert set(body["decision"]["conditions"][0]) == {"words", "owner", "due"}
    for evidence in (body["band_evidence"], body["probability_evidence"]):
        assert evidence["n"] > 0
        assert evidence["low"] <= evidence["share"] <= evidence["high"]
    told = open_audit(world.place.workspace, world.audit).document()["performance"]
    figure = next(one["with_outcome"] for one in told["bands"] if one["name"] == body["band"])
    assert (body["band_evidence"]["share"], body["band_evidence"]["n"]) == (figure["value"], figure["n"])
    assert body["probability_evidence"]["share"] in {one["observed"]["value"] for one in told["calibration"]}
    told_range = body["probability_range"]
    assert 0 < told_range["low"] <= body["probability"] <= told_range["high"] < 1
    assert "other families of the same kind" in told_range["words"]
    assert "this does not show" in told_range["words"]
    assert body["reasons"] or body["protective_factors"]
    assert any("never decides" in caveat for caveat in body["caveats"])
    entry = world.entries()[-1]
    assert (entry.seq, entry.kind) == (body["ledger_entry"], "score")
    facts = entry.read_facts()
    assert facts["person"] == Subjects.open(world.place.workspace).name(PERSON)
    assert PERSON not in entry.facts
    assert facts["bundle"] == world.bundle
    assert world.ask().json()["probability"] == body["probability"]


def test_another_purpose_is_refused(world: World) -> None:
    world.approve()
    refused(world.ask(purpose="universal_credit"), 403, "not-approved")


def test_expiry_is_looked_at_anew_at_every_request(world: World) -> None:
    world.approve()
    assert world.ask().status_code == 200
    world.now += datetime.timedelta(days=31)
    refused(world.ask(), 403, "approval-expired")


def test_withdrawal_is_looked_at_anew_at_every_request(world: World) -> None:
    number = world.approve()
    assert world.ask().status_code == 200
    decisions.withdraw(world.store, world.place.partnership, number, reasons="The group stops the use.", by="raj")
    refused(world.ask(), 403, "approval-withdrawn")


@pytest.mark.parametrize(
    "name", ["model.txt", "calibration.json", "use_case.json", "thresholds.json", "metrics.json", "manifest.json"]
)
def test_a_changed_byte_of_the_bundle_is_refused_until_it_is_restored(world: World, name: str) -> None:
    world.approve()
    assert world.ask().status_code == 200
    path = world.place.workspace.bundles / world.bundle / name
    content = path.read_bytes()
    flip(path)
    refused(world.ask(), 409, "changed")
    path.write_bytes(content)
    assert world.ask().status_code == 200
    path.unlink()
    refused(world.ask(), 409, "changed")


def test_a_changed_byte_of_the_audit_or_of_the_snapshot_is_refused(world: World) -> None:
    world.approve()
    assert world.ask().status_code == 200
    for folder, name in (("audits", "report.html"), ("snapshots", "event.parquet")):
        path = next((world.place.workspace.root / folder).glob(f"*/{name}"))
        content = path.read_bytes()
        flip(path)
        assert name not in refused(world.ask(), 409, "changed")
        path.write_bytes(content)
    assert world.ask().status_code == 200


def test_a_changed_use_case_is_refused(world: World) -> None:
    world.approve()
    path = world.place.partnership.folder / "use_cases" / f"{worlds.USE_CASE}.yaml"
    said = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(said | {"capacity": 61}), encoding="utf-8")
    assert "not as it was approved" in refused(world.ask(), 409, "changed")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"valid_to": "2026-02-28"}, "holds from 2018-01-01 to 2026-02-28"),
        ({"purposes": ["something_else"]}, "not for this purpose"),
        ({"level": "area"}, "for areas only"),
    ],
)
def test_a_gateway_that_ended_or_was_withdrawn_since_publishing_stops_the_use(
    world: World, changed: dict[str, Any], why: str
) -> None:
    world.approve()
    assert world.ask().status_code == 200
    world.declare("gateways", **changed)
    detail = refused(world.ask(), 403, "no-gateway")
    assert "The source police" in detail
    assert why in detail


def test_a_refusal_that_is_given_often_keeps_nothing_of_the_requests(world: World) -> None:
    world.declare("gateways", valid_to="2020-01-01")
    world.approve()
    for _ in range(20):
        refused(world.ask(), 403, "no-gateway")
    for error in world.scorer.gate.declared().permits._answers.values():
        kept = list(traceback.walk_tb(error.__traceback__ if error is not None else None))
        assert len(kept) < 20, "each holds the frame of a request, with whom it was about"


def words_of_indicators(world: World) -> list[str]:
    path = world.place.partnership.folder / "indicators.yaml"
    return [one["plain"] for one in json.loads(path.read_text(encoding="utf-8"))["indicators"]]


def test_reasons_are_told_to_the_agency_that_runs_the_hub_when_none_is_named(world: World) -> None:
    world.approve()
    unnamed, named = world.ask().json(), world.ask(agency="council").json()
    assert unnamed["agency"] == named["agency"] == "council"
    assert unnamed["withheld"] == {"reasons": 0, "protective_factors": 0}
    assert unnamed["reasons"] == named["reasons"]
    assert any(words in text for words in words_of_indicators(world) for text in unnamed["reasons"])
    assert world.entries()[-1].read_facts()["agency"] == "council"
    assert world.entries()[-1].read_facts()["withheld"] == 0


def test_a_reason_whose_source_may_not_be_shown_to_the_agency_is_counted_and_never_told(world: World) -> None:
    world.approve()
    told = world.ask().json()
    response = world.ask(agency="school")
    body = response.json()
    counts = {"reasons": len(told["reasons"]), "protective_factors": len(told["protective_factors"])}
    assert sum(counts.values())
    assert body["withheld"] == counts
    assert body["probability"] == told["probability"]
    for words in words_of_indicators(world):
        assert words not in response.text
    said = [*body["reasons"], *body["protective_factors"]]
    assert len(said) == sum(1 for count in counts.values() if count)
    assert all("on records that may not be shown to your agency" in text for text in said)
    facts = world.entries()[-1].read_facts()
    assert (facts["agency"], facts["withheld"]) == ("school", sum(counts.values()))


def test_to_become_a_party_now_does_not_open_what_was_published_before(world: World) -> None:
    world.declare("gateways", parties=["council", "school"])
    world.approve()
    body = world.ask(agency="school").json()
    assert sum(body["withheld"].values()) > 0


def test_when_nobody_knows_who_asks_no_reason_is_told(world: World) -> None:
    world.declare("partnership", hub=None)
    world.approve()
    response = world.ask()
    body = response.json()
    assert body["agency"] is None
    assert sum(body["withheld"].values()) > 0
    assert "until it is known which agency asks" in response.text
    assert not any(words in response.text for words in words_of_indicators(world))


def test_an_agency_that_is_not_in_the_partnership_is_refused_without_being_repeated(world: World) -> None:
    world.approve()
    response = world.ask(agency="some_stranger")
    refused(response, 403, "unknown-agency")
    assert "some_stranger" not in response.text
    entry = world.entries()[-1]
    assert entry.kind == "refusal"
    assert "some_stranger" not in json.dumps(entry.read_facts())


@pytest.mark.parametrize("name", ["partnership", "gateways", "sources", "indicators", f"use_cases/{worlds.USE_CASE}"])
def test_a_wrong_partnership_file_is_told_to_the_log_and_not_to_the_caller(
    world: World, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    world.approve()
    assert world.ask().status_code == 200
    path = world.place.partnership.folder / f"{name}.yaml"
    said = path.read_text(encoding="utf-8")
    for wrong in (f"{SECRET}: [", f"{SECRET}: {{a: 1}}\n", said + f"\n  {SECRET}: 1", "\0"):
        path.write_text(wrong, encoding="utf-8")
        caplog.clear()
        response = world.ask()
        refused(response, 503, "configuration")
        for word in (path.name, str(world.place.partnership.folder), "line", world.place.partnership.folder.name):
            assert word not in response.text
        assert path.name in caplog.text
        assert PERSON not in caplog.text
    path.write_text(said, encoding="utf-8")
    assert world.ask().status_code == 200


def test_unknown_people_and_people_outside_the_cohort(world: World) -> None:
    world.approve()
    refused(world.ask(person_id="p" + "f" * 24), 404, "not-found")
    kinds = [one.kind for one in world.entries()]
    assert kinds == ["refusal"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"person_id": 7, "purpose": "early_help"}',
        f'{{"person_id": "{SECRET}", "purpose": "early_help"}}'.encode(),
        f'{{"person_id": "{PERSON}", "purpose": "early_help", "{SECRET}": 1}}'.encode(),
        f'{{"person_id": "{PERSON}"}}'.encode(),
        f'{{"person_id": "{PERSON}", "purpose": NaN}}'.encode(),
        f'{{"person_id": "{PERSON}", "purpose": 1e999}}'.encode(),
        f'{{"person_id": "{PERSON}", "purpose": "\\ud800"}}'.encode(),
        f'{{"person_id": "{PERSON}\\n", "purpose": "early_help"}}'.encode(),
        f'{{"person_id": "{PERSON}", "purpose": "early_help", "agency": "{SECRET}"}}'.encode(),
        f'{{"person_id": "{PERSON}", "purpose": "early_help", "agency": 7}}'.encode(),
        b"\xff\xfe\x00",
        b'{"person_id": ' + b"[" * 1500 + b"]" * 1500 + b"}",
    ],
)
def test_hostile_bodies_are_refused_without_being_repeated(world: World, content: bytes) -> None:
    response = world.client.post(SCORES, content=content, headers={"content-type": "application/json"})
    refused(response, 422, "input")
    entry = world.entries()[-1]
    assert entry.kind == "refusal"
    assert set(entry.read_facts()) == {"problem", "status"}


def test_a_body_that_is_too_large_is_refused(world: World) -> None:
    large = b"x" * (MAX_BODY_BYTES + 1)
    said = {"content-type": "application/json"}
    refused(world.client.post(SCORES, content=large, headers=said), 413, "http")
    refused(world.client.post(SCORES, content=iter([large[:3000], large[:3000]]), headers=said), 413, "http")
    assert world.entries() == []


def test_other_methods_and_paths_are_problems_too(world: World) -> None:
    refused(world.client.get(SCORES), 405, "http")
    refused(world.client.get(f"/v1/{SECRET}"), 404, "http")
    assert world.client.get("/docs").status_code == 404
    assert world.client.get(LIVE).json() == {"status": "up"}
    assert world.client.get(READY).json() == {"status": "ready"}
    assert world.entries() == []


def test_without_a_ledger_nothing_leaves(world: World) -> None:
    world.approve()
    path = next(world.place.workspace.root.glob("ethics/*.db"))
    world.store.close()
    path.chmod(0o600)
    path.write_bytes(b"not a database" * 100)
    response = world.ask()
    assert response.status_code >= 500
    assert "probability" not in response.text


def test_something_unexpected_gives_no_score_and_tells_no_value(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.approve()

    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError(f"{SECRET} could not be converted")

    monkeypatch.setattr("features.online.vector.OnlineSource.vector", fails)
    assert "RuntimeError" not in refused(world.ask(), 500, "error")


def test_every_answer_is_in_the_ledger_and_the_chain_holds(world: World) -> None:
    world.ask()
    world.approve()
    world.ask()
    world.ask(purpose="other")
    assert [one.kind for one in world.entries()] == ["refusal", "score", "refusal"]
    assert verification.verify(world.store).holds
