"""What a use case reads: every kind of rule through every reader, deaths, which are always read, and groups."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from ethics.rules.policy import policy_of
from features.declarations.cohort import DEATH, Cohort
from features.declarations.event_fields import readers
from features.declarations.needs import needs, sources_read
from features.declarations.use_cases import UseCase
from features.gaps import gaps
from features.kernel import membership
from features.rows.gateways_needed import require_gateways, require_gateways_to_compare
from hub.declarations.partnership import Partnership
from hub.errors import GatewayError
from hub.publishing.snapshots import Snapshot
from hub.workspace import Workspace
from tests.factories.permissions import declared, source
from tests.factories.snapshots import GATEWAY, snapshot
from tests.factories.use_cases import indicator, outcome, use_case

ON = datetime.date(2026, 1, 1)
BROUGHT = {
    "police": ("incident", "cin_start"),
    "roll": ("on_roll",),
    "care": ("care_start", "care_end"),
    "plans": ("plan_start", "plan_end"),
    "courts": ("order",),
    "register": (DEATH,),
    "clubs": ("club",),
}
RULES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "none is written": ({}, set()),
    "with_recent_event": ({"with_recent_event": {"events": {"types": ["on_roll"]}, "within_days": 90}}, {"roll"}),
    "with_open_spell": ({"with_open_spell": {"starts": ["care_start"], "ends": ["care_end"]}}, {"care"}),
    "without_open_spell": ({"without_open_spell": {"starts": ["plan_start"], "ends": ["plan_end"]}}, {"plans"}),
    "without_event_ever": ({"without_event_ever": {"types": ["order"]}}, {"courts"}),
    "a role is asked for": ({"without_event_ever": {"types": ["order"], "roles": ["witness"]}}, {"courts"}),
}


def _source(name: str) -> dict[str, Any]:
    events = [{"type": kind, "table": "rows", "person": "ref", "occurred_on": "day"} for kind in BROUGHT[name]]
    return source(name, gateways=[f"{name}_link"], events=events)


def _partnership(ended: str = "") -> Partnership:
    """Return a partnership with a gateway for each source; that of `ended` has ended."""
    gateways = [{"name": f"{name}_link", **({"valid_to": "2025-06-30"} if name == ended else {})} for name in BROUGHT]
    return declared(*gateways, sources=[_source(name) for name in BROUGHT])


def _use_case(rules: dict[str, Any]) -> UseCase:
    clubs = indicator(sources=["clubs"], events={"types": ["club"]})
    return use_case(cohort={"plain": "Children of whom the rules speak", "ages": None, **rules}, indicators=[clubs])


def _snapshot(root: Path, *silent: str) -> Snapshot:
    """Publish one to which every source brought what it brings (`silent` no event), under gateways good then."""
    facts = {
        name: {
            "title": name,
            "agency": "council",
            "gateways": [GATEWAY | {"name": f"{name}_link"}],
            "assumed_recording": None,
            "types": sorted(types),
            "reported": [[None, "2024-12-31"]],
        }
        for name, types in {**BROUGHT, **dict.fromkeys(silent, ())}.items()
    }
    return snapshot(Workspace(root), facts={"sources": facts})


@pytest.mark.parametrize("name", RULES)
def test_every_kind_of_rule_through_every_reader(tmp_path: Path, name: str) -> None:
    rules, of_rule = RULES[name]
    found = _use_case(rules)
    partnership = _partnership()
    right = sorted({"clubs", "police", "register"} | of_rule)
    published = _snapshot(tmp_path)

    assert list(sources_read(partnership, found)) == right
    assert list(sources_read(partnership, found, published)) == right
    assert list(require_gateways(published, partnership, found, on=ON)) == right, "build and lint"
    told = gaps._use_case(partnership, found, ON)
    assert sorted(one.need.source for one in told.sources) == right, "gaps"
    before = policy_of(partnership, found, practice=False).digest
    for one in BROUGHT:
        changed = policy_of(_partnership(ended=one), found, practice=False).digest != before
        assert changed == (one in right), f"policy: {one}"
    types = {kind for one in readers(found) for kind in one.types}
    assert types == {kind for one in right if one != "police" for kind in BROUGHT[one]}, "checks of columns"
    columns = membership.columns(found.cohort)
    filters = [
        one
        for column in columns
        for one in (column.events, *((column.spells.starts, column.spells.ends) if column.spells else ()))
    ]
    read = {kind for one in filters if one is not None for kind in one.types}
    assert read == types - {"club"}, "kernel"


@pytest.mark.parametrize("name", RULES)
def test_without_a_gateway_of_any_source_that_is_read_nothing_is_built(tmp_path: Path, name: str) -> None:
    rules, of_rule = RULES[name]
    found = _use_case(rules)
    published = _snapshot(tmp_path)
    for one in BROUGHT:
        if one in {"clubs", "police", "register"} | of_rule:
            with pytest.raises(GatewayError, match=one):
                require_gateways(published, _partnership(ended=one), found, on=ON)
        else:
            require_gateways(published, _partnership(ended=one), found, on=ON)


def test_a_source_that_brought_deaths_when_it_was_published_is_read_whatever_is_declared_now(tmp_path: Path) -> None:
    found = _use_case({})
    silent = declared(
        *({"name": f"{name}_link"} for name in BROUGHT),
        sources=[_source(name) for name in BROUGHT if name != "register"],
    )
    published = _snapshot(tmp_path)
    assert "register" not in sources_read(silent, found)
    assert "register" in sources_read(silent, found, published)
    with pytest.raises(Exception, match="register"):
        require_gateways(published, silent, found, on=ON)


def test_what_an_earlier_snapshot_holds_needs_a_gateway_then_and_now(tmp_path: Path) -> None:
    found, allowed = _use_case({}), _partnership()
    register = {"title": "register", "agency": "council", "assumed_recording": None, "types": [DEATH], "reported": []}

    def earlier(**said: Any) -> Snapshot:
        facts = {"sources": {"register": register | {"gateways": [GATEWAY | {"name": "register_link"} | said]}}}
        return snapshot(Workspace(tmp_path / said.get("valid_to", "")), facts=facts)

    require_gateways_to_compare(earlier(), allowed, found, on=ON)  # it need not hold the others
    with pytest.raises(GatewayError, match="register"):
        require_gateways_to_compare(earlier(valid_to="2025-06-30"), allowed, found, on=ON)
    with pytest.raises(GatewayError, match="register"):
        require_gateways_to_compare(earlier(), _partnership(ended="register"), found, on=ON)


@pytest.mark.parametrize("place", ["cohort", "outcome"])
def test_what_says_until_when_somebody_is_followed_is_read_for_the_outcome(tmp_path: Path, place: str) -> None:
    until: dict[str, Any] = {"followed_until": {"events": {"types": ["order"]}}}
    clubs = indicator(sources=["clubs"], events={"types": ["club"]})
    cohort = {"plain": "Children of whom the rules speak", **(until if place == "cohort" else {})}
    asked = outcome(**until) if place == "outcome" else outcome()
    found = use_case(cohort=cohort, outcome=asked, indicators=[clubs])
    [need] = [one for one in needs(_partnership(), found) if one.source == "courts"]
    assert (need.outcome, need.scored, need.words) == (True, False, ("the outcome",))
    with pytest.raises(GatewayError, match="courts"):
        require_gateways(_snapshot(tmp_path), _partnership(ended="courts"), found, on=ON)


def test_what_a_source_is_needed_for_is_said() -> None:
    rules, _ = RULES["with_recent_event"]
    found = _use_case(rules)
    said = {one.source: one for one in needs(_partnership(), found)}
    assert [rule.name for rule in said["register"].rules] == ["cohort.deaths"]
    assert [rule.name for rule in said["roll"].rules] == ["cohort.with_recent_event"]
    assert (said["police"].outcome, said["police"].scored) == (True, False)
    assert (said["clubs"].outcome, said["clubs"].scored) == (False, True)
    assert list(said) == ["police", "roll", "register", "clubs"], "in the order of sources.yaml"


MAPPED: dict[str, dict[str, Any]] = {
    "person.sex": {"people": [{"table": "rows", "id": "ref", "sex": "ref"}]},
    "person.gender": {"people": [{"table": "rows", "id": "ref", "gender": "ref"}]},
    "person.ethnicity": {"people": [{"table": "rows", "id": "ref", "ethnicity": "ref"}]},
    "person.ethnicity_5": {"people": [{"table": "rows", "id": "ref", "ethnicity": "ref"}]},
    "person.ethnicity_19": {"people": [{"table": "rows", "id": "ref", "ethnicity": "ref"}]},
    "person.attributes.disability": {"people": [{"table": "rows", "id": "ref", "attributes": {"disability": "ref"}}]},
    "area.imd_decile": {"areas": [{"table": "rows", "id": "ref", "imd_decile": "1"}]},
    "area.local_authority": {"areas": [{"table": "rows", "id": "ref", "local_authority": "ref"}]},
}


@pytest.mark.parametrize("column", MAPPED)
def test_a_source_that_maps_the_field_of_a_group_is_asked_for_a_gateway(tmp_path: Path, column: str) -> None:
    group = {"name": "group", "plain": "A group", "column": column}
    found = _use_case({}).model_copy(update={"groups": use_case(groups=[group]).groups})
    school = source("school", gateways=["school_link"], events=[], **MAPPED[column])

    def partnership(**said: Any) -> Partnership:
        gateways = [*({"name": f"{name}_link"} for name in BROUGHT), {"name": "school_link", **said}]
        return declared(*gateways, sources=[*(_source(name) for name in BROUGHT), school])

    published = _snapshot(tmp_path, "school")
    allowed, without = partnership(), partnership(purposes=["safeguarding_review"])
    [need] = [one for one in needs(allowed, found) if one.source == "school"]
    assert (need.groups, need.scored, need.words) == (("group",), False, ("the groups of the audit",))
    assert "school" in require_gateways(published, allowed, found, on=ON)
    with pytest.raises(GatewayError, match="It is read for the groups of the audit") as refused:
        require_gateways(published, without, found, on=ON)
    assert "Or let it bring nothing for group (sources.yaml)" in refused.value.remedy
    told = {one.need.source: one.standing.status for one in gaps._use_case(without, found, ON).sources}
    assert told["school"] is gaps.Status.MISSING
    before, after = (policy_of(one, found, practice=False).digest for one in (allowed, without))
    assert before != after, "policy"
    ages = found.model_copy(update={"groups": use_case(groups=[group | {"column": "age", "bands": [10]}]).groups})
    assert "school" not in sources_read(allowed, ages), "months of birth are not asked for"


def test_every_field_of_a_cohort_that_speaks_of_events_is_a_rule() -> None:
    spoken = {"plain", "since", "why", "ages", "followed_until"}
    written = {name for name in Cohort.model_fields if name not in spoken}
    rules = {key: value for one, _ in RULES.values() for key, value in one.items()}
    assert {rule.name.removeprefix("cohort.") for rule in _use_case(rules).cohort.rules()} == written | {"deaths"}
