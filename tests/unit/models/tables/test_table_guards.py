"""A group is found under another name, whole or in part, with gaps and slips; what only goes with it is not."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hub.errors import InputError
from models.tables.table_guards import require_no_group_in, too_good
from tests.unit.models.fitting.test_baselines import matrix

WHERE = Path("train.csv")
CHANCE = np.random.default_rng(4)
SEX = CHANCE.choice(["f", "m"], 400)
TOWN = CHANCE.choice(["ash", "elm", "oak"], 400)
TITLE = np.where(SEX == "f", CHANCE.choice(["Ms", "Mrs"], 400), CHANCE.choice(["Mr", "Master"], 400))
SPECIAL = np.where(np.arange(400) < 12, "few", "many")


def with_gaps(values: Any) -> list[Any]:
    """Return values of which every ninth is missing."""
    return [None if at % 9 == 0 else one for at, one in enumerate(np.asarray(values).tolist())]


def with_slips(values: Any, other: Any) -> list[Any]:
    """Return values of which two are wrong."""
    return [other if at in {7, 250} else one for at, one in enumerate(np.asarray(values).tolist())]


@pytest.mark.parametrize(
    ("indicator", "group"),
    [
        ([{"f": 1, "m": 2}[one] for one in SEX], SEX.tolist()),
        (with_gaps([{"f": 1, "m": 2}[one] for one in SEX]), SEX.tolist()),
        ([{"f": 1, "m": 2}[one] for one in SEX], with_gaps(SEX)),
        (with_slips(SEX, "m"), SEX.tolist()),
        ((TOWN == "elm").astype(int).tolist(), TOWN.tolist()),
        ((TOWN != "elm").astype(float).tolist(), TOWN.tolist()),
        (with_gaps(TOWN == "oak"), TOWN.tolist()),
        ([{"ash": 10, "elm": 20, "oak": 30}[one] for one in TOWN], TOWN.tolist()),
        ((SPECIAL == "few").tolist(), SPECIAL.tolist()),
        ([True if one == "f" else None for one in SEX], SEX.tolist()),
        (
            np.where(SEX == "f", CHANCE.choice(["Ms", "Mrs"], 400), CHANCE.choice(["Mr", "Master"], 400)).tolist(),
            SEX.tolist(),
        ),
        (((SEX == "f") + CHANCE.normal(0, 1e-9, 400)).tolist(), SEX.tolist()),
    ],
)
def test_a_group_under_another_name_is_refused(indicator: list[Any], group: list[Any]) -> None:
    table = pa.table({"x": CHANCE.integers(0, 3, 400), "code": indicator, "group": group})
    with pytest.raises(InputError, match="the indicator code is the group group under another name"):
        require_no_group_in(WHERE, table, ["x", "code"], ["group"])


@pytest.mark.parametrize(
    ("indicator", "group"),
    [
        (np.where(CHANCE.random(400) < 0.9, SEX == "f", SEX == "m").tolist(), SEX.tolist()),
        ([0] * 400, SEX.tolist()),
        ([None] * 400, SEX.tolist()),
        (CHANCE.normal(size=400).tolist(), SEX.tolist()),
        (list(range(400)), TOWN.tolist()),
        (SEX.tolist(), ["a"] * 400),
        (SEX.tolist(), [None] * 400),
        ((np.arange(400) < 9).tolist(), np.where(np.arange(400) < 9, "few", "many").tolist()),
        ([None if CHANCE.random() < 0.3 else 1 for _ in SEX], SEX.tolist()),
        (CHANCE.permutation(400).tolist(), SEX.tolist()),
    ],
)
def test_what_only_goes_with_a_group_is_learned_from(indicator: list[Any], group: list[Any]) -> None:
    table = pa.table({"code": pa.array(indicator), "group": pa.array(group, pa.string())})
    require_no_group_in(WHERE, table, ["code"], ["group"])


def test_an_indicator_that_is_the_outcome_is_named() -> None:
    outcomes = (CHANCE.random(500) < 0.2).astype(float)
    after = np.where(CHANCE.random(500) < 0.001, 1 - outcomes, outcomes)
    missing = np.where(outcomes > 0, 1.0, np.nan)
    values = np.column_stack([CHANCE.normal(size=500), after, -outcomes, missing, outcomes + CHANCE.normal(size=500)])
    assert set(too_good(matrix(values, outcomes))) == {"i1", "i2", "i3"}
    assert too_good(matrix(values[:9], np.r_[np.ones(4), np.zeros(5)])) == {}
