"""Leaks planted in the generated county are named, each by its kind; without any, nothing is said."""

import datetime
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from features.batch import matrix
from features.declarations import use_cases
from features.declarations.catalogue import EventFilter, Indicator
from features.declarations.use_cases import UseCase
from features.leakage import lint
from features.leakage.leaks import Leakage, LeakError, LeakKind, Severity
from features.rows.feature_sets import FeatureSet
from hub.declarations import partnership
from hub.declarations.partnership import Partnership
from hub.errors import GatewayError
from hub.intake import ingest
from hub.linking import linkage
from hub.publishing import publish
from hub.publishing.snapshots import Snapshot
from hub.workspace import Workspace
from service.commands.cli import app
from tests.factories import lancashire
from tests.factories.use_cases import indicator

USED_ON = datetime.date(2025, 1, 6)
SOURCES = ("school", "children_social_care", "early_help", "police")
PLANTED = ("children_social_care", "early_help", "police")
PLANNED = "help_planned_179"
CODES = "early_help_codes_365"


@dataclass(frozen=True)
class County:
    """An ordinary county, and the same one delivered anew on the same day with leaks; each with its snapshot."""

    workspace: Workspace
    declared: Partnership
    leaky: Partnership
    ordinary: Snapshot
    planted: Snapshot

    @property
    def use_case(self) -> UseCase:
        """With those of its indicators that the delivered sources give."""
        whole = use_cases.read(self.declared, "early_help_offer")
        return whole.reading(one for one in whole.indicators if {*one.sources} <= {*SOURCES})

    @property
    def more(self) -> tuple[Indicator, ...]:
        """Those, and two that read what was planted in the mapping."""
        events = {"sources": ["children_social_care"], "events": {"types": ["help_planned"]}}
        codes = {"sources": ["early_help"], "events": {"types": ["early_help_start"]}}
        return (
            *self.use_case.indicators,
            indicator(PLANNED, measure="any", window_days=179, **events),
            indicator(CODES, measure="distinct_details", window_days=365, **codes),
        )


def published(
    workspace: Workspace, declared: Partnership, folder: Path, day: str, sources: tuple[str, ...]
) -> Snapshot:
    ingest.ingest(workspace, declared, folder, datetime.date.fromisoformat(day), sources=[*sources])
    linkage.link(workspace, declared, on=USED_ON)
    return publish.publish(workspace, declared, on=USED_ON)


def leaky(folder: Path) -> Partnership:
    """Write the county's partnership with mappings that leak."""
    shutil.copytree(lancashire.FOLDER, folder, ignore=shutil.ignore_patterns("generator"))
    written: list[dict[str, Any]] = []
    for source in lancashire.declared().sources:
        said = source.model_dump(mode="json", exclude_defaults=True, exclude={"adapter", "layout", "events_left_out"})
        events = {event["type"]: event for event in said.get("events", ())}
        if source.name == "police":  # no dates of recording any more
            for event in events.values():
                del event["known_from"]
        if source.name == "early_help":  # what became of it, told on the day on which it began
            events["early_help_start"]["detail"] = events["early_help_end"]["detail"]
        if source.name == "children_social_care":  # a plan that is said to be half a year older than the help
            plan = {name: events["cin_start"][name] for name in ("table", "person", "where")}
            early = "cine_referral_date - 179"
            said["events"].append({"type": "help_planned", "occurred_on": early, "known_from": early, **plan})
        written.append(said)
    (folder / "sources.yaml").write_text(json.dumps({"sources": written}), encoding="utf-8")  # JSON is YAML too
    return partnership.read(folder)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> County:
    place = tmp_path_factory.mktemp("leaks")
    workspace, declared = Workspace(place / "workspace" / "lancashire"), lancashire.declared()
    plain = lancashire.generate(place / "plain", children=330, seed=7)
    dated_back = lancashire.generate(place / "dated_back", "--plant", "backdated_leak", children=330, seed=7)
    mapped = leaky(place / "partnership")
    first = published(workspace, declared, plain, lancashire.DELIVERED, SOURCES)
    second = published(workspace, mapped, dated_back, lancashire.DELIVERED, PLANTED)
    return County(workspace, declared, mapped, first, second)


@pytest.fixture(scope="module")
def planted(county: County) -> Leakage:
    """Everything planted at once, beside the ordinary snapshot."""
    return lint.lint(
        county.workspace,
        county.leaky,
        county.planted,
        county.use_case.reading(county.more),
        on=USED_ON,
        earlier=county.ordinary,
    )


def named(found: Leakage) -> set[tuple[LeakKind, Severity, str]]:
    return {(one.kind, one.severity, one.about) for one in found.findings}


def test_without_any_leak_nothing_is_said_and_what_was_not_looked_for_is(county: County) -> None:
    found = lint.lint(county.workspace, county.declared, county.ordinary, county.use_case, on=USED_ON)
    assert [one.plain for one in found.findings] == []
    assert [one.kind for one in found.checks] == list(LeakKind)
    assert {one.kind: one.done for one in found.checks} == {
        kind: kind is not LeakKind.VALUE_CHANGES for kind in LeakKind
    }
    assert all(one.looked_at if one.done else one.why_not for one in found.checks)


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        (LeakKind.READS_OUTCOME, "found_domestic_abuse_730"),
        (LeakKind.AS_OF_EXTRACT, CODES),
        (LeakKind.STAMPED_KNOWN_FROM, "police"),
        (LeakKind.NEAR_PERFECT, PLANNED),
        (LeakKind.VALUE_CHANGES, "found_domestic_abuse_730"),
    ],
)
def test_each_leak_is_named(planted: Leakage, kind: LeakKind, about: str) -> None:
    assert (kind, Severity.REFUSE, about) in named(planted)
    for one in planted.findings:
        assert one.plain.endswith(".")
        assert one.remedy
        assert one.evidence


def test_what_was_not_planted_is_not_named(planted: Leakage) -> None:
    clean = {"contacts_365", "days_since_contact", "trusted_worker_meetings_365", "early_help_completed_730"}
    assert not clean & {one.about for one in planted.findings}
    assert {one.about for one in planted.findings if one.kind is LeakKind.STAMPED_KNOWN_FROM} == {"police"}
    assert {one.about for one in planted.findings if one.kind is LeakKind.NEAR_PERFECT} == {PLANNED}
    readers = {CODES, "trusted_worker_longest_1095", "trusted_worker_now"}
    assert {one.about for one in planted.findings if one.kind is LeakKind.AS_OF_EXTRACT} == readers


def test_an_earlier_snapshot_is_read_only_under_a_gateway(county: County) -> None:
    """That of the police, as it was when the earlier one was published, has ended; the newest has a longer one."""
    facts, ends = county.ordinary.facts, USED_ON - datetime.timedelta(days=1)
    police = facts.sources["police"]
    ended = police.model_copy(
        update={"gateways": tuple(one.model_copy(update={"valid_to": ends}) for one in police.gateways)}
    )
    before = replace(county.ordinary, facts=facts.model_copy(update={"sources": {**facts.sources, "police": ended}}))
    with pytest.raises(GatewayError, match="police"):
        lint.lint(county.workspace, county.leaky, county.planted, county.use_case, on=USED_ON, earlier=before)


def test_a_cohort_that_uses_the_future_is_named(county: County) -> None:
    rule = {"without_event_ever": EventFilter(types=("assessment_factor", "police_incident"))}
    asked = county.use_case.model_copy(update={"cohort": county.use_case.cohort.model_copy(update=rule)})
    few = county.use_case.indicators[:1]
    found = lint.lint(
        county.workspace, county.leaky, county.planted, asked.reading(few), on=USED_ON, earlier=county.ordinary
    )
    assert (LeakKind.COHORT_FUTURE, Severity.REFUSE, "cohort.without_event_ever") in named(found)
    assert (LeakKind.COHORT_FUTURE, Severity.REFUSE, "cohort") in named(found)


def test_the_build_refuses_unless_somebody_says_why_not(county: County) -> None:
    def build(why: str | None) -> FeatureSet:
        return matrix.build(
            county.workspace,
            county.planted,
            county.use_case,
            partnership=county.declared,
            on=USED_ON,
            despite_leaks=why,
        )

    with pytest.raises(LeakError, match="reads_outcome: found_domestic_abuse_730"):
        build(" ")
    assert not [one for one in county.workspace.features.iterdir() if not one.name.startswith(".")]
    told = build("to show in a test what becomes of it").artefact.facts["leakage"]
    assert told["despite"] == "to show in a test what becomes of it"
    assert {one["kind"] for one in told["findings"]} >= {"reads_outcome", "stamped_known_from"}
    assert told["earlier_snapshot"] == county.ordinary.digest  # of the same day, and published before


def test_the_command_tells_by_its_exit_code(county: County, tmp_path: Path) -> None:
    common = ["--workspace", str(county.workspace.root.parent), "--json"]
    # Only sources that were delivered: the use case with fewer indicators.
    folder = tmp_path / "partnership"
    shutil.copytree(lancashire.FOLDER, folder, ignore=shutil.ignore_patterns("generator"))
    path = folder / "use_cases" / "early_help_offer.yaml"
    keep = county.use_case.indicator_names
    every = use_cases.read(county.declared, "early_help_offer").indicator_names
    lines = path.read_text(encoding="utf-8").splitlines()
    gone = {f"  - {name}" for name in every if name not in keep}
    path.write_text("\n".join(line for line in lines if line not in gone), encoding="utf-8")
    asked = ["features", "lint", "--use-case", "early_help_offer", "--partnership", str(folder), *common]
    loud = CliRunner().invoke(app, [*asked, "--snapshot", county.planted.digest])
    assert loud.exit_code == LeakError.exit_code == 10, loud.output
    told = json.loads(loud.stdout)
    assert "found_domestic_abuse_730" in {one["about"] for one in told["findings"]}
    assert told["snapshot"] == county.planted.digest
