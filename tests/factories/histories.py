"""Histories of generated people: small worlds full of edges, drawn by hypothesis, or thousands at once from a seed."""

import datetime
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import strategies as st
from numpy.typing import NDArray

from features.catalogue import Indicator, Over
from features.measures import DEFINITIONS, Reads
from hub import sql
from hub.tables import AREA_EVENT, EVENT, FAMILY, HOUSEHOLD, Table
from tests.factories.snapshots import arrow
from tests.factories.use_cases import indicator

AS_OF = datetime.date(2024, 2, 29)
DAY = datetime.timedelta(days=1)
SOURCES = ("police", "school", "health")
TYPES = ("incident", "move", "start", "stop")
_TABLES = {"event": EVENT, "household": HOUSEHOLD, "family": FAMILY, "area_event": AREA_EVENT}
LOOKED = pa.schema([("person_id", pa.string()), ("as_of_date", pa.date32())])


@dataclass(frozen=True, slots=True)
class Histories:
    """The tables of a snapshot that measures read, and who is looked at when; all in their order."""

    event: pa.Table
    household: pa.Table
    family: pa.Table
    area_event: pa.Table
    looked: pa.Table

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return a DuckDB that holds them under their names."""
        found = sql.connect()
        for name in (*_TABLES, "looked"):
            found.register("given", getattr(self, name))
            found.execute(f"CREATE TABLE {name} AS FROM given")
            found.unregister("given")
        return found


def of_rows(looked: list[tuple[str, datetime.date]], **rows: list[dict[str, Any]]) -> Histories:
    """Return histories from lists of rows; what a row leaves out has an ordinary value."""
    tables = {name: arrow(table, rows.get(name, [])) for name, table in _TABLES.items()}
    pairs = sorted(set(looked))
    return Histories(
        **tables,
        looked=pa.table([pa.array([pair[n] for pair in pairs], LOOKED.field(n).type) for n in (0, 1)], schema=LOOKED),
    )


def of_each_measure(prefix: str = "", *, over: Over, window_days: int | None, **said: Any) -> list[Indicator]:
    """Return an indicator of every measure that has a meaning with this window.

    Args:
        prefix: begins their names.
        over: whose events.
        window_days: length of the window; None leaves out the measures that need one.
        said: `sources`, `events`, `kinds`, `spells`, `recent_days`, where they are not the ordinary ones.
    """
    ordinary: dict[str, Any] = {
        "events": {"types": ["incident", "move"]},
        "kinds": {
            "victim": {"types": ["incident"], "roles": ["victim"]},
            "moved": {"types": ["move"]},
            "told": {"types": ["incident", "move"], "origins": ["reported"]},
        },
        "spells": {"starts": {"types": ["start"]}, "ends": {"types": ["stop"]}},
    } | said
    sources, recent = ordinary.get("sources", ["police", "school"]), ordinary.get("recent_days")
    found = []
    for measure, meant in DEFINITIONS.items():
        if (meant.needs_window and window_days is None) or (meant.needs_recent and recent is None):
            continue
        read = {} if meant.reads is Reads.NOTHING else {str(meant.reads): ordinary[str(meant.reads)]}
        read |= {"events": None} if "events" not in read else {}
        read |= {"recent_days": recent} if meant.needs_recent else {}
        found.append(
            indicator(
                f"{prefix}{measure}_{over}",
                measure=measure,
                over=over,
                sources=sources,
                window_days=window_days,
                **read,
            )
        )
    return found


VALUES = (None, 0.0, 0.1, 0.2, 0.3, -0.3, 7.25, 1e16, -1e16)
"""Among them some whose sum depends on the order in which they are added."""
_NAMES = st.sampled_from(["ada", "ben", "cleo", "dee"])


def _some(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


def _filters() -> st.SearchStrategy[dict[str, Any]]:
    """Draw an event filter: types, and each other column asked for or not."""
    return st.fixed_dictionaries(
        {
            "types": st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique=True),
            "roles": _some(None, None, ["victim"], ["victim", "suspect"]),
            "details": _some(None, None, ["a"], ["a", "b"]),
            "origins": _some(None, None, ["reported"]),
        }
    )


@st.composite
def asked(draw: st.DrawFn, over: Over) -> list[Indicator]:
    """Draw indicators of up to eight measures, in two windows and with two conditions."""
    found = []
    for number in range(2):
        window = draw(_some(None, 1, 2, 30, 366))
        recent = None if window in (None, 1) else draw(_some(*(days for days in (1, 7, 29) if days < window)))
        every = of_each_measure(
            f"m{number}_",
            over=over,
            window_days=window,
            recent_days=recent,
            sources=draw(_some(["police"], ["police", "school"], ["health", "school"])),
            events=draw(_filters()),
            kinds=draw(st.dictionaries(_some("one", "two", "three"), _filters(), min_size=1)),
            spells={
                "starts": {"types": ["start"]} | draw(_some({}, {"details": ["a"]})),
                "ends": {"types": draw(_some(["stop"], ["stop", "start"], ["move", "stop"]))},
            },
        )
        chosen = draw(st.sets(st.sampled_from([one.name for one in every]), min_size=1, max_size=4))
        found += [one for one in every if one.name in chosen]
    return found


DAYS = st.one_of(
    # The edges of the windows above, as seen from each date of looking, and the days beside them.
    st.sampled_from([edge + near for edge in (0, -1, -2, -7, -29, -30, -366) for near in (-1, 0, 1)]),
    st.integers(-500, 40),
    st.sampled_from([(datetime.date(year, 2, 29) - AS_OF).days for year in (1904, 2000, 2016, 2020)]),
).map(lambda days: AS_OF + days * DAY)
DATES = (AS_OF - 366 * DAY, AS_OF - 29 * DAY, AS_OF, AS_OF + DAY, AS_OF + 366 * DAY)


@st.composite
def _events(draw: st.DrawFn, number: int) -> list[dict[str, Any]]:
    """Draw one event as it was known: at once or late, for ever, withdrawn, or with another value some days later."""
    said = draw(
        st.fixed_dictionaries(
            {
                "person_id": _NAMES,
                "event_type": st.sampled_from(TYPES),
                "source": st.sampled_from(SOURCES),
                "occurred_on": DAYS,
                "role": _some(None, "victim", "suspect"),
                "detail": _some(None, "a", "b", "c"),
                "origin": _some(None, "reported", "agency"),
                "value": st.sampled_from(VALUES),
                "episode_id": _some(None, "x", "x", "y"),
            }
        )
    )
    said |= {"event_id": f"e{number:03}", "known_from": said["occurred_on"] + draw(_some(0, 0, 0, 1, 2, 30, 400)) * DAY}
    held = draw(_some(None, None, None, 0, 1, 29, 100))
    if held is None:
        return [said]
    said["known_to"] = said["known_from"] + held * DAY
    if not draw(st.booleans()):
        return [said]
    later = {"known_from": said["known_to"] + draw(_some(0, 1)) * DAY, "known_to": None}
    changed = {"value": draw(st.sampled_from(VALUES)), "detail": draw(_some(None, "a", "b"))}
    # Corrected, it has another pseudonym; seen again, the same.
    return [said, said | later | draw(_some({}, changed | {"event_id": f"e{number:03}_corrected"}))]


@st.composite
def _stay(draw: st.DrawFn, place: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Draw a time in a household or a family: with or without an end, the end known before, at once or late."""
    start = draw(DAYS)
    length, late, end_late = (
        draw(_some(None, 0, 1, 30, 366)),
        draw(_some(0, 0, 1, 60)),
        draw(_some(None, -30, 0, 1, 60)),
    )
    end = None if length is None else start + length * DAY
    return {
        "person_id": draw(_NAMES),
        place: draw(st.sampled_from(names)),
        "valid_from": start,
        "valid_to": end,
        "known_from": start + late * DAY,
        "end_known_from": None if end is None or end_late is None else end + end_late * DAY,
    }


@st.composite
def drawn_histories(draw: st.DrawFn) -> Histories:
    """Draw the histories of a few people, one of whom has none, looked at on some of five dates."""
    events = [row for number in range(draw(st.integers(0, 25))) for row in draw(_events(number))]
    stays = [
        stay | {"area_id": draw(_some(None, "A", "B"))}
        for stay in draw(st.lists(_stay("household_id", ("h1", "h2")), max_size=8))
    ]
    families = [
        stay | {"relation": draw(_some(None, "child", "child", "sibling", "parent"))}
        for stay in draw(st.lists(_stay("family_id", ("f1", "f2")), max_size=8))
    ]
    areas = [
        {
            "area_id": draw(_some("A", "B")),
            "event_type": draw(st.sampled_from(TYPES)),
            "source": draw(st.sampled_from(SOURCES)),
            "occurred_on": (day := draw(DAYS)),
            "known_from": day + draw(_some(0, 0, 1, 30)) * DAY,
            "value": draw(st.sampled_from(VALUES)),
            "detail": draw(_some(None, "a", "b")),
        }
        for _ in range(draw(st.integers(0, 6)))
    ]
    people = ["ada", "ben", "cleo", "dee", "nobody"]
    looked = [(one, day) for one in people for day in draw(st.sets(st.sampled_from(DATES), min_size=1, max_size=3))]
    return of_rows(looked, event=events, household=stays, family=families, area_event=areas)


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
        "value": pa.array(random.choice([0.1, 0.2, 1e16, -1e16], number), mask=random.random(number) < 0.3),
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
