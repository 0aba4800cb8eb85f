"""Which reasons an agency is told: a table of sources, gateways and agencies."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from audits.explaining.reasons import Reason
from hub.publishing.snapshots import Snapshot
from hub.workspace import Workspace
from service.gate.audience import Audience, UnknownAgencyError, agency_of
from service.gate.permits import Permits
from tests.factories import permissions
from tests.factories.snapshots import GATEWAY, snapshot
from tests.factories.use_cases import indicator

DAY, AS_OF = datetime.date(2026, 3, 1), datetime.date(2026, 1, 1)
AGENCIES = (
    ("council", "local_authority"),
    ("force", "police"),
    ("trust", "health"),
    ("social_work", "social_care"),
)
GATEWAYS: list[dict[str, Any]] = [
    {"name": "working_together", "parties": ["council", "force", "social_work"]},
    {"name": "police_only", "parties": ["force"]},
    {"name": "other_purpose", "parties": ["force", "trust"], "purposes": ["research"]},
    {"name": "ended", "parties": ["force", "trust"], "valid_to": "2026-02-28"},
    {"name": "places", "parties": ["force", "trust"], "level": "area"},
    {"name": "consent", "parties": ["social_work", "trust"], "law": "consent"},
]
SOURCES = [
    permissions.source("police", "force", gateways=["working_together", "ended", "other_purpose", "places"]),
    permissions.source("intelligence", "force", gateways=["police_only"]),
    permissions.source("cases", "social_work", gateways=["working_together", "consent"]),
]
PARTNERSHIP = permissions.declared(*GATEWAYS, sources=SOURCES, agencies=AGENCIES)
SECTORS = dict(AGENCIES)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    said = {
        source.name: {
            "title": source.title,
            "agency": source.agency,
            "sector": SECTORS[source.agency],
            "gateways": [one.model_dump(mode="json") for one in PARTNERSHIP.gateways_of(source)],
            "assumed_recording": None,
        }
        for source in PARTNERSHIP.sources
    }
    return snapshot(Workspace(tmp_path_factory.mktemp("hub")), facts={"sources": said})


def audience(published: Snapshot, agency: str | None, purpose: str = "early_help") -> Audience:
    return Audience(agency, Permits(PARTNERSHIP), published, purpose, DAY, AS_OF)


@pytest.mark.parametrize(
    ("agency", "told"),
    [
        ("council", {"police", "cases"}),
        ("force", {"police", "intelligence", "cases"}),
        ("social_work", {"police", "cases"}),
        ("trust", {"cases"}),
        (None, set()),
    ],
)
def test_who_is_told_what(published: Snapshot, agency: str | None, told: set[str]) -> None:
    seen = audience(published, agency)
    assert {one.name for one in PARTNERSHIP.sources if seen.may_be_told(one.name)} == told


def test_a_gateway_for_another_purpose_opens_only_that_purpose(published: Snapshot) -> None:
    assert audience(published, "trust", "research").may_be_told("police")
    assert not audience(published, "council", "research").may_be_told("police")


def test_the_serious_violence_duty_shows_nobody_a_social_care_record(tmp_path: Path) -> None:
    duty = GATEWAY | {"law": "PCSC Act 2022 s16", "parties": ["force", "social_work"]}
    declared = permissions.declared(duty, sources=[permissions.source("cases", "social_work")], agencies=AGENCIES)
    facts = {"cases": {"title": "", "agency": "social_work", "gateways": [duty], "assumed_recording": None}}
    published = snapshot(Workspace(tmp_path), facts={"sources": facts})
    assert not Audience("force", Permits(declared), published, "early_help", DAY, AS_OF).may_be_told("cases")


def _reason(source: str) -> Reason:
    return Reason(indicator(f"of_{source}", sources=[source]), 2.0, 0.5)


@pytest.mark.parametrize(
    ("agency", "sources", "last", "withheld"),
    [
        ("council", ["police", "cases"], None, 0),
        ("council", ["police", "intelligence"], "1 strength rests on records that may not be shown to your agency.", 1),
        ("trust", ["police", "intelligence", "cases"], "2 strengths rest on records that may not be shown", 2),
        (None, ["police"], "1 strength rests on records that may be shown to nobody until it is known which agency", 1),
        ("council", [], None, 0),
    ],
)
def test_what_is_withheld_is_counted_in_a_plain_sentence(
    published: Snapshot, agency: str | None, sources: list[str], last: str | None, withheld: int
) -> None:
    sentences, count = audience(published, agency).told([_reason(one) for one in sources], "strength", "strengths")
    assert count == withheld
    assert len(sentences) == len(sources) - withheld + (withheld > 0)
    if last is not None:
        assert sentences[-1].startswith(last)
    hidden = [one for one in sources if not audience(published, agency).may_be_told(one)]
    assert not any(f"of_{one}" in text for one in hidden for text in sentences)


def test_a_reason_is_withheld_when_one_of_its_companions_may_not_be_told(published: Snapshot) -> None:
    seen, hidden = _reason("police"), _reason("intelligence")
    both = Reason(seen.indicator, 2.0, 0.5, (hidden.indicator,))
    sentences, count = audience(published, "council").told([both], "reason", "reasons")
    assert count == 1
    assert not any("of_police" in one for one in sentences)


@pytest.mark.parametrize(
    ("windows", "days"),
    [
        ((365,), "1 January 2025 to 31 December 2025"),
        ((90, 365), "1 January 2025 to 31 December 2025"),
        ((None,), "up to 31 December 2025"),
        ((365, None), "up to 31 December 2025"),
    ],
)
def test_a_reason_says_from_whose_records_it_is_and_of_which_days(
    published: Snapshot, windows: tuple[int | None, ...], days: str
) -> None:
    first, *others = (
        indicator(
            f"of_{at}", sources=["police" if at else "cases"], window_days=window,
            measure="count" if window else "days_since_last",
        )
        for at, window in enumerate(windows)
    )  # fmt: skip
    [told], _ = audience(published, "council").told([Reason(first, 2.0, 0.5, tuple(others))], "reason", "reasons")
    titles = [f"“{PARTNERSHIP.source(name).title}”" for name in ("cases", "police")[: len(windows)]]
    assert told.endswith(f". From {' and '.join(titles)}, {days}.")


def test_the_agency_is_the_one_named_else_the_one_that_runs_the_hub() -> None:
    hub = permissions.declared(hub="council", agencies=AGENCIES)
    assert agency_of(hub, "trust") == "trust"
    assert agency_of(hub, None) == "council"
    assert agency_of(PARTNERSHIP, None) is None
    with pytest.raises(UnknownAgencyError) as refused:
        agency_of(hub, "stranger")
    assert "stranger" not in str(refused.value)
