"""The fast counts give Fairlearn's figures, and a resample gives those of the resampled people's rows."""

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame, false_negative_rate, false_positive_rate, selection_rate
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_score

from audits.fairness import rates
from audits.fairness.rates import FOUND, MISSED, NEITHER, RATES, WRONGLY_SUGGESTED, Tally, tally
from tests.examples import examples

_METRICS = {
    "selection_rate": selection_rate,
    "false_negative_rate": false_negative_rate,
    "false_positive_rate": false_positive_rate,
    "precision": lambda y_true, y_pred: precision_score(y_true, y_pred, zero_division=0.0),
}
_ROWS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2), st.booleans(), st.booleans()), min_size=2, max_size=60)


def _columns(rows: list[tuple[int, int, bool, bool]]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    person, level, outcome, suggested = (np.array(column) for column in zip(*rows, strict=True))
    return person, level, outcome, suggested


def _tally(rows: list[tuple[int, int, bool, bool]]) -> Tally:
    person, level, outcome, suggested = _columns(rows)
    return tally(person, level, 3, outcome, suggested)


@settings(max_examples=examples(30), deadline=None)
@given(_ROWS)
def test_rates_are_exactly_fairlearns(rows: list[tuple[int, int, bool, bool]]) -> None:
    _, level, outcome, suggested = _columns(rows)
    ours = _tally(rows).rates()
    frame = MetricFrame(
        metrics=_METRICS, y_true=outcome.astype(int), y_pred=suggested.astype(int), sensitive_features=level
    )
    for one, theirs in frame.by_group.iterrows():
        for column, rate in enumerate(RATES):
            found = ours[one, column]
            # Fairlearn says 0 where nobody can be counted: exactly the answer that must never be given.
            assert found == theirs[rate] or (np.isnan(found) and theirs[rate] == 0.0)
    absent = sorted(set(range(3)) - set(level.tolist()))
    assert np.isnan(ours[absent]).all()


@settings(max_examples=examples(60), deadline=None)
@given(_ROWS, st.integers(0, 2**32 - 1))
def test_a_resample_is_its_peoples_rows_repeated(rows: list[tuple[int, int, bool, bool]], seed: int) -> None:
    made = _tally(rows)
    drawn = rates.draws(made, 5, np.random.default_rng(seed))
    people = {person: [row for row in rows if row[0] == person] for person, *_ in rows}
    by_kind = [[one for one in people.values() if np.array_equal(_kind(one), kind)] for kind in made.kinds]
    found = rates.resampled(made, drawn)
    for number, weights in enumerate(drawn):
        assert weights.sum() == len(people)
        # Anybody of a kind stands for the kind; each is a new person in the resample.
        repeated = [row for one, times in zip(by_kind, weights, strict=True) for row in one[0] * times]
        np.testing.assert_array_equal(found[number], _tally(repeated).rates())


def _kind(rows: list[tuple[int, int, bool, bool]]) -> np.ndarray:
    counts = np.zeros((3, 4), dtype=int)
    for _, level, outcome, suggested in rows:
        counts[level, 2 * outcome + suggested] += 1
    return counts


@given(_ROWS)
def test_people_are_counted_once(rows: list[tuple[int, int, bool, bool]]) -> None:
    made = _tally(rows)
    inside, fewest = made.units_with()
    sets = {
        "selection_rate": ({WRONGLY_SUGGESTED, FOUND}, {NEITHER, MISSED}),
        "false_negative_rate": ({MISSED}, {FOUND}),
        "false_positive_rate": ({WRONGLY_SUGGESTED}, {NEITHER}),
        "precision": ({FOUND}, {WRONGLY_SUGGESTED}),
    }
    for level in range(3):
        assert made.units_in_levels()[level] == len({person for person, one, *_ in rows if one == level})
        for column, rate in enumerate(RATES):
            with_it, without_it = (
                {p for p, one, outcome, suggested in rows if one == level and 2 * outcome + suggested in cells}
                for cells in sets[rate]
            )
            assert inside[level, column] == len(with_it | without_it)
            assert fewest[level, column] == min(len(with_it), len(without_it))
    rest = [(p, 0, y, s) for p, level, y, s in rows if level != 0]
    if rest:
        assert np.array_equal(made.of_the_rest().cells()[0], _tally(rest).cells()[0])


def test_intervals_from_kinds_agree_with_a_plain_bootstrap_of_people() -> None:
    rng = np.random.default_rng(3)
    person = rng.integers(0, 150, 400)
    outcome, suggested = rng.random(400) < 0.3, rng.random(400) < 0.4
    made = tally(person, np.zeros(400, dtype=int), 1, outcome, suggested)
    fast = rates.resampled(made, rates.draws(made, 4000, rng))[:, 0]
    names = np.unique(person)
    slow = []
    for _ in range(1200):
        rows = np.concatenate([np.flatnonzero(person == one) for one in rng.choice(names, len(names))])
        cells = np.bincount(2 * outcome[rows].astype(int) + suggested[rows], minlength=4)
        slow.append(rates.rates_of(cells))
    for quantile in (0.025, 0.5, 0.975):
        assert np.quantile(fast, quantile, axis=0) == pytest.approx(np.quantile(slow, quantile, axis=0), abs=0.012)
