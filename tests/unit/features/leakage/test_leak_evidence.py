"""The numbers behind a leak: what is left of a whole without its parts is a number, too."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.leakage import leaks
from features.leakage.leaks import Finding, LeakKind, Portion, Severity
from hub.disclosing.disclosure import SmallNumbers
from tests.examples import examples
from tests.oracles import published
from tests.oracles.attacker import Attacker

SMALL = SmallNumbers()
FEW, X = {"withheld": "fewer than 10"}, {"withheld": "withheld"}
CAUSES = ("children_by_events", "children_by_household", "children_by_linkage", "children_absent")


def finding(whole: int, *parts: int) -> dict[str, Any]:
    part = Portion(parts[0], whole, "children compared", SMALL)
    evidence: dict[str, Any] = dict(zip(CAUSES, parts, strict=True)) | {
        "children_compared": whole,
        "share": part.figure,
    }
    found = Finding(
        LeakKind.VALUE_CHANGES, Severity.WARN, "x", f"For {part}.", evidence, "", "children_compared", CAUSES
    )
    return found.as_json()


@pytest.mark.parametrize(
    ("whole", "parts", "shown", "share"),
    [
        (400, (40, 0, 0, 0), [40, 0, 0, 0], True),
        (400, (4, 0, 0, 0), [FEW, 0, 0, 0], False),
        (400, (40, 3, 0, 20), [40, FEW, 0, 20], True),
        (40, (38, 0, 0, 0), [X, 0, 0, 0], False),  # the two others would be known
        (40, (12, 23, 0, 0), [12, X, 0, 0], True),  # so would the five; what the sentence tells goes last
        (8, (3, 0, 0, 0), [X, 0, 0, 0], False),
    ],
)
def test_evidence(whole: int, parts: tuple[int, ...], shown: list[Any], share: bool) -> None:
    found = leaks.evidence(SMALL, finding(whole, *parts))
    assert [found[name] for name in CAUSES] == shown
    assert found["children_compared"] == (FEW if whole < 10 else whole)
    assert ("value" in found["share"]) is share


def test_numbers_of_days_and_dates_are_about_nobody() -> None:
    one = Finding(
        LeakKind.NOT_REPORTED, Severity.REFUSE, "x", "", {"dates": 3, "silent_days": 8, "source": "police"}, ""
    )
    assert leaks.evidence(SMALL, one.as_json()) == {"dates": 3, "silent_days": 8, "source": "police"}


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.integers(0, 30), min_size=4, max_size=4), st.integers(0, 40))
def test_nobody_finds_a_small_number_out(parts: list[int], left: int) -> None:
    attacker = Attacker()
    published.evidence(attacker, "leak", leaks.evidence(SMALL, finding(sum(parts) + left, *parts)))
    assert attacker.recovered() == []
    assert attacker.known_small() == []
