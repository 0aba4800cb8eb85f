"""Clerical review: stratified estimates against slow sums and simulation, masking, and places."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.figures import Figure, NotComputed
from hub.quality import clerical_estimates, masking, review, waterfall
from hub.quality.clerical_estimates import Stratum
from tests.examples import examples

_STRATA = st.lists(
    st.tuples(st.booleans(), st.integers(1, 500), st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=6
)


def _strata(drawn: list[tuple[bool, int, int, int]]) -> list[Stratum]:
    return [
        Stratum(str(number), linked, max(pairs, same + different), same, different)
        for number, (linked, pairs, same, different) in enumerate(drawn)
    ]


@settings(deadline=None, max_examples=examples(40))
@given(_STRATA)
def test_estimates_agree_with_the_slow_sum_over_every_pair(drawn: list[tuple[bool, int, int, int]]) -> None:
    strata = _strata(drawn)
    true, whole = {True: 0.0, False: 0.0}, 0
    judged = {True: 0, False: 0}
    for one in strata:
        if one.judged:
            judged[one.linked] += one.judged
            for _ in range(one.pairs):  # each pair of the stratum is one person with this chance
                true[one.linked] += one.same / one.judged
                whole += one.linked
    precision, recall = clerical_estimates.precision(strata), clerical_estimates.recall(strata)
    if judged[True] < 10:
        assert isinstance(precision, NotComputed)
    else:
        assert isinstance(precision, Figure)
        assert precision.value == pytest.approx(true[True] / whole)
        assert 0 <= precision.low <= precision.value <= precision.high <= 1
        assert precision.n == judged[True]
    if min(judged.values()) < 10 or not sum(true.values()):
        assert isinstance(recall, NotComputed)
    else:
        assert isinstance(recall, Figure)
        assert recall.value == pytest.approx(true[True] / sum(true.values()))
        assert 0 <= recall.low <= recall.value <= recall.high <= 1


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    draw = np.random.default_rng(5)
    sizes, chances, places = (400, 900, 3000), (0.6, 0.9, 0.99), (40, 30, 30)
    truth = sum(n * p for n, p in zip(sizes, chances, strict=True)) / sum(sizes)
    held = 0
    for _ in range(100):
        same = [int(draw.binomial(n, p)) for n, p in zip(places, chances, strict=True)]
        figure = clerical_estimates.precision(
            [Stratum("", True, pairs, x, n - x) for pairs, x, n in zip(sizes, same, places, strict=True)]
        )
        assert isinstance(figure, Figure)
        held += figure.low <= truth <= figure.high
    assert held >= 91


def test_bands_without_an_answer_are_said() -> None:
    found = clerical_estimates.as_json([Stratum("a", True, 90, 8, 4), Stratum("b", False, 10)], ["A note."])
    assert found["notes"][1:] == ["A note.", "10 of 100 pairs lie in bands without any answer."]
    assert found["bands"][1]["same"] == {"not_computed": "no pair was judged", "n": 0}
    assert "not_computed" in found["recall"]


@given(
    st.dictionaries(st.tuples(st.booleans(), st.integers(0, 7)), st.integers(0, 30), min_size=1), st.integers(0, 200)
)
def test_places_are_given_out_wholly_and_nowhere_too_many(sizes: dict[tuple[bool, int], int], size: int) -> None:
    given_out = review.allocate(sizes, size)
    assert sum(given_out.values()) == min(size, sum(sizes.values()))
    assert all(0 <= given_out[one] <= sizes[one] for one in sizes)
    if size >= 10 * len(sizes):
        assert all(given_out[one] for one in sizes if sizes[one])


def test_bands_near_the_threshold_get_more_places() -> None:
    given_out = review.allocate({(linked, band): 1000 for linked in (False, True) for band in range(8)}, 160)
    assert given_out[True, 3] == given_out[False, 4] == 20
    assert given_out[True, 0] == given_out[False, 7] == 5


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("2010-05-06", "2010-05-06", "the same date"),
        ("2010-05-06", "2010-06-05", "year the same; month and day differ"),
        ("2010-05-06", "2011-05-06", "month and day the same; year differ"),
        ("2010-05-06", "1999-12-31", "year and month and day differ"),
        ("2010-05-06", None, "not recorded"),
    ],
)
def test_dates_are_seen_by_their_parts(one: str, other: str | None, said: str) -> None:
    assert masking.date(one, other) == said


def test_names_and_postcodes_are_masked() -> None:
    assert masking.name("mary ann") == "M… (4 letters) A… (3 letters)"
    assert masking.name(None) == "not recorded"
    assert masking.postcodes(["pr11aa", "pr11ab", "sw1a2aa", "2119"]) == "PR1, SW1A, another code"
    assert masking.identifiers(["nhs=1", "upn=2"], ["nhs=1", "upn=3", "uln=4"]) == "nhs: the same; upn: different"
    assert masking.identifiers(["nhs=1"], ["upn=1"]) == "not recorded"


@given(st.text("abcdefghij ", min_size=1), st.dates(), st.dates())
def test_no_word_of_a_record_is_in_what_a_clerk_sees(text: str, born: object, other: object) -> None:
    record = {
        "given_name": text, "family_name": text, "date_of_birth": str(born), "sex": "f",
        "postcodes": ["pr19zz"], "identifiers": ["nhs=123456"],
    }  # fmt: skip
    rows = masking.rows(record, record | {"date_of_birth": str(other)}, {"given_name": 1.0, "family_name": None})
    seen = " ".join(value for row in rows for value in row.values()).lower()
    for secret in (str(born), str(other), "9zz", "123456", *(word for word in text.split() if len(word) > 8)):
        assert secret not in seen


@pytest.mark.parametrize(
    ("bits", "bar"), [(8.0, "    |████"), (-4.0, "  ██|    "), (0.1, "    |    "), (99, "    |████")]
)
def test_bars_of_text(bits: float, bar: str) -> None:
    assert waterfall.bar(bits, width=4) == bar
