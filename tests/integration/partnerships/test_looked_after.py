"""Returns of children looked after: every child's indicators, worked out again from the files with sets of days."""

import csv
import datetime
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from ethics.rules import canvas
from features.batch import matrix
from features.declarations import catalogue, outcomes, use_cases
from features.declarations.catalogue import Over
from features.kernel.vectors import EVENT_COLUMNS, Looked, Vectors
from hub.declarations import partnership as partnerships
from hub.identity import persons
from hub.identity import store as identity_store
from hub.intake import ingest
from hub.linking import linkage
from hub.publishing import publish
from hub.publishing.snapshots import Snapshot
from hub.workspace import Workspace
from tests.shared_data import FOLDER, needs

DATA = FOLDER / "ssda903"
HERE = Path(__file__).parents[3] / "partnerships" / "looked_after"
DELIVERED = datetime.date(2022, 7, 1)
YEARS = range(2017, 2022)
AS_OF = datetime.date(2020, 7, 1)
"""1,186 days before it lies 3 April 2017."""
KNOWN = range(2017, 2020)
"""The returns that were due by then. A return is named by the year in which it begins, and due on 30 June after it."""
GROUPS = {
    "K2": "children's home",
    "R1": "residential",
    "S1": "residential",
    "K1": "secure",
    "R5": "custody",
    "R2": "health",
}
FAMILY = ("U", "P1", "A")


@dataclass
class Child:
    """What is known of a child on the date, straight from the files."""

    episodes: dict[datetime.date, tuple[str, str]] = field(default_factory=dict)
    ends: dict[datetime.date, datetime.date] = field(default_factory=dict)
    moves: list[tuple[datetime.date, str]] = field(default_factory=list)
    came: list[datetime.date] = field(default_factory=list)
    left_for_home: bool = False
    missing: dict[datetime.date, datetime.date | None] = field(default_factory=dict)
    reviews: dict[datetime.date, str] = field(default_factory=dict)
    scores: dict[datetime.date, float] = field(default_factory=dict)
    checks: Counter[str] = field(default_factory=Counter)
    born: datetime.date | None = None
    died: list[datetime.date] = field(default_factory=list)
    moves_ahead: list[datetime.date] = field(default_factory=list)


def _day(text: str) -> datetime.date | None:
    return datetime.datetime.strptime(text, "%d/%m/%Y").date() if text else None


def _rows(kind: str, years: Iterable[int] = KNOWN) -> Iterator[tuple[int, dict[str, str]]]:
    """Give the rows of the returns of some years; else of those that were due by the date of looking."""
    for year in years:
        with (DATA / f"{year}-{kind}.csv").open(newline="", encoding="utf-8") as stream:
            yield from ((year, row) for row in csv.DictReader(stream))


def _children() -> dict[str, Child]:
    found: dict[str, Child] = defaultdict(Child)
    for kind in ("header", "oc3"):
        for year, row in _rows(kind, YEARS):
            found[row["CHILD"]].born = _day(row["DOB"])
            if row.get("IN_TOUCH") == "DIED" and year in KNOWN:
                found[row["CHILD"]].died.append(datetime.date(year + 1, 3, 31))
    for _, row in _rows("episodes"):
        child, start, end = found[row["CHILD"]], _day(row["DECOM"]), _day(row["DEC"])
        assert start is not None
        if start not in child.episodes:
            child.episodes[start] = row["RNE"], row["PLACE"]
            child.came += [start] if row["RNE"] == "S" else []
            child.moves += [(start, row["PLACE"])] if row["RNE"] in "PTBU" else []
        if end is not None:
            child.ends[start] = end
            child.left_for_home |= row["REC"] in ("E4A", "E4B", "E13")
            child.died += [end] if row["REC"] == "E2" else []
    for _, row in _rows("episodes", YEARS):
        start = _day(row["DECOM"])
        assert start is not None
        if row["RNE"] in "PTBU" and row["PLACE"][0] not in "AP" and 0 <= (start - AS_OF).days < 180:
            found[row["CHILD"]].moves_ahead.append(start)
    for _, row in _rows("missing"):
        start = _day(row["MIS_START"])
        assert start is not None
        found[row["CHILD"]].missing[start] = _day(row["MIS_END"])
    for year, row in _rows("reviews"):
        day = _day(row["REVIEW"])
        # A review that is entered for a day after the return's year was not held. Of two of one day the first stays.
        if day is not None and day <= datetime.date(year + 1, 3, 31):
            found[row["CHILD"]].reviews.setdefault(day, row["REVIEW_CODE"])
    for year, row in _rows("oc2"):
        child, day = found[row["CHILD"]], datetime.date(year + 1, 3, 31)
        if row["SDQ_SCORE"]:
            child.scores[day] = float(row["SDQ_SCORE"])
        for name in ("HEALTH_ASSESSMENT", "TEETH_CHECK", "IMMUNISATIONS"):
            child.checks[f"{name} {year}"] += row[name] in ("1", "1.0")
    return found


def _days(spans: Iterable[tuple[datetime.date, datetime.date | None]], window: int | None = None) -> set[int]:
    """Return the number of every day of the spans before the date, one by one; one without an end lasts to the date."""
    today, found = AS_OF.toordinal(), set[int]()
    for start, end in spans:
        found.update(range(start.toordinal(), today if end is None or end < start else end.toordinal()))
    return {day for day in found if day < today and (window is None or day >= today - window)}


def _runs(days: set[int]) -> list[tuple[int, int]]:
    """Return the runs of days without a gap: the first day, and how many there are."""
    starts = sorted(day for day in days if day - 1 not in days)
    lasts = sorted(day for day in days if day + 1 not in days)
    return [(first, last - first + 1) for first, last in zip(starts, lasts, strict=True)]


def _kind(place: str) -> str:
    return (
        "foster" if place[0] == "U" else "adoption" if place[0] == "A" else _OTHER.get(place, GROUPS.get(place, place))
    )


_OTHER = {"P3": "P2"}


def _trend(days: list[datetime.date]) -> float:
    ages = [(AS_OF - day).days for day in days]
    return 30.4375 * (sum(age <= 456 for age in ages) / 456 - sum(456 < age <= 821 for age in ages) / (821 - 456))


def _expected(child: Child) -> dict[str, float | None]:
    """Return the numbers of one child, with nothing of the product."""

    def within(days: Iterable[datetime.date], window: int) -> list[datetime.date]:
        return [day for day in days if (AS_OF - day).days <= window]

    homes = [(start, child.ends.get(start)) for start in child.episodes]
    in_care = _days(homes)
    runs = _runs(in_care)
    is_open = any(end is None or end < start for start, end in homes)
    moves = [day for day, _ in child.moves]
    arrivals = [*moves, *child.came]
    kinds = [_kind(child.episodes[day][1]) for day in sorted(within(child.episodes, 1186))]
    latest = [_kind(child.episodes[day][1]) for day in sorted(within(child.episodes, 821))]
    shares = [count / len(kinds) for count in Counter(kinds).values()]
    voices = [day for day, code in child.reviews.items() if code in ("PN1", "PN2", "PN3", "PN5", "PN6")]
    recent = [score for day, score in child.scores.items() if (AS_OF - day).days <= 456]
    before = [score for day, score in child.scores.items() if 456 < (AS_OF - day).days <= 1186]
    family = [one for one in homes if child.episodes[one[0]][1].startswith(FAMILY)]
    group = [one for one in homes if child.episodes[one[0]][1] in GROUPS]
    return {
        "moves_last_year": len(within(moves, 456)),
        "moves_two_years": len(within(moves, 821)),
        "moves_ever": len(moves),
        "moves_trend": _trend(moves),
        "moves_a_month": len(within(moves, 1186)) * 30.4375 / 1186,
        "moves_into_group_homes": len(within((day for day, place in child.moves if place in GROUPS), 821)),
        "days_since_move": (AS_OF - max(moves)).days if moves else None,
        "days_in_present_home": (AS_OF - max(arrivals)).days if arrivals else None,
        "home_kind_changes": sum(one != other for one, other in pairwise(latest)),
        "home_kinds": len(set(kinds)),
        "home_kinds_mix": -sum(share * math.log2(share) for share in shares) if shares else None,
        "ways_of_living": sum(
            any(place.startswith(way) for _, place in child.episodes.values())
            for way in (("U", "A", "P1", "R3"), tuple(GROUPS), ("H5", "P2", "P3"))
        ),
        "share_in_families": len(_days(family, 821)) / 821,
        "days_in_group_homes": len(_days(group, 821)),
        "days_in_care_ever": len(in_care),
        "days_in_care_two_years": len(_days(homes, 821)),
        "share_in_care_three_years": len(_days(homes, 1186)) / 1186,
        "days_in_care_now": AS_OF.toordinal() - runs[-1][0] if is_open else None,
        "longest_time_in_care": max((length for _, length in runs), default=0),
        "times_came_into_care": len(child.came),
        "came_into_care_last_year": len(within(child.came, 456)) > 0,
        "went_home_before": child.left_for_home,
        "missing_episodes_last_year": len(within(child.missing, 456)),
        "missing_ever": len(child.missing) > 0,
        "days_missing_two_years": len(_days(child.missing.items(), 821)),
        "reviews_last_year": len(within(child.reviews, 456)),
        "reviews_without_own_voice": len(
            within((d for d, code in child.reviews.items() if code in ("PN4", "PN7")), 456)
        ),
        "own_voice_trend": _trend(voices),
        "reviews_with_own_voice": len(within(voices, 456)),
        "days_since_own_voice": (AS_OF - max(voices)).days if voices else None,
        "difficulties_latest": child.scores[max(child.scores)] if child.scores else None,
        "difficulties_highest": max(child.scores.values(), default=None),
        "difficulties_change": sum(recent) / len(recent) - sum(before) / len(before) if recent and before else None,
        "health_assessed_last_year": child.checks["HEALTH_ASSESSMENT 2019"] > 0,
        "dentist_last_year": child.checks["TEETH_CHECK 2019"] > 0,
        "immunised_last_year": child.checks["IMMUNISATIONS 2019"] > 0,
        "health_assessments_three_years": sum(child.checks[f"HEALTH_ASSESSMENT {year}"] for year in YEARS),
    }


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Snapshot]:
    """Ingest the five returns, link and publish them once."""
    there = partnerships.read(HERE)
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    ingest.ingest(workspace, there, DATA, DELIVERED)
    linkage.link(workspace, there)
    return workspace, publish.publish(workspace, there, purpose="placement_support")


def _names(workspace: Workspace) -> dict[str, str]:
    """Return the authority's own identifier of each person_id."""
    known = persons.open_map(workspace).known()
    files = identity_store.records(workspace, "returns", "any").parent.glob("*.parquet")
    columns = [pq.read_table(file, columns=["record_key", "source_person_id"]) for file in files]
    return {
        known[row["record_key"]].person_id: row["source_person_id"] for row in pa.concat_tables(columns).to_pylist()
    }


@needs("ssda903")
def test_every_number_of_every_child_is_what_sets_of_days_give(published: tuple[Workspace, Snapshot]) -> None:
    workspace, snapshot = published
    expected = {name: _expected(child) for name, child in _children().items()}
    names = [*next(iter(expected.values()))]
    indicators = catalogue.read(HERE).select(tuple(names))
    events = pq.read_table(snapshot.path("event"), columns=list(EVENT_COLUMNS))
    people = pc.unique(pq.read_table(snapshot.path("person"))["person_id"]).sort()
    looked = Looked.everyone(people, np.array([(AS_OF - datetime.date(1970, 1, 1)).days], dtype=np.int32))
    vectors = Vectors(indicators)
    out = vectors.blank(len(people))
    vectors.fill(Over.SELF, events, looked, out)
    called = _names(workspace)
    found = {
        called[person]: {name: None if math.isnan(one) else one for name, one in zip(names, numbers, strict=True)}
        for person, numbers in zip(people.to_pylist(), out.T.tolist(), strict=True)
    }
    assert len(found) == 820
    assert found.keys() == expected.keys()
    for name in names:
        column = pa.array([found[child][name] for child in sorted(found)], pa.float64())
        wanted = pa.array([expected[child][name] for child in sorted(found)]).cast(pa.float64())
        assert column.null_count == wanted.null_count, name
        assert np.allclose(
            column.to_numpy(zero_copy_only=False),
            wanted.to_numpy(zero_copy_only=False),
            rtol=1e-14,
            atol=1e-12,
            equal_nan=True,
        ), name
        assert len(pc.unique(wanted)) > 1, f"{name} is the same for everybody, so it shows nothing"


@needs("ssda903")
def test_the_cohort_and_the_outcome_are_those_of_the_files(published: tuple[Workspace, Snapshot]) -> None:
    workspace, snapshot = published
    there = partnerships.read(HERE)
    use_case = use_cases.read(there, "placement_support_offer")
    built = matrix.build(workspace, snapshot, use_case, partnership=there, on=DELIVERED)
    children = _children()
    expected = {
        (name, int(len(child.moves_ahead) > 0))
        for name, child in children.items()
        if any(child.ends.get(start, datetime.date.min) < start for start in child.episodes)
        and child.born is not None
        and child.born.replace(day=1) > AS_OF.replace(year=AS_OF.year - 18)
        and not child.died
    }
    called = _names(workspace)
    rows = built.matrix().filter(pc.equal(built.matrix()["as_of_date"], AS_OF)).to_pylist()
    assert {(called[row["person_id"]], row["outcome"]) for row in rows} == expected
    assert sum(outcome for _, outcome in expected) > 30
    assert built.artefact.facts["outcomes"][DELIVERED.isoformat()] is None, "nobody can know yet"


def test_the_files_fit_together_and_the_canvas_is_answered() -> None:
    there = partnerships.read(HERE)
    assert there.file.demonstration is None, "too few children for a model"
    use_case = use_cases.read(there, "placement_support_offer")
    assert 25 <= len(use_case.indicators) <= 40
    assert canvas.gaps(canvas.read(canvas.path_of(there.folder, use_case.name))) == ()
    assert use_case.outcome.name in {one.name for one in outcomes.read(there).outcomes}
    for one in catalogue.read(HERE).indicators:
        assert set(one.types()) <= {event.type for source in there.sources for event in source.events}, one.name
