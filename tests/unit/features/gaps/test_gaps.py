"""How a source stands to a purpose on a day: a truth table, and a slow, obvious reading beside it."""

import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.gaps.gaps import SOON_DAYS, SourceStanding, Status, standing
from tests.examples import examples
from tests.factories import permissions

DAY = datetime.date(2025, 1, 6)
AGENCIES = (("council", "local_authority"), ("force", "police"))


def stands(
    *gateways: dict[str, Any], named: list[str] | None = None, source: str = "police", **said: Any
) -> SourceStanding:
    """Return how a source stands to early help under gateways; `named`: those that the source names."""
    names = named or [one["name"] for one in gateways]
    declared = permissions.declared(
        *gateways, sources=[permissions.source(source, "force", gateways=names, **said)], agencies=AGENCIES
    )
    return standing(declared, declared.sources[0], "early_help", on=DAY)


def duty(name: str = "duty", **said: Any) -> dict[str, Any]:
    return {"name": name, "parties": ["council", "force"], "owner": f"Owner of {name}"} | said


@pytest.mark.parametrize(
    ("gateways", "status", "why", "step"),
    [
        ([duty()], Status.USABLE, None, ""),
        ([duty(valid_to="2025-04-07")], Status.USABLE, None, ""),
        ([duty(valid_to="2025-04-06")], Status.EXPIRING, None, "Renew duty"),
        ([duty(valid_to="2025-01-06")], Status.EXPIRING, None, "before 6 January 2025"),
        ([duty(valid_to="2025-01-05")], Status.MISSING, "expired", "whose last day was 5 January 2025"),
        ([duty(valid_from="2025-01-07")], Status.MISSING, "not yet valid", "Wait until 7 January 2025"),
        ([duty(purposes=["research"])], Status.MISSING, "not for this purpose", "may also serve early help"),
        ([duty(level="area")], Status.MISSING, "for areas only", "Agree with Force which power"),
        ([duty(parties=["council"])], Status.MISSING, "an agency is not a party", "Force should become a party"),
        ([duty(valid_to="2025-01-05"), duty("other")], Status.USABLE, None, ""),
        ([duty(valid_to="2025-02-01"), duty("other", valid_to="2025-03-01")], Status.EXPIRING, None, "Renew other"),
        # One follows the other without a day between, or with one.
        ([duty(valid_to="2025-02-01"), duty("next", valid_from="2025-02-02")], Status.USABLE, None, ""),
        ([duty(valid_to="2025-02-01"), duty("next", valid_from="2025-02-03")], Status.EXPIRING, None, "Renew duty"),
        # The obstacle that is easiest to mend leads the conversation.
        ([duty(purposes=["research"]), duty("old", valid_to="2025-01-01")], Status.MISSING, "expired", "Renew old"),
    ],
)
def test_where_a_source_stands(gateways: list[dict[str, Any]], status: Status, why: str | None, step: str) -> None:
    found = stands(*gateways)
    assert (found.status, found.why) == (status, why)
    assert step in found.next_step
    assert bool(found.next_step) == (status is not Status.USABLE)
    assert found.owner
    assert found.words.endswith(".")
    assert (found.until is None) == (status is Status.MISSING)


def test_a_gateway_that_serves_but_is_not_named_is_the_shortest_way() -> None:
    found = stands(duty(purposes=["research"]), duty("wide"), named=["duty"])
    assert (found.status, found.gateway, found.owner) == (Status.MISSING, "wide", "Owner of wide")
    assert "agree that it covers this source" in found.next_step


def test_figures_about_areas_need_no_more_than_a_gateway_for_areas() -> None:
    areas: dict[str, Any] = {"events": [], "areas": [{"table": "rows", "id": "ref"}]}
    assert stands(duty(level="area"), **areas).status is Status.USABLE
    assert stands(duty(level="area")).status is Status.MISSING


days = st.integers(-200, 200).map(lambda n: DAY + datetime.timedelta(days=n))
spans = st.lists(st.tuples(days, days).map(sorted), min_size=1, max_size=4)


@settings(max_examples=examples(60), deadline=None)
@given(spans)
def test_the_last_day_is_the_last_one_reached_day_by_day(found: list[list[datetime.date]]) -> None:
    gateways = [
        duty(f"duty_{number}", valid_from=first.isoformat(), valid_to=last.isoformat())
        for number, (first, last) in enumerate(found)
    ]
    day, until = DAY, None
    while any(first <= day <= last for first, last in found):
        until, day = day, day + datetime.timedelta(days=1)
    result = stands(*gateways)
    assert result.until == until
    if until is None:
        assert result.status is Status.MISSING
    else:
        soon = until <= DAY + datetime.timedelta(days=SOON_DAYS)
        assert result.status is (Status.EXPIRING if soon else Status.USABLE)
