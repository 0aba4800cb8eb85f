"""Histories of thousands of people, made column by column from a seed."""

import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hub.tables import AREA_EVENT, EVENT, FAMILY, HOUSEHOLD, Table
from tests.factories.histories import AS_OF, LOOKED, SOURCES, TYPES, Histories


def many_histories(people: int, *, seed: int) -> Histories:
    """Return the histories of many people, with every oddity of `drawn_histories`, made column by column.

    Args:
        people: how many; one in eight has no event of their own.
        seed: of all that is drawn.
    """
    random = np.random.default_rng(seed)
    ids = pa.array([f"p{number:06}" for number in range(people)])
    whose = np.sort(random.choice(people, people * 8)) if people else np.empty(0, dtype=np.int64)
    whose = whose[whose % 8 != 7]
    return Histories(
        _many_events(random, ids.take(pa.array(whose)), whose),
        _many_stays(random, ids, HOUSEHOLD, "household_id", people // 3 + 1),
        _many_stays(random, ids, FAMILY, "family_id", people // 3 + 1),
        _many_figures(random),
        _many_looked(random, ids),
    )


def _days(random: np.random.Generator, number: int) -> NDArray[np.int64]:
    """Return days around AS_OF, half of them on an edge of a window of 30 or 90 days, 7 days, or a day of looking."""
    edges = np.array([0, 1, -1, -6, -7, -8, -29, -30, -31, -89, -90, -91, -119, -120, -121])
    near = random.choice(edges, number)
    return _epoch(AS_OF) + np.where(random.random(number) < 0.5, near, random.integers(-150, 10, number))


def _epoch(day: datetime.date) -> int:
    return (day - datetime.date(1970, 1, 1)).days


def _words(random: np.random.Generator, number: int, *words: str | None) -> pa.Array:
    places = random.integers(0, len(words), number)
    return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), pa.array(words, pa.string())).cast(pa.string())


def _dates(days: NDArray[np.int64], empty: NDArray[np.bool_] | None = None) -> pa.Array:
    return pa.array(days.astype(np.int32), pa.int32(), mask=empty).cast(pa.date32())


def _whole(table: Table, number: int, columns: dict[str, pa.Array]) -> pa.Table:
    nulls = {field.name: pa.nulls(number, field.type) for field in table.fields if field.name not in columns}
    return table.conform(pa.table(columns | nulls))


def _many_events(random: np.random.Generator, person_id: pa.Array, whose: NDArray[np.int64]) -> pa.Table:
    number = len(whose)
    occurred = _days(random, number)
    known = occurred + random.choice([0, 0, 0, 1, 2, 30], number)
    held = random.choice([-1, -1, -1, 0, 1, 30], number)
    value = random.choice([0.1, 0.2, 0.3, -0.3, 7.25, 1e16, -1e16], number, p=[0.2, 0.2, 0.2, 0.2, 0.16, 0.02, 0.02])
    # Families share episodes; the ids come in no order.
    episode = pa.array([f"f{one}" for one in (whose // 4 * 3 + random.integers(0, 3, number)).tolist()])
    given = {
        "person_id": person_id,
        "event_id": pa.array([f"{one:08}" for one in random.permutation(number).tolist()]),
        "event_type": _words(random, number, *TYPES),
        "role": _words(random, number, None, "victim", "suspect"),
        "occurred_on": _dates(occurred),
        "known_from": _dates(known),
        "known_to": _dates(known + held, held < 0),
        "source": _words(random, number, *SOURCES),
        "value": pa.array(value, mask=random.random(number) < 0.3),
        "detail": _words(random, number, None, "a", "b", "c", "d"),
        "origin": _words(random, number, None, "reported", "agency"),
        "episode_id": pa.array(np.where(random.random(number) < 0.2, None, episode.to_numpy(False)), pa.string()),
    }
    events = _whole(EVENT, number, given)
    # A tenth is seen again, under the same pseudonym, from the day on which it was withdrawn.
    again = events.filter(pa.array(random.random(number) < 0.1)).filter(pc.is_valid(pc.field("known_to")))
    again = again.set_column(
        again.column_names.index("known_from"), EVENT.schema.field("known_from"), again["known_to"]
    )
    again = again.set_column(
        again.column_names.index("known_to"), EVENT.schema.field("known_to"), pa.nulls(len(again), pa.date32())
    )
    return EVENT.conform(pa.concat_tables([events, again]))


def _many_stays(random: np.random.Generator, ids: pa.Array, table: Table, place: str, places: int) -> pa.Table:
    """Return one to three times a person in a household or family; ends are known at once, late or ahead."""
    whose = np.repeat(np.arange(len(ids)), random.integers(0, 4, len(ids)))
    number = len(whose)
    start = _days(random, number) - random.choice([0, 0, 100, 1000], number)
    length = random.choice([-1, 0, 1, 30, 100, 1000], number)
    where = np.clip(whose // 3 + random.choice([0, 0, 0, 1], number), 0, places - 1)
    given = {
        "person_id": ids.take(pa.array(whose)),
        place: pa.array([f"{place[0]}{one:06}" for one in where.tolist()]),
        "valid_from": _dates(start),
        "valid_to": _dates(start + length, length < 0),
        "known_from": _dates(start + random.choice([0, 0, 1, 60], number)),
        "end_known_from": _dates(
            start + length + random.choice([-10, 0, 1, 60], number), (length < 0) | (whose % 5 == 0)
        ),
        "source": _words(random, number, "school"),
    }
    if table is HOUSEHOLD:
        given["area_id"] = _words(random, number, None, *(f"A{one:02}" for one in range(50)))
    else:
        given["relation"] = _words(random, number, None, "child", "child", "sibling", "parent")
    return _whole(table, number, given)


def _many_figures(random: np.random.Generator) -> pa.Table:
    number = 400
    occurred = _days(random, number)
    given = {
        "area_id": _words(random, number, *(f"A{one:02}" for one in range(50))),
        "event_type": _words(random, number, *TYPES),
        "occurred_on": _dates(occurred),
        "known_from": _dates(occurred + random.choice([0, 1, 30], number)),
        "source": _words(random, number, *SOURCES),
        "value": pa.array(
            random.choice([0.1, 0.2, 1.7, 1e16, -1e16], number, p=[0.3, 0.3, 0.3, 0.05, 0.05]),
            mask=random.random(number) < 0.3,
        ),
        "detail": _words(random, number, None, "a", "b"),
    }
    return _whole(AREA_EVENT, number, given)


def _many_looked(random: np.random.Generator, ids: pa.Array) -> pa.Table:
    """Return each person on one to three of three dates."""
    days = _epoch(AS_OF) + np.array([-30, 0, 1])
    there = random.random((len(ids), 3)) < 0.6
    there[np.arange(len(ids)), random.integers(0, 3, len(ids))] = True
    person, place = np.nonzero(there)
    return pa.table([ids.take(pa.array(person)), _dates(days[place])], schema=LOOKED)
