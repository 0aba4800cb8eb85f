"""Bundles compared on the rows that they were tested on, and the page that is made of it."""

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest

from features.rows.feature_sets import FeatureSet
from hub.disclosing.disclosure import SmallNumbers
from hub.errors import InputError
from hub.workspace import Workspace
from models.bundle.bundles import Bundle
from models.comparing import comparing, page
from models.comparing.comparing import Comparison, compare
from models.figures import Figure
from models.fitting.chosen import Algorithm
from models.fitting.fitting import MODEL, Fitted, fit
from models.measuring.metrics import measure
from models.measuring.ranking import foremost
from tests.factories.bundles import published
from tests.factories.feature_sets import feature_set


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def features(place: Workspace) -> FeatureSet:
    return feature_set(place, people=900, siblings=2)


@pytest.fixture(scope="module")
def fitted(features: FeatureSet) -> list[Fitted]:
    return [fit(features, algorithm=one) for one in (Algorithm.LOGISTIC, Algorithm.POINTS)]


@pytest.fixture(scope="module")
def bundles(place: Workspace, fitted: list[Fitted]) -> list[Bundle]:
    return [published(place, one.contents) for one in fitted]


@pytest.fixture(scope="module")
def found(place: Workspace, bundles: list[Bundle]) -> Comparison:
    return compare(place, bundles, resamples=40)


def test_differences_are_paired_on_the_same_rows(found: Comparison, fitted: list[Fitted]) -> None:
    (against,) = found.against
    assert against.why_not == ""
    answers = {"first": fitted[0].judged[MODEL], "other": fitted[1].judged[MODEL]}
    expected = measure(fitted[0].case, answers, against={"other": ["first"]}, resamples=40)
    for name, one in expected.differences["other"]["first"].items():
        difference = against.differences[name]
        assert isinstance(one, Figure)
        assert isinstance(difference, Figure)
        assert (difference.value, difference.low, difference.high) == pytest.approx((one.value, one.low, one.high))


def test_lists_are_those_at_capacity(found: Comparison, fitted: list[Fitted]) -> None:
    case = fitted[0].case
    on = [set(case.people[foremost(one.judged[MODEL].scores, case.dates, case.capacity)]) for one in fitted]
    changed = found.against[0].changed
    assert changed is not None
    assert changed.everyone[:3] == [len(on[0] & on[1]), len(on[0] - on[1]), len(on[1] - on[0])]
    assert sum(changed.everyone) == case.people.max() + 1
    assert changed.everyone[1] > 0, "the two are not one list"
    for group in ("sex", "ethnicity"):
        if levels := [numbers for (name, _), numbers in changed.levels.items() if name == group]:
            assert np.sum(levels, axis=0).tolist() == list(changed.everyone)
    assert changed.levels


def test_the_page_needs_nothing_else_and_tells_no_small_number(found: Comparison, bundles: list[Bundle]) -> None:
    told = page.render(found, SmallNumbers())
    assert told == page.render(found, SmallNumbers()), "equal comparisons give equal pages"
    assert "<script" not in told
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#|data:image/svg)""", told)
    assert "default-src 'none'" in told
    for bundle in bundles:
        assert bundle.digest[:12] in told
        assert bundle.figure("auc").text() in told
        assert bundle.at_capacities()[min(bundle.at_capacities())]["model"]["recall"].text() in told
    assert told.count("data:image/svg+xml;base64,") == 4
    assert found.against[0].differences["auc"].text() in told
    lists = told[told.index('id="lists-1-caption"') :]
    numbers = [int(one) for one in re.findall(r"<td>(\d+)</td>", lists)]
    assert numbers
    assert not [one for one in numbers if 0 < one < 10]
    assert "withheld</td>" in lists


def test_other_rows_are_not_compared(place: Workspace, bundles: list[Bundle]) -> None:
    other = published(place, fit(feature_set(place, people=700, seed=5), algorithm=Algorithm.POINTS).contents)
    found = compare(place, [bundles[0], other], resamples=5)
    assert found.against[0].why_not == "they were tested on different people and dates"
    assert "Not computed: they were tested on different people and dates." in page.render(found, SmallNumbers())
    shutil.rmtree(place.features / other.facts.feature_set)
    gone = compare(place, [bundles[0], other], resamples=5)
    assert gone.against[0].why_not == "the rows that one of them was tested on are gone"


def test_it_says_what_differs(place: Workspace, bundles: list[Bundle]) -> None:
    one = comparing.tested(place, bundles[0])
    assert one is not None
    turned = replace(one, people=one.people[::-1])
    others = replace(one, case=replace(one.case, outcomes=1 - one.case.outcomes))
    fewer = replace(one, case=replace(one.case, capacity=1))
    later = replace(one, days=one.days + 1)
    assert [comparing.different(one, other) for other in (one, turned, later, others, fewer, None)] == [
        "",
        "they were tested on different people and dates",
        "they were tested on different people and dates",
        "they were tested on different outcomes",
        "they were tested on different numbers of places",
        "the rows that one of them was tested on are gone",
    ]


def test_one_alone_is_refused(place: Workspace, bundles: list[Bundle]) -> None:
    with pytest.raises(InputError, match="nothing to compare with"):
        comparing.compare(place, bundles[:1])
