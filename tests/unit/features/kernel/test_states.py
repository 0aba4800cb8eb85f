"""Every measure of a state with numbers worked out by hand: kernel and oracle must both give them."""

from typing import Any

from tests.factories.histories import AS_OF, DAY, ago
from tests.factories.streams import START, STOP, each, numbers, of_states, worked_out
from tests.factories.use_cases import indicator

SPELLS: list[tuple[list[tuple[str, int, str | None]], tuple[float | None, ...]]] = [
    # (type, days ago, episode); then in_state, days, longest and current in a window of 30 days.
    ([(START, 10, "x")], (1, 10, 10, 10)),
    ([(START, 20, "x"), (STOP, 5, "x")], (0, 15, 15, None)),
    ([(START, 20, "x"), (STOP, 1, "x")], (0, 19, 19, None)),
    ([(START, 1, "x")], (1, 1, 1, 1)),
    ([(START, 0, "x")], (0, 0, 0, None)),  # it begins on the date
    ([(START, 20, "x"), (STOP, 0, "x")], (1, 20, 20, 20)),  # it ends on the date
    ([(START, 20, "x"), (STOP, 20, "x")], (0, 0, 0, None)),  # on one day
    ([(START, 20, "x"), (STOP, 21, "x")], (1, 20, 20, 20)),  # an end before the start
    ([(START, 20, "x"), (STOP, 5, "y")], (1, 20, 20, 20)),  # another episode
    ([(START, 20, None), (STOP, 5, None)], (1, 20, 20, 20)),  # no episode never matches
    ([(STOP, 5, "x")], (0, 0, 0, None)),
    ([(START, 30, "x")], (1, 30, 30, 30)),
    ([(START, 31, "x")], (0, 30, 30, 30)),  # it began before the window
    ([(START, 400, "x"), (STOP, 20, "x")], (0, 10, 10, None)),
    ([(START, 400, "x"), (STOP, 30, "x")], (0, 0, 0, None)),
    ([(START, 400, "x"), (STOP, 29, "x")], (0, 1, 1, None)),
    # Of several ends the first counts.
    ([(START, 20, "x"), (STOP, 15, "x"), (STOP, 5, "x")], (0, 5, 5, None)),
    # An episode that begins again.
    ([(START, 20, "x"), (STOP, 15, "x"), (START, 10, "x")], (1, 15, 10, 10)),
    ([(START, 20, "x"), (START, 18, "x"), (STOP, 15, "x")], (0, 5, 5, None)),
    # Two that touch are one run; a day between them breaks it.
    ([(START, 20, "x"), (STOP, 10, "x"), (START, 10, "y"), (STOP, 5, "y")], (0, 15, 15, None)),
    ([(START, 20, "x"), (STOP, 11, "x"), (START, 10, "y"), (STOP, 5, "y")], (0, 14, 9, None)),
    # Two that overlap count once, also one within the other.
    ([(START, 25, "x"), (STOP, 15, "x"), (START, 20, "y")], (1, 25, 25, 25)),
    ([(START, 25, "x"), (STOP, 5, "x"), (START, 20, "y"), (STOP, 15, "y")], (0, 20, 20, None)),
    ([(START, 20, "x"), (STOP, 15, "x"), (START, 10, "y")], (1, 15, 10, 10)),
    ([(START, 28, "x"), (STOP, 15, "x"), (START, 10, "y")], (1, 23, 13, 10)),
    ([(START, 40, "x"), (START, 10, "y"), (STOP, 5, "y")], (0, 30, 30, 30)),
]


def test_each_measure_of_a_state_by_hand() -> None:
    cases = [
        [{"event_type": kind, "occurred_on": ago(days), "episode_id": episode} for kind, days, episode in told]
        for told, _ in SPELLS
    ]
    for (told, (in_state, days, longest, current)), found in zip(SPELLS, each(cases, *of_states(30)), strict=True):
        assert days is not None
        assert found == [in_state, days, days / 30, longest, current], told


def test_a_state_of_all_time_is_not_cut() -> None:
    event = [
        {"event_type": START, "occurred_on": ago(4000), "episode_id": "x"},
        {"event_type": STOP, "occurred_on": ago(3000), "episode_id": "x"},
        {"event_type": START, "occurred_on": ago(500), "episode_id": "y"},
    ]
    assert numbers(event, *of_states(None)) == [1, 1500, 1000, 500]


def test_an_end_counts_while_it_is_known() -> None:
    known = {
        (ago(5), None): False,
        (AS_OF, None): False,
        (AS_OF + DAY, None): True,
        (ago(5), AS_OF): True,
        (ago(5), AS_OF + DAY): False,
    }
    start: dict[str, Any] = {"event_type": START, "occurred_on": ago(20), "episode_id": "x"}
    stop = {"event_type": STOP, "occurred_on": ago(5), "episode_id": "x"}
    cases = [[start, stop | {"known_from": since, "known_to": until}] for since, until in known]
    expected = [[1, 20, 20 / 30, 20, 20] if is_open else [0, 15, 0.5, 15, None] for is_open in known.values()]
    assert each(cases, *of_states(30)) == expected


def test_a_start_counts_while_it_is_known() -> None:
    event = [{"event_type": START, "occurred_on": ago(20), "known_from": ago(10), "known_to": ago(3)}]
    looked = [("ada", ago(days)) for days in (11, 10, 4, 3, 0)]
    found = worked_out(of_states(30)[:1], looked, event=[one | {"person_id": "ada"} for one in event])
    assert list(found.values()) == [[0], [1], [1], [0], [0]]


def test_the_filters_of_a_spell_and_its_sources_hold_for_starts_and_ends() -> None:
    event = """
        source | event_type | detail | occurred_on | episode_id
        school | placement  | foster | 2024-02-01  | x
        school | move       | other  | 2024-02-10  | x
        police | move       | home   | 2024-02-12  | x
        school | move       | home   | 2024-02-20  | x
        school | placement  | other  | 2024-01-01  | y
    """
    spells = {
        "starts": {"types": ["placement"], "details": ["foster"]},
        "ends": {"types": ["move"], "details": ["home"]},
    }
    days = indicator("days", measure="days_in_state", events=None, spells=spells, sources=["school"])
    assert numbers(event, days) == [19]
