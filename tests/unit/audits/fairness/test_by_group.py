"""Fairness as it leaves: nobody finds a small number out, no verdict stands without its number, few people vanish."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.fairness import by_group
from audits.fairness.fairness import Fairness, fairness
from audits.looks import Looks
from audits.verdicts import Verdict
from features.declarations.use_cases import FairnessPolicy, UseCase
from hub.disclosing.disclosure import WITHHELD, SmallNumbers
from hub.figures import share
from models.measuring.thresholds import NO_SUGGESTION, OFFER_HELP
from tests.examples import examples
from tests.factories import audits as factory
from tests.factories.use_cases import use_case
from tests.oracles import published
from tests.oracles.attacker import Attacker

SMALL = SmallNumbers()
Cells = tuple[int, int, int, int]


def told(levels: dict[str, Cells], *, dates: int = 1) -> dict[str, Any]:
    """Return the group "sex" as it leaves: people who are neither, wrongly suggested, missed, found on each date."""
    level = [name for name, cells in levels.items() for _ in range(sum(cells))] * dates
    kind = [kind for cells in levels.values() for kind, many in enumerate(cells) for _ in range(many)] * dates
    people = [*range(len(kind) // dates)] * dates
    outcome = np.array([one >= 2 for one in kind])
    suggested = np.array([one % 2 == 1 for one in kind])
    looks = factory.looks(
        people,
        {"x": [0.0] * len(kind)},
        outcome=outcome.astype(int).tolist(),
        bands=[OFFER_HELP if one else NO_SUGGESTION for one in suggested],
        groups={"sex": level},
    )
    return _document(looks, fairness(*looks.units, outcome, suggested, looks.groups, POLICY, seed=1, resamples=60))


POLICY = FairnessPolicy(tolerance=0.1, smallest_group=30)


def _document(looks: Looks, found: Fairness) -> dict[str, Any]:
    asked: UseCase = use_case(groups=[{"name": "sex", "plain": "Sex", "column": "person.sex", "labels": {}}])
    return by_group.as_json(found, looks, asked, SMALL, seed=1)


def attack(document: dict[str, Any], dates: int) -> Attacker:
    attacker = Attacker()
    published.fairness(attacker, document, dates)
    return attacker


_CELLS = st.tuples(
    st.integers(0, 60), st.integers(0, 12) | st.integers(0, 40), st.integers(0, 12) | st.integers(0, 40),
    st.integers(0, 12) | st.integers(0, 40),
)  # fmt: skip


@settings(max_examples=examples(20), deadline=None)
@given(st.lists(_CELLS.filter(any), min_size=1, max_size=4), st.integers(1, 2))
def test_nobody_finds_a_small_number_out(levels: list[Cells], dates: int) -> None:
    document = told({f"level {at}": cells for at, cells in enumerate(levels)}, dates=dates)
    attacker = attack(document, dates)
    assert attacker.recovered() == []
    assert dates > 1 or attacker.known_small() == []


@settings(max_examples=examples(10), deadline=None)
@given(st.lists(_CELLS.filter(any), min_size=1, max_size=4))
def test_no_verdict_stands_without_its_number(levels: list[Cells]) -> None:
    document = told({f"level {at}": cells for at, cells in enumerate(levels)})
    for group in document["groups"]:
        for level in group["levels"]:
            for one in level["rates"].values():
                if "withheld" in one["difference"]:
                    assert one["verdict"] == Verdict.WITHHELD
                else:
                    assert one["verdict"] != Verdict.WITHHELD
        worst = [Verdict(level["verdict"]) for level in group["levels"]]
        assert group["verdict"] in worst


def level_of(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(level for level in document["groups"][0]["levels"] if level["level"] == name)


def test_a_withheld_precision_is_found_out_by_the_attacker_where_its_row_is_told() -> None:
    """So the attack can fail: outcomes × (1 − missed) over suggested is the precision, and so the 3 who were found."""
    cells = {"A": (900, 60, 50, 40), "C": (80, 12, 14, 3)}
    document = told(cells)
    assert attack(document, 1).recovered() == []
    for level in document["groups"][0]["levels"]:
        _, wrongly, missed, found = cells[level["level"]]
        level |= {"with_outcome": missed + found, "suggested": wrongly + found}
        figures = {
            "false_negative_rate": share(missed, missed + found, "people"),
            "precision": WITHHELD,
        }
        for name, figure in figures.items():
            level["rates"][name] |= {"rate": figure.as_json(), "difference": WITHHELD.as_json()}
    found_out = {one.number: (one.low, one.high) for one in attack(document, 1).recovered()}
    assert found_out["audit: sex C found"] == (3, 3)


def test_a_large_level_does_not_vanish_for_the_sake_of_a_small_one() -> None:
    """Few of C were found. B goes with it, the smaller of the others, and A keeps every rate."""
    document = told({"A": (900, 60, 50, 40), "B": (200, 25, 24, 22), "C": (80, 12, 14, 3)})
    assert level_of(document, "A")["shown"]
    assert not level_of(document, "B")["shown"]
    # What is not needed to hide the three stays: how often help is suggested, and how often the outcome followed.
    for name, suggested, with_outcome in (("B", 47, 46), ("C", 15, 17)):
        level = level_of(document, name)
        assert (level["suggested"], level["with_outcome"]) == (suggested, with_outcome)
        assert "value" in level["rates"]["selection_rate"]["rate"]
    assert level_of(document, "B and C together")["shown"]


def test_nobody_is_no_small_number() -> None:
    """Nobody of C was wrongly suggested: every suggestion was right, and that is shown."""
    document = told({"A": (900, 60, 50, 40), "C": (80, 0, 30, 40)})
    assert all(level["shown"] for level in document["groups"][0]["levels"])
    assert level_of(document, "C")["rates"]["precision"]["rate"]["value"] == 1.0
    everybody = told({"A": (0, 900, 0, 90), "B": (0, 300, 0, 40)})
    assert all(level["rates"]["selection_rate"]["rate"]["value"] == 1.0 for level in everybody["groups"][0]["levels"])


def test_what_happened_to_all_of_a_group_is_not_told() -> None:
    document = told({"A": (900, 60, 50, 40), "B": (300, 40, 40, 40), "C": (0, 0, 30, 40)})
    assert level_of(document, "C")["with_outcome"] == {"withheld": "withheld"}


def test_few_people_on_many_dates_are_few() -> None:
    """12 looks of 4 people after which the outcome followed, and they were found."""
    document = told({"A": (900, 60, 50, 40), "B": (300, 40, 40, 4), "C": (400, 40, 40, 40)}, dates=3)
    assert level_of(document, "B")["rates"]["precision"]["rate"] == {"withheld": "withheld"}
