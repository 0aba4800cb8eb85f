"""EM on patterns: against a slow oracle that goes from pair to pair, and on records whose errors are known."""

import datetime
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import sql
from hub.linking import records
from hub.weighing import blocks, comparisons, expectation, patterns
from hub.weighing.comparisons import COMPARISONS
from hub.weighing.patterns import Patterns
from tests.examples import examples
from tests.factories.identity import identity_row, table

COLUMNS = ("given_name", "sex")
PRIOR = 0.2


def _pattern() -> st.SearchStrategy[tuple[int, int, int, float | None]]:
    levels = [st.integers(0, len(COMPARISONS[name]) - 1) for name in COLUMNS]
    frequent = st.none() | st.floats(-16, -1)
    return st.tuples(*levels, st.integers(1, 40), frequent)


def _slowly(rows: list[tuple[int, int, int, float | None]]) -> dict[str, list[float]]:
    start = comparisons.starting_values(COLUMNS, PRIOR)
    labels = {name: [label for label, *_ in COMPARISONS[name]] for name in COLUMNS}
    m = {name: dict(start.m[name]) for name in COLUMNS}
    prior = PRIOR
    for _ in range(50):
        chances = []
        for given_name, sex, _, bits in rows:
            odds = prior / (1 - prior)
            for name, level in (("given_name", given_name), ("sex", sex)):
                label = labels[name][level]
                if label == "null":
                    continue
                rare = name == "given_name" and label == "the same" and bits is not None
                odds *= m[name][label] / (2**bits if rare and bits is not None else start.u[name][label])
            chances.append(odds / (1 + odds))
        before, was = {name: dict(m[name]) for name in m}, prior
        for at, name in enumerate(COLUMNS):
            weights = dict.fromkeys(labels[name][1:], 0.0)
            for row, chance in zip(rows, chances, strict=True):
                if row[at]:
                    weights[labels[name][int(row[at] or 0)]] += row[2] * chance
            total = sum(weights.values())
            for label, weight in weights.items():
                if total > 0 and (name, label) not in comparisons.M_NOT_LEARNT:
                    m[name][label] = weight / total
        prior = sum(row[2] * chance for row, chance in zip(rows, chances, strict=True)) / sum(row[2] for row in rows)
        prior = min(max(prior, 1e-12), 1 - 1e-12)
        if max(abs(prior - was), *(abs(m[name][k] - before[name][k]) for name in m for k in m[name])) < 0.0001:
            break
    return {
        name: [
            m[name][label] if any(row[at] == level for row in rows) else np.nan
            for level, label in enumerate(of)
            if level
        ]
        for at, (name, of) in enumerate(labels.items())
    }


@settings(max_examples=examples(40))
@given(st.lists(_pattern(), min_size=1, max_size=12))
def test_em_is_that_of_the_slow_oracle(rows: list[tuple[int, int, int, float | None]]) -> None:
    start = comparisons.starting_values(COLUMNS, PRIOR)
    bits = [np.nan if row[3] is None or row[0] != 1 else row[3] for row in rows]
    found = Patterns(
        {name: np.array([row[at] for row in rows]) for at, name in enumerate(COLUMNS)},
        np.array([float(row[2]) for row in rows]),
        {"given_name": np.array(bits)},
    )
    m, u = patterns.arrays(start.m, COLUMNS), patterns.arrays(start.u, COLUMNS)
    fast, _ = expectation.settled(found, m, u, PRIOR)
    for name, slow in _slowly(rows).items():
        np.testing.assert_allclose(fast[name][1:], slow, rtol=1e-6, atol=1e-9)


def _town(people: int) -> list[dict[str, Any]]:
    draw, rows = random.Random(3), []
    for person in range(people):
        given_name, family = ("".join(draw.choice("abdefgiklmnoprstu") for _ in range(8)) for _ in range(2))
        born = datetime.date(draw.randrange(1990, 2012), draw.randrange(1, 13), draw.randrange(1, 29))
        for source in ("a", "b"):
            sex = "M" if source == "a" or person % 10 else "F"
            spelt = given_name if source == "a" or person % 5 else f"{given_name[:-1]}z"
            rows.append(
                identity_row(source, str(person), given_name=spelt, family_name=family, date_of_birth=born, sex=sex)
            )
    return rows


def test_known_errors_are_learnt_and_a_bounded_sample_teaches_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = ("given_name", "family_name", "date_of_birth", "sex")
    with sql.connect() as connection:
        connection.register("identity_row", table(_town(1_500)))
        records.build(connection, ("a", "b"))
        start = comparisons.starting_values(columns, 0.0005)
        taught = expectation.learn(connection, start, 0.0005)
        m = taught.m
        # Each of 1,500 people is a pair; four of five have the same names, and nobody another birthday.
        assert taught.inside["date_of_birth",] == pytest.approx(1_500, rel=0.02)
        assert taught.inside["given_name", "family_name"] == pytest.approx(1_200, rel=0.02)
        # One of five given names has another last letter, one of ten sexes differs; birthdays are never wrong.
        assert m["given_name"]["the same"] == pytest.approx(0.8, abs=0.03)
        assert m["given_name"]["a letter differs"] == pytest.approx(0.2, abs=0.03)
        assert m["sex"]["different"] == pytest.approx(0.1, abs=0.02)
        assert m["date_of_birth"]["the same"] == pytest.approx(1, abs=0.01)
        # Nobody has another family name: the level was not seen, and is rare.
        assert m["family_name"]["a letter differs"] < 0.06
        rule = comparisons.LEARNT_FROM["date_of_birth",]
        [(every,)] = connection.execute(f"SELECT sum(pairs) FROM ({blocks.groups(rule)})").fetchall()
        monkeypatch.setattr(expectation, "PAIRS", 700)
        taken = patterns.count(connection, columns, expectation._pairs(connection, rule)[0]).pairs.sum()
        assert 600 < taken <= 700 < every
        few = expectation.learn(connection, start, 0.0005).m
        assert few["given_name"]["the same"] == pytest.approx(0.8, abs=0.06)
