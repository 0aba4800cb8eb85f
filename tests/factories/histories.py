"""Histories of a few people: drawn as rows by a test, or by hypothesis as small worlds full of edges."""

import datetime
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
from hypothesis import strategies as st

from features.declarations.catalogue import Indicator, Over
from features.declarations.measures import DEFINITIONS, Reads
from hub import sql
from hub.tables import AREA_EVENT, EVENT, FAMILY, HOUSEHOLD
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


def ago(days: int) -> datetime.date:
    """Return the day so many days before AS_OF."""
    return AS_OF - days * DAY


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
            "types": st.lists(st.sampled_from(TYPES), min_size=2, max_size=4, unique=True),
            "roles": _some(None, None, None, ["victim", "suspect"]),
            "details": _some(None, None, None, ["a", "b"]),
            "origins": _some(None, None, None, ["reported"]),
        }
    )


@st.composite
def asked(draw: st.DrawFn, over: Over) -> list[Indicator]:
    """Draw indicators of up to sixteen measures, in two windows and with two conditions."""
    found = []
    for number in range(2):
        window = draw(_some(None, 1, 2, 30, 366))
        recent = None if window in (None, 1) else draw(_some(*(days for days in (1, 7, 29) if days < window)))
        every = of_each_measure(
            f"m{number}_",
            over=over,
            window_days=window,
            recent_days=recent,
            sources=draw(_some(list(SOURCES), list(SOURCES), ["police", "school"])),
            events=draw(_filters()),
            kinds=draw(st.dictionaries(_some("one", "two", "three"), _filters(), min_size=1)),
            spells={
                "starts": {"types": ["start"]} | draw(_some({}, {"details": ["a"]})),
                "ends": {"types": draw(_some(["stop"], ["stop", "start"], ["move", "stop"]))},
            },
        )
        chosen = draw(st.sets(st.sampled_from([one.name for one in every]), min_size=4, max_size=8))
        found += [one for one in every if one.name in chosen]
    return found


DAYS = st.one_of(
    # The edges of the windows above, as seen from each date of looking, and the days beside them.
    st.sampled_from([edge + near for edge in (0, -1, -2, -7, -29, -30, -366) for near in (-1, 0, 1)]),
    st.integers(-500, 40),
    st.sampled_from([(datetime.date(year, 2, 29) - AS_OF).days for year in (1904, 2000, 2016, 2020)]),
).map(lambda days: AS_OF + days * DAY)
DATES = (AS_OF - 366 * DAY, AS_OF - 29 * DAY, AS_OF, AS_OF + DAY, AS_OF + 366 * DAY)


_LATE = st.one_of(_some(0, 0, 1, 30, 400), st.sampled_from(DATES))
"""How many days later something was known; or on which date of looking, where that is later."""


def _later(day: datetime.date, late: int | datetime.date) -> datetime.date:
    return day + late * DAY if isinstance(late, int) else max(day, late)


@st.composite
def _events(draw: st.DrawFn, number: int, types: tuple[str, ...]) -> list[dict[str, Any]]:
    """Draw one event as it was known: at once or late, for ever, withdrawn, or with another value some days later."""
    said = draw(
        st.fixed_dictionaries(
            {
                "person_id": _NAMES,
                "event_type": st.sampled_from(types),
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
    said |= {"event_id": f"e{number:03}", "known_from": _later(said["occurred_on"], draw(_LATE))}
    held = draw(st.none() | _LATE)
    if held is None:
        return [said]
    said["known_to"] = _later(said["known_from"], held)
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
def drawn_histories(draw: st.DrawFn, types: tuple[str, ...] = TYPES) -> Histories:
    """Draw the histories of a few people, one of whom has none, looked at on some of five dates."""
    events = [row for number in range(draw(_some(0, 10, 20, 30))) for row in draw(_events(number, types))]
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
            "known_from": _later(day, draw(_LATE)),
            "value": draw(st.sampled_from(VALUES)),
            "detail": draw(_some(None, "a", "b")),
        }
        for _ in range(draw(st.integers(0, 6)))
    ]
    people = ["ada", "ben", "cleo", "dee", "nobody"]
    looked = [(one, day) for one in people for day in draw(st.sets(st.sampled_from(DATES), min_size=1, max_size=3))]
    return of_rows(looked, event=events, household=stays, family=families, area_event=areas)
