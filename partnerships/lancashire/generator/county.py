"""The county: draws everything from one seed and writes the extracts and the truth beside them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import agency_files
import assaults
import bad_rows
import children as people_of
import events as events_of
import extract_files
import extracts
import habits
import households
import lots
import numpy as np
import numpy.typing as npt
import pandas as pd
import period
import places
import planting
import police
import records
import register
import school_files
import social_care_files
import truth
from bad_rows import BadRows
from children import Children
from deliveries import Delivery
from events import Events
from extract_files import Extract
from households import Households
from period import NONE
from planting import Planted, Scene
from records import Records

_FILES = 37
_TWINS, _SAME_INITIALS = 0.15, 0.5
_AT_YOUTH_JUSTICE = ("youth_justice", "programmes", "youth_assessments")
_AT_SOCIAL_CARE = (
    "contacts",
    "episodes",
    "referrals_in_vain",
    "plans",
    "social_workers",
    "enquiries",
    "conferences",
    "visits",
    "care",
    "reviews",
    "health",
    "questionnaires",
    "missing",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of the generator."""

    children: int
    seed: int
    plant: frozenset[str] = frozenset()
    also_on: int | None = None
    """The day of a second, later delivery."""
    events: int = 0
    """How many rows all files together should have: the register of so many last school days is added."""
    parquet: bool = False
    batch: int = extract_files.BATCH


@dataclass(frozen=True, slots=True)
class County:
    """Everybody and everything, before any agency hands anything over."""

    wanted: Wanted
    homes: Households
    children: Children
    events: Events
    rows: dict[str, pd.DataFrame]
    """What agencies record in the four years, whenever they record it."""
    people: tuple[Records, ...]


def steps(wanted: Wanted) -> int:
    """Return about how often `generate` calls `advance`."""
    return period.MONTHS + 3 + _FILES * (1 if wanted.also_on is None else 2)


def generate(out: Path, wanted: Wanted, *, advance: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """Write the extracts into `out` and the truth into `out/truth`; return what was planted.

    Args:
        out: folder; made when it is not there. Files of the same names are replaced.
        wanted: the same wishes give the same bytes.
        advance: called about `steps(wanted)` times on the way.
    """
    rng = np.random.default_rng(np.random.SeedSequence([wanted.seed, wanted.children]))
    for_places, for_homes, for_children, for_events, for_records, for_faults = rng.spawn(6)
    size = people_of.sizes(for_children, wanted.children)
    here = places.make(for_places, len(size))
    homes = households.make(for_homes, here, len(size))
    more = {"twins": _TWINS, "same_initials": _SAME_INITIALS} if "twins" in wanted.plant else {}
    children = people_of.make(for_children, homes, size, **more)
    advance()
    events = events_of.simulate(for_events, homes, children, advance=advance)
    planted, events, careless = _planted(wanted, homes, children, events)
    rows = _rows(wanted, for_events, children, events)
    rows["assaults"] = assaults.frame(wanted.seed, here, children).assign(row=0)
    if "ae_person_level" in wanted.plant:
        planted["ae_person_level"] = assaults.planted(rows["assaults"])
    people = _people(for_records, homes, children, rows, careless)
    county = County(wanted, homes, children, events, rows, people)
    advance()
    first = Delivery(period.DELIVERY, wanted.seed, children)
    folder = out / "truth"
    folder.mkdir(parents=True, exist_ok=True)
    counts, bad = _deliver(county, first, out, for_faults, advance)
    facts = truth.facts(county.children, homes, people, here, first)
    facts |= {"rows": counts, "bad_rows": bad, "seed": wanted.seed}
    delivered = {name: first.rows(frame) for name, frame in rows.items() if "recorded" in frame}
    facts["late_rows"] = {name: truth.late_rows(frame) for name, frame in delivered.items()}
    truth.write(truth.people(people, children, first), folder / "people.csv")
    truth.write(truth.outcomes(children, events, delivered), folder / "outcomes.csv")
    truth.write_json(facts, folder / "planted.json")
    truth.write_faults(planted, children, folder)
    advance()
    if wanted.also_on is not None:
        _deliver_later(county, wanted.also_on, first, out, advance)
    return facts


def _planted(
    wanted: Wanted, homes: Households, children: Children, events: Events
) -> tuple[dict[str, Planted], Events, npt.NDArray[np.float64] | None]:
    found: dict[str, Planted] = {}
    for name, plant in planting.CHANGES_EVENTS.items():
        if name in wanted.plant:
            changed, found[name] = plant(Scene(wanted.seed, homes, children, events))
            events = Events(events.frames | changed, events.need, events.attachment)
    careless = None
    if "spelling_errors" in wanted.plant:
        careless, found["spelling_errors"] = planting.careless(Scene(wanted.seed, homes, children, events))
    if "twins" in wanted.plant:
        found["twins"] = planting.twins(children, _TWINS, _SAME_INITIALS)
    return found, events, careless


def _rows(wanted: Wanted, rng: np.random.Generator, children: Children, events: Events) -> dict[str, pd.DataFrame]:
    """Return the rows that agencies record in the period, each with a number of its own, whenever they record it."""
    frames = events.frames
    kept = {"factors": frames["factors"]}
    for name, one in frames.items():
        if name not in ("domestic", "police", "factors"):
            frame = one.assign(row=np.arange(len(one)))
            last = frame["end"] if "end_recorded" in frame else frame["day"]
            kept[name] = frame[(last >= period.FIRST) & (frame["day"] <= period.LAST)].reset_index(drop=True)
    both = pd.concat([frames["domestic"], frames["police"]], ignore_index=True)
    fresh = both["incident"].isna().to_numpy()
    number = both["incident"].fillna(0).to_numpy().astype(np.int64)
    number[fresh] = number.max(initial=0) + 1 + np.arange(fresh.sum())
    both = both.assign(incident=number)
    both = police.with_disposals(lots.stream(wanted.seed, wanted.children, "disposals"), both)
    both = both[(both["day"] >= period.FIRST) & (both["day"] <= period.LAST)]
    both = both.sort_values(["recorded", "incident", "child"], ignore_index=True)
    twice = rng.random(len(children)) < habits.POLICE.held_twice
    count = both.groupby("child").cumcount().to_numpy()
    kept["police"] = both.assign(record=(twice[both["child"]] & (count % 2 == 1)).astype(np.int64))
    return kept


def _people(
    rng: np.random.Generator,
    homes: Households,
    children: Children,
    rows: dict[str, pd.DataFrame],
    careless: npt.NDArray[np.float64] | None,
) -> tuple[Records, ...]:
    seen = (
        (habits.SCHOOL, rows["roll"]),
        (habits.SOCIAL_CARE, _sightings(*(rows[name] for name in _AT_SOCIAL_CARE))),
        (habits.POLICE, rows["police"]),
        (habits.YOUTH_JUSTICE, _sightings(*(rows[name] for name in _AT_YOUTH_JUSTICE))),
        (habits.EARLY_HELP, _sightings(rows["early_help"], rows["meetings"])),
    )
    made = [
        records.make(stream, one, homes, children, frame, careless=None if one is habits.SCHOOL else careless)
        for stream, (one, frame) in zip(rng.spawn(len(seen)), seen, strict=True)
    ]
    at_school = made[0]
    made.append(records.passed_on(at_school, habits.ATTENDANCE, rows["attendance"]))
    made.append(records.passed_on(at_school, habits.EXCLUSIONS, rows["suspensions"]))
    return tuple(made)


def _sightings(*frames: pd.DataFrame) -> pd.DataFrame:
    """Return when an agency saw whom: at the beginning and, for spells, also at the end."""
    found = [frame[["child", "day", "recorded"]] for frame in frames]
    for frame in frames:
        if "end" in frame:
            ended = frame[(frame["end"] != NONE) & (frame["end"] <= period.LAST)]
            columns = {"child": ended["child"], "day": ended["end"], "recorded": ended["end_recorded"]}
            found.append(pd.DataFrame(columns))
    return pd.concat(found, ignore_index=True)


def _files(county: County, delivery: Delivery) -> list[Extract]:
    rows = {name: delivery.rows(frame) for name, frame in county.rows.items() if "recorded" in frame}
    rows["factors"] = county.rows["factors"]
    rows["contacts"] = delivery.withdrawn(rows["contacts"])
    rows["police"] = delivery.corrected_dates(rows["police"])
    who = [extracts.people(one, delivery) for one in county.people]
    at_school, in_care, at_police, in_court, with_help, attending, excluded = who
    person_level = "ae_person_level" in county.wanted.plant
    files = [
        *school_files.census(at_school, rows["roll"]),
        *school_files.attendance(attending, rows["attendance"]),
        *school_files.exclusions(excluded, rows["suspensions"]),
        *social_care_files.files(in_care, rows),
        *agency_files.police(at_police, rows["police"]),
        *agency_files.youth_justice(in_court, rows),
        *agency_files.early_help(with_help, rows["early_help"], rows["meetings"]),
        agency_files.areas(county.homes.places),
        assaults.extract(rows["assaults"], county.homes.places, county.children, person_level=person_level),
    ]
    more = county.wanted.events - sum(len(one) for one in files)
    written = register.write_down(attending, county.rows["attendance"], more) if more > 0 else None
    return files if written is None else [*files, written]


def _deliver(
    county: County, delivery: Delivery, out: Path, rng: np.random.Generator, advance: Callable[[], None]
) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """Write the files of one delivery; return the rows of each, and the bad ones among them by kind."""
    files = _files(county, delivery)
    plans = [bad_rows.draw(rng, len(one), delivered=delivery.day, kinds=one.bad) for one in files]

    def write(pair: tuple[Extract, BadRows]) -> tuple[str, int]:
        found = extract_files.write(*pair, out, parquet=county.wanted.parquet, batch=county.wanted.batch)
        advance()
        return found

    with ThreadPoolExecutor(2) as pool:
        rows = dict(pool.map(write, zip(files, plans, strict=True)))
    return rows, {name: plan.counts() for name, plan in zip(rows, plans, strict=True)}


def _deliver_later(county: County, day: int, first: Delivery, out: Path, advance: Callable[[], None]) -> None:
    later = Delivery(day, county.wanted.seed, county.children, later=True)
    name = f"delivered-{period.iso([day])[0]}"
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    rng = lots.stream(county.wanted.seed, county.wanted.children, name)
    rows, bad = _deliver(county, later, folder, rng, advance)
    facts = truth.changes(county.people, county.rows, first, later) | {"folder": name, "rows": rows, "bad_rows": bad}
    truth.write_json(facts, out / "truth" / f"{name}.json")
    truth.write(truth.people(county.people, county.children, later), out / "truth" / f"people-{name}.csv")
