"""How often strangers agree, when many of the random pairs are not strangers."""

import datetime
import random

import pytest

from hub import sql
from hub.linking import records
from hub.weighing import chance, comparisons
from tests.factories.identity import identity_row, table

COLUMNS = ("given_name", "family_name", "date_of_birth")


def _shares(copies: int, people: int = 60) -> dict[str, dict[str, float]]:
    draw = random.Random(1)
    rows = []
    for person in range(people):
        name = "".join(draw.choice("abdefgiklmnoprstu") for _ in range(8))
        born = datetime.date(1960, 1, 1) + datetime.timedelta(days=draw.randrange(18_000))
        given = draw.choice(("Ella", "Jack", "Grace", "Noah"))
        for copy in range(copies):
            rows.append(identity_row("a", f"{person}-{copy}", given_name=given, family_name=name, date_of_birth=born))
    with sql.connect() as connection:
        connection.register("identity_row", table(rows))
        records.build(connection, ())
        sample = chance.PairSample(connection, COLUMNS)
        prior = people * copies * (copies - 1) / (people * copies * (people * copies - 1))
        start = comparisons.starting_values(COLUMNS, prior or 0.0001)
        return sample.shares(start, prior or 0.0001)


def test_the_levels_of_a_comparison_make_one() -> None:
    for levels in _shares(1).values():
        assert sum(levels.values()) == pytest.approx(1)
        assert all(0 < share < 1 for share in levels.values())


def test_records_of_one_person_do_not_count_as_chance() -> None:
    once, often = _shares(1, 360), _shares(6)
    # Six records a person: about one random pair in 72 is one person and shares name and birthday.
    assert often["date_of_birth"]["the same"] < 0.002
    assert often["family_name"]["the same"] < 0.008
    # What strangers do share is counted either way: one of four given names.
    assert once["given_name"]["the same"] == pytest.approx(often["given_name"]["the same"], abs=0.12)
    assert often["given_name"]["the same"] > 0.1


def test_a_part_of_the_pairs_stands_for_all_and_rare_values_are_counted_in_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw = random.Random(2)
    rows = [
        identity_row(
            "a",
            str(number),
            given_name=draw.choice(("Ella", "Jack", "Grace", "Noah", "Ibrahim", "Zofia")),
            family_name="".join(draw.choice("abdefgiklmnoprstu") for _ in range(5)),
            date_of_birth=datetime.date(2000, 1, 1) + datetime.timedelta(days=draw.randrange(2_500)),
        )
        for number in range(900)
    ]
    every = 900 * 899 / 2
    found = {}
    with sql.connect() as connection:
        connection.register("identity_row", table(rows))
        records.build(connection, ())
        for looked_at in (10_000, 1_000_000):
            monkeypatch.setattr(chance, "LOOKED_AT", (looked_at, looked_at))
            found[looked_at] = chance.PairSample(connection, COLUMNS).patterns
    part, whole = found[10_000], found[1_000_000]
    assert whole.pairs.sum() == every
    assert part.pairs.sum() == pytest.approx(every, rel=0.02)
    counts = {name: (part.at_levels(name, part.pairs), whole.at_levels(name, whole.pairs)) for name in COLUMNS}
    labels = [label for label, *_ in comparisons.COMPARISONS["date_of_birth"]]
    for label in ("the same", "day and month swapped", "two of day, month and year"):
        at = labels.index(label)
        assert counts["date_of_birth"][0][at] == counts["date_of_birth"][1][at] > 0
    for few, many in counts.values():
        frequent = many > every / 20
        assert few[frequent] == pytest.approx(many[frequent], rel=0.1)
