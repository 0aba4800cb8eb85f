"""What is policy: each rule under which a decision is given changes its digest, and nothing else does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ethics.acts.approvals import Decision, check_policy
from ethics.errors import PolicyChangedError
from ethics.rules.policy import Policy, policy_of
from features.declarations import use_cases
from hub.declarations import partnership as partnerships
from tests.factories.ethics import START, write_partnership
from tests.factories.snapshots import GATEWAY
from tests.factories.use_cases import indicator

USE_CASE = "early_help_offer"
Change = Callable[[dict[str, Any]], object]


def edit(folder: Path, name: str, change: Change) -> None:
    """Change what a file says."""
    path = folder / f"{name}.yaml"
    said = json.loads(path.read_text(encoding="utf-8"))
    change(said)
    path.write_text(json.dumps(said), encoding="utf-8")


def policy(folder: Path, *, practice: bool = False) -> Policy:
    """Return the policy as the files are now."""
    found = partnerships.read(folder)
    return policy_of(found, use_cases.read(found, USE_CASE), practice=practice)


def _source(said: dict[str, Any]) -> dict[str, Any]:
    return {
        **said["sources"][0],
        "name": "library",
        "title": "Loans",
        "gateways": ["reading"],
        "events": [{"type": "loan", "table": "rows", "person": "id", "occurred_on": "day"}],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a partnership with a source, a gateway and an indicator that the use case has nothing to do with."""
    write_partnership(tmp_path)
    edit(tmp_path, "gateways", lambda said: said["gateways"].append(GATEWAY | {"name": "reading"}))
    edit(tmp_path, "sources", lambda said: said["sources"].append(_source(said)))
    loans = indicator("loans", sources=["library"], events={"types": ["loan"]})
    edit(tmp_path, "indicators", lambda said: said["indicators"].append(loans.model_dump(mode="json")))
    demonstration = {"use_case": USE_CASE, "delivered_on": "2025-01-06"}
    edit(tmp_path, "partnership", lambda said: said.update(demonstration=demonstration))
    return tmp_path


def _people(said: dict[str, Any], **changed: str) -> None:
    said["panel"]["people"][2].update(changed)


def _agencies(said: dict[str, Any]) -> None:
    said["agencies"].append({"name": "trust", "title": "The trust", "sector": "health"})


CHANGES: dict[str, tuple[str, Change]] = {
    "a title in the panel": ("partnership", lambda said: _people(said, title="Somebody else")),
    "a role in the panel": ("partnership", lambda said: said["panel"]["people"][0].update(role="reviewer")),
    "an id in the panel": ("partnership", lambda said: _people(said, id="xenia")),
    "one more in the panel": (
        "partnership",
        lambda said: said["panel"]["people"].append({"id": "xenia", "title": "Xenia", "role": "reviewer"}),
    ),
    "one fewer in the panel": ("partnership", lambda said: said["panel"]["people"].pop(4)),
    "the quorum": ("partnership", lambda said: said["panel"].update(quorum=3)),
    "the partnership's name": ("partnership", lambda said: said.update(name="elsewhere")),
    "who runs the hub": ("partnership", lambda said: said.update(hub="council")),
    "an agency's title": ("partnership", lambda said: said["agencies"][0].update(title="The council")),
    "an agency's sector": ("partnership", lambda said: said["agencies"][0].update(sector="education")),
    "one more agency": ("partnership", _agencies),
    "the end of a gateway": ("gateways", lambda said: said["gateways"][0].update(valid_to="2089-12-31")),
    "the beginning of a gateway": ("gateways", lambda said: said["gateways"][0].update(valid_from="2018-01-02")),
    "the purposes of a gateway": ("gateways", lambda said: said["gateways"][0]["purposes"].append("research")),
    "the law of a gateway": ("gateways", lambda said: said["gateways"][0].update(law="Children Act 1989 s17")),
    "the document of a gateway": ("gateways", lambda said: said["gateways"][0].update(document="ISA-002")),
    "the owner of a gateway": ("gateways", lambda said: said["gateways"][0].update(owner="Nobody")),
    "another gateway for a source": ("sources", lambda said: said["sources"][0].update(gateways=["reading"])),
    "one more gateway for a source": ("sources", lambda said: said["sources"][0]["gateways"].append("reading")),
    "a source's title": ("sources", lambda said: said["sources"][0].update(title="Crimes")),
    "a column of a source": (
        "sources",
        lambda said: said["sources"][0]["files"][0]["columns"].update(more={}),
    ),
    "what an event of a source is": (
        "sources",
        lambda said: said["sources"][0]["events"].append({**said["sources"][0]["events"][0], "type": "caution"}),
    ),
    "the words of an indicator": ("indicators", lambda said: said["indicators"][0].update(plain="Times it did happen")),
    "the window of an indicator": ("indicators", lambda said: said["indicators"][0].update(window_days=30)),
    "why an indicator is fair": (
        "indicators",
        lambda said: said["indicators"][0].update(why_fair="it is said to be so by whoever records it"),
    ),
    "the capacity of the use case": (f"use_cases/{USE_CASE}", lambda said: said.update(capacity=11)),
    "how long it may be approved": (f"use_cases/{USE_CASE}", lambda said: said.update(approval_days=30)),
    "how old its data may be": (f"use_cases/{USE_CASE}", lambda said: said.update(snapshot_days=30)),
    "the help that is offered": (f"use_cases/{USE_CASE}", lambda said: said.update(help_offered="A letter to them")),
    "who is in the cohort": (f"use_cases/{USE_CASE}", lambda said: said["cohort"].update(plain="Every child")),
    "who decides the outcome": ("outcomes", lambda said: said["outcomes"][0].update(decided_by="a court of law")),
}


@pytest.mark.parametrize("what", CHANGES)
def test_each_rule_is_part_of_the_policy_and_restored_it_is_the_same(folder: Path, what: str) -> None:
    name, change = CHANGES[what]
    before, content = policy(folder), (folder / f"{name}.yaml").read_bytes()
    edit(folder, name, change)
    assert policy(folder).digest != before.digest
    (folder / f"{name}.yaml").write_bytes(content)
    assert policy(folder) == before


def test_no_two_of_these_changes_give_the_same_policy(folder: Path) -> None:
    digests = [policy(folder).digest]
    for name, change in CHANGES.values():
        content = (folder / f"{name}.yaml").read_bytes()
        edit(folder, name, change)
        digests.append(policy(folder).digest)
        (folder / f"{name}.yaml").write_bytes(content)
    assert len(set(digests)) == len(CHANGES) + 1


def _turned(value: Any) -> Any:
    """Return a document whose keys come in the opposite order, everywhere."""
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in reversed(value)}
    return [_turned(one) for one in value] if isinstance(value, list) else value


def test_comments_the_order_of_keys_and_the_way_of_writing_are_none_of_it(folder: Path) -> None:
    before = policy(folder)
    for path in folder.rglob("*.yaml"):
        said = _turned(json.loads(path.read_text(encoding="utf-8")))
        text = yaml.safe_dump(said, sort_keys=False, default_flow_style=False, allow_unicode=True, width=40)
        path.write_text(f"# A comment.\n{text}# And another one.\n", encoding="utf-8")
    assert policy(folder) == before


UNRELATED: dict[str, tuple[str, Change]] = {
    "another source": ("sources", lambda said: said["sources"][1].update(title="Books")),
    "one source fewer": ("sources", lambda said: said["sources"].pop()),
    "one source more": (
        "sources",
        lambda said: said["sources"].append(_source(said) | {"name": "museum", "title": "Visits"}),
    ),
    "the gateway of another source": ("gateways", lambda said: said["gateways"][1].update(valid_to="2020-01-01")),
    "one gateway more": ("gateways", lambda said: said["gateways"].append(GATEWAY | {"name": "more"})),
    "an indicator that it does not use": ("indicators", lambda said: said["indicators"][1].update(plain="Loans of it")),
    "the partnership's title": ("partnership", lambda said: said.update(title="The other name of it")),
}


@pytest.mark.parametrize("what", UNRELATED)
def test_what_the_use_case_has_nothing_to_do_with_is_none_of_it(folder: Path, what: str) -> None:
    name, change = UNRELATED[what]
    before = policy(folder)
    if what == "one source fewer":
        edit(folder, "indicators", lambda said: said["indicators"].pop())
    edit(folder, name, change)
    assert policy(folder) == before


LOANS = {"types": ["loan"]}


@pytest.mark.parametrize(
    "cohort",
    [
        {"with_recent_event": {"events": LOANS, "within_days": 365}},
        {"without_event_ever": LOANS},
        {"with_open_spell": {"starts": ["loan"], "ends": ["loan"]}},
        {"without_open_spell": {"starts": ["loan"], "ends": ["loan"]}},
    ],
    ids=lambda cohort: next(iter(cohort)),
)
def test_a_source_that_makes_the_cohort_is_part_of_it(folder: Path, cohort: dict[str, Any]) -> None:
    edit(folder, f"use_cases/{USE_CASE}", lambda said: said["cohort"].update(cohort))
    before = policy(folder)
    edit(folder, "sources", lambda said: said["sources"][1].update(title="Books"))
    changed = policy(folder)
    assert changed.digest != before.digest
    edit(folder, "gateways", lambda said: said["gateways"][1].update(owner="Nobody"))
    assert policy(folder).digest != changed.digest


def test_practice_and_its_day_are_part_of_it_and_the_day_only_there(folder: Path) -> None:
    real, practice = policy(folder), policy(folder, practice=True)
    assert real.digest != practice.digest
    edit(folder, "partnership", lambda said: said["demonstration"].update(delivered_on="2025-01-07"))
    assert policy(folder) == real
    assert policy(folder, practice=True).digest != practice.digest
    edit(folder, "partnership", lambda said: said.pop("demonstration"))
    assert policy(folder) == real
    assert policy(folder, practice=True).digest not in (real.digest, practice.digest)


def test_it_says_who_recommends_who_decides_and_how_many(folder: Path) -> None:
    found = policy(folder)
    assert (found.quorum, found.reviewers, found.owners) == (2, {"rita", "sam", "uma"}, {"olga", "paul"})


POLICY = Policy("d" * 64, 2, frozenset({"rita", "sam", "uma"}), frozenset({"olga"}))
DECISION: dict[str, Any] = dict.fromkeys(Decision.__slots__, "") | {
    "id": 9,
    "proposal_id": 1,
    "policy_digest": POLICY.digest,
    "decided_by": "olga",
    "counted": frozenset({"rita", "sam"}),
    "quorum": 2,
    "conditions": (),
    "decided_at": START,
    "expires_on": START.date(),
}


@pytest.mark.parametrize(
    ("changed", "holds"),
    [
        ({}, True),
        ({"counted": frozenset({"rita", "sam", "uma"})}, True),
        ({"policy_digest": "e" * 64}, False),
        ({"policy_digest": ""}, False),
        ({"quorum": 3}, False),
        ({"quorum": 1}, False),
        ({"counted": frozenset({"rita", "xenia"})}, False),
        ({"counted": frozenset({"rita", "olga"})}, False),
        ({"decided_by": "paul"}, False),
        ({"decided_by": "rita"}, False),
    ],
)
def test_a_decision_holds_under_its_own_policy_by_its_reviewers_and_one_of_its_owners(
    changed: dict[str, Any], holds: bool
) -> None:
    decision = Decision(**DECISION | changed)
    if holds:
        check_policy(decision, POLICY)
        return
    with pytest.raises(PolicyChangedError, match="is not as it was when this was approved"):
        check_policy(decision, POLICY)
