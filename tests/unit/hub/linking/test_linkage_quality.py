"""Precision, recall and F1 over pairs, with Wilson's interval, against counting every pair."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InputError
from hub.figures import Figure, NotComputed, from_json, share, wilson
from hub.linking import accuracy as linkage_quality

RECORDS = "abcdefghij"
_LABELS = st.lists(st.integers(0, 4).map(str), min_size=len(RECORDS), max_size=len(RECORDS))


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_against_published_values(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=0.00005)


def test_a_share_of_nothing_is_not_computed() -> None:
    assert share(0, 0, "pairs linked") == NotComputed(0, "no pairs linked")
    assert share(3, 4, "true pairs", least=10) == NotComputed(4, "true pairs: 10 are needed")
    assert share(0, 5, "true pairs") == Figure(0.0, *wilson(0, 5), n=5)


def _count(linked: dict[str, str], truth: dict[str, str], within: set[str] | None = None) -> tuple[int, int, int]:
    """Count right, linked and true pairs by looking at each pair."""
    right = together = real = 0
    for one, other in itertools.combinations(RECORDS, 2):
        if within is None or one in within or other in within:
            right += linked[one] == linked[other] and truth[one] == truth[other]
            together += linked[one] == linked[other]
            real += truth[one] == truth[other]
    return right, together, real


def _states(found: linkage_quality.Quality, counts: tuple[int, int, int], least: int = 1) -> None:
    """Check value and n of each figure against counts, and that the interval holds the value."""
    expected = linkage_quality.quality(*counts, least=least)
    for figure, other in zip(
        (found.precision, found.recall, found.f1), (expected.precision, expected.recall, expected.f1), strict=True
    ):
        if isinstance(other, NotComputed):
            assert figure == other
        else:
            assert isinstance(figure, Figure)
            assert (figure.value, figure.n) == (pytest.approx(other.value), other.n)
            assert figure.low <= figure.value + 1e-9
            assert figure.high >= figure.value - 1e-9
            # Pairs of one person hang together, so nothing is surer than if they did not.
            assert figure.high - figure.low >= (other.high - other.low) * (1 - 1e-9)


@given(_LABELS, _LABELS)
def test_figures_agree_with_counting_every_pair(found: list[str], real: list[str]) -> None:
    linked, truth = dict(zip(RECORDS, found, strict=True)), dict(zip(RECORDS, real, strict=True))
    _states(linkage_quality.measure(linked, truth), _count(linked, truth))


@given(_LABELS, _LABELS, st.lists(st.sampled_from(["f", "m", None]), min_size=len(RECORDS), max_size=len(RECORDS)))
def test_groups_agree_with_counting_every_pair(found: list[str], real: list[str], sex: list[str | None]) -> None:
    linked, truth = dict(zip(RECORDS, found, strict=True)), dict(zip(RECORDS, real, strict=True))
    levels = {record: one for record, one in zip(RECORDS, sex, strict=True) if one is not None}
    rows = linkage_quality.by_group(linked, truth, {"sex": levels})
    assert [row["level"] for row in rows] == sorted({one or "not recorded" for one in sex})
    for row in rows:
        within = {record for record in RECORDS if levels.get(record, "not recorded") == row["level"]}
        figures = linkage_quality.Quality(*(from_json(row[name]) for name in ("precision", "recall", "f1")))
        counts = _count(linked, truth, within)
        for figure, n in zip((figures.precision, figures.recall), counts[1:], strict=True):
            assert figure.n == n
            assert isinstance(figure, Figure) == (n >= 10)
            if isinstance(figure, Figure):
                assert figure.value == pytest.approx(counts[0] / n, abs=1e-6)


_CLUSTERS = st.lists(
    st.integers(1, 6).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))), min_size=2, max_size=30
)


@given(_CLUSTERS)
def test_the_variance_is_that_of_the_slow_sum_over_clusters(clusters: list[tuple[int, int]]) -> None:
    good, of = np.array(clusters, float).T
    share_of_all, whole = good.sum() / of.sum(), of.sum()
    spread = sum((one - share_of_all * n) ** 2 for one, n in clusters) * len(clusters) / (len(clusters) - 1)
    if 0 < share_of_all < 1 and spread:
        expected = min(max(share_of_all * (1 - share_of_all) * whole**2 / spread, 1), whole)
    else:
        expected = whole**2 / sum(n * n for _, n in clusters)
    assert linkage_quality.independent_of(good, of) == pytest.approx(expected)


def test_the_interval_is_that_of_a_bootstrap_of_people() -> None:
    draw = np.random.default_rng(1)
    of = draw.choice([1.0, 1.0, 3.0, 6.0, 10.0], 2000)
    good = np.where(draw.random(2000) < 0.06, of - np.minimum(of, draw.integers(1, 6, 2000)), of)
    figure = linkage_quality.clustered(good, of, "pairs")
    assert isinstance(figure, Figure)
    weights = draw.multinomial(2000, np.full(2000, 1 / 2000), size=3000)
    low, high = np.quantile((weights @ good) / (weights @ of), [0.025, 0.975])
    assert (figure.low, figure.high) == pytest.approx((low, high), abs=0.0025)
    narrow = wilson(good.sum(), of.sum())
    assert figure.high - figure.low > 1.3 * (narrow[1] - narrow[0])


def test_when_all_is_right_a_person_counts_once() -> None:
    figure = linkage_quality.clustered([10.0] * 5, [10.0] * 5, "pairs")
    assert figure == Figure(1.0, *wilson(5, 5), n=50)


def test_no_links_at_all() -> None:
    quality = linkage_quality.measure({"a": "1", "b": "2"}, {"a": "x", "b": "x"})
    assert quality.precision == NotComputed(0, "no pairs linked")
    assert isinstance(quality.recall, Figure)
    assert quality.recall.value == 0.0


def test_records_without_truth_do_not_count() -> None:
    quality = linkage_quality.measure({"a": "1", "b": "1", "c": "1"}, {"a": "x", "b": "x", "z": "x"})
    assert isinstance(quality.precision, Figure)
    assert (quality.precision.value, quality.precision.n) == (1.0, 1)


KNOWN = [("k1", "school", "1"), ("k2", "school", "2"), ("k3", "police", "1")]


def _truth(tmp_path: Path, content: str | bytes) -> dict[str, str]:
    path = tmp_path / "truth.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return linkage_quality.read_truth(path, KNOWN)


def test_truth_is_read_by_source_and_identifier(tmp_path: Path) -> None:
    content = "\ufeffsource,source_person_id,true_person,note\nschool,1,T1,x\npolice,1,T1,x\nschool,9,T9,x\n"
    assert _truth(tmp_path, content) == {"k1": "T1", "k3": "T1"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("source,person,true_person\n", "truth.csv:1: the column source_person_id is missing"),
        ("", "truth.csv:1: the column source is missing"),
        (
            "source,source_person_id,true_person\nschool,1,T1\nschool,2,T2\nschool,1,Zaphodbeeble\n",
            "truth.csv:4: this record was given another true person above",
        ),
        (b"source,source_person_id,true_person\nschool,1,\xe9\n", "cannot be read as a UTF-8 CSV file"),
    ],
)
def test_a_wrong_file_is_refused_by_line_and_without_values(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(InputError) as refused:
        _truth(tmp_path, content)
    assert message in str(refused.value)
    assert "Zaphodbeeble" not in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        linkage_quality.read_truth(tmp_path / "none.csv", KNOWN)
