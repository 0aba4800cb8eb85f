"""The bands as they leave: beside the rates of everyone, nobody finds a small number out."""

from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from audits.fairness import by_group
from audits.fairness.fairness import fairness
from audits.limits import performance
from features.declarations.use_cases import FairnessPolicy
from hub.disclosing.disclosure import SmallNumbers
from hub.figures import Figure
from models.measuring.thresholds import BANDS
from tests.examples import examples
from tests.factories import audits as factory
from tests.factories.use_cases import use_case
from tests.oracles import published
from tests.oracles.attacker import Attacker

SMALL = SmallNumbers()
POLICY = FairnessPolicy(tolerance=0.1, smallest_group=30)


def _figure(value: float, n: int) -> dict[str, Any]:
    return Figure(value, value, value, n).as_json()


def told(cells: dict[str, tuple[int, int]]) -> dict[str, Any]:
    """Return what an audit tells of everyone and of the bands: of each band how many had the outcome, and had not."""
    bands = [band for band, (yes, no) in cells.items() for _ in range(yes + no)]
    outcome = [int(at < yes) for yes, no in cells.values() for at in range(yes + no)]
    n = len(bands)
    looks = factory.looks(range(n), {"x": [0.0] * n}, outcome=outcome, bands=bands, groups={"sex": ["all"] * n})
    found = fairness(*looks.units, looks.outcome, looks.suggested, looks.groups, POLICY, seed=1, resamples=30)
    sizes = {band: (looks.bands == band) for band in BANDS}
    bundle: Any = SimpleNamespace(
        metrics={
            "bands": {
                band: {
                    "per_date": _figure(float(rows.sum()), n),
                    "with_outcome": _figure(float(looks.outcome[rows].mean()) if rows.any() else 0, int(rows.sum())),
                }
                for band, rows in sizes.items()
            }
        },
        thresholds=SimpleNamespace(as_json=lambda: {"bands": [{"name": band, "plain": band} for band in BANDS]}),
    )
    asked = use_case(groups=[{"name": "sex", "plain": "Sex", "column": "person.sex", "labels": {}}])
    everyone = by_group.as_json(found, looks, asked, SMALL, seed=1)
    return {
        "fairness": everyone,
        "performance": {
            "dates": performance._dates(looks, SMALL),
            "bands": performance._bands(bundle, looks, found.everyone, SMALL),
            "calibration": [],
        },
    }


def attack(document: dict[str, Any]) -> Attacker:
    attacker = Attacker()
    published.fairness(attacker, document["fairness"], 1)
    published.performance(attacker, document["performance"], 1)
    return attacker


def with_outcome(document: dict[str, Any]) -> dict[str, bool]:
    return {band["name"]: "value" in band["with_outcome"] for band in document["performance"]["bands"]}


def test_what_fairness_tells_of_the_offers_hides_no_other_band() -> None:
    """105 with the outcome, less precision × suggested = 60, less 40, would be the 5 without a suggestion."""
    cells = {"offer_help": (60, 90), "talk_about_it": (40, 260), "no_suggestion": (5, 545)}
    document = told(cells)
    assert with_outcome(document) == {"offer_help": True, "talk_about_it": False, "no_suggestion": False}
    assert attack(document).recovered() == []
    offer, talk, _ = document["performance"]["bands"]
    talk["with_outcome"], offer["with_outcome"] = _figure(40 / 300, 300), {"withheld": "withheld"}
    assert {(one.number, one.low, one.high) for one in attack(document).recovered()} >= {
        ("audit: band no_suggestion with_outcome", 5, 5)
    }


def test_few_who_were_missed_are_not_all_others_less_the_offers() -> None:
    """Fairness withholds who was found with them, and so do the bands; the outcomes of all stand beside the dates."""
    document = told({"offer_help": (60, 240), "talk_about_it": (3, 260), "no_suggestion": (2, 545)})
    assert not any(with_outcome(document).values())
    assert attack(document).recovered() == []


_MANY = st.integers(0, 12) | st.integers(0, 60)


@settings(max_examples=examples(30), deadline=None)
@given(st.lists(st.tuples(_MANY, _MANY), min_size=3, max_size=3).filter(lambda bands: any(map(any, bands))))
def test_nobody_finds_a_small_number_out(bands: list[tuple[int, int]]) -> None:
    assert attack(told(dict(zip(BANDS, bands, strict=True)))).recovered() == []
