"""Who enters and who leaves a list, in people, and that no small number can be found out from what is shown."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hub.disclosing.disclosure import WITHHELD, SmallNumbers
from models.comparing.lists import BOTH, ENTERS, LEAVES, Changed, changed


@given(seed=st.integers(0, 10_000))
def test_people_are_counted_once_whatever_their_dates(seed: int) -> None:
    draw = np.random.default_rng(seed)
    people = np.unique(draw.integers(0, 30, 80), return_inverse=True)[1].astype(np.intp)
    first, second = (draw.choice(80, 15, replace=False) for _ in range(2))
    labels = draw.choice(["north", "south"], 80).astype(object)
    found = changed(first, second, people, {"district": labels})
    on_first, on_second = ({people[row] for row in rows} for rows in (first, second))
    everyone = set(people.tolist())
    kinds = [on_first & on_second, on_first - on_second, on_second - on_first, everyone - on_first - on_second]
    assert found.everyone == [len(one) for one in kinds]
    level_of = {person: labels[people.tolist().index(person)] for person in everyone}
    for (group, level), numbers in found.levels.items():
        assert group == "district"
        assert numbers == [sum(level_of[person] == level for person in one) for one in kinds]


def test_small_numbers_are_withheld_and_cannot_be_subtracted() -> None:
    """Three leave in the north: so many leave in all is known, so that another level is withheld with it."""
    levels = {
        ("district", "north"): [40, 3, 30, 400],
        ("district", "south"): [50, 25, 30, 400],
        ("district", "west"): [60, 35, 30, 400],
    }
    everyone = np.sum(list(levels.values()), axis=0).tolist()
    whole, shown = Changed(everyone, levels).told(SmallNumbers())
    assert shown["district", "north"][LEAVES] is WITHHELD
    hidden = [key for key, numbers in shown.items() if numbers[LEAVES] is WITHHELD]
    assert len(hidden) > 1 or whole[LEAVES] is WITHHELD
    for numbers in shown.values():
        assert not [one for one in numbers.values() if isinstance(one, int) and 0 < one < 10]


def test_large_numbers_are_all_shown() -> None:
    levels = {("sex", "F"): [40, 30, 20, 400], ("sex", "M"): [50, 25, 30, 400]}
    whole, shown = Changed([90, 55, 50, 800], levels).told(SmallNumbers())
    assert whole == {BOTH: 90, LEAVES: 55, ENTERS: 50}
    assert [[shown[key][kind] for kind in (LEAVES, ENTERS)] for key in levels] == [[30, 20], [25, 30]]
    assert all(BOTH not in numbers for numbers in shown.values()), (
        "else a second page about a model could be subtracted"
    )


def test_neither_is_told_where_one_is_small() -> None:
    """Who enters, less who leaves, follows from two other pages: one of the two alone would give the other away."""
    levels = {("district", name): [40, few, 30, 400] for name, few in (("a", 4), ("b", 25), ("c", 26), ("d", 27))}
    everyone = np.sum(list(levels.values()), axis=0).tolist()
    _, shown = Changed(everyone, levels).told(SmallNumbers())
    assert shown["district", "a"] == {LEAVES: WITHHELD, ENTERS: WITHHELD}
