"""The county: draws everything from one seed and writes the extracts and the truth beside them."""

import json
from collections.abc import Callable
from pathlib import Path

import children as people_of
import events as events_of
import extracts
import faults
import households
import numpy as np
import pandas as pd
import period
import places
import police
import records
import truth
from children import Children
from events import Events
from extracts import Extract
from households import Households
from period import NONE
from records import Records

STEPS = period.MONTHS + 4


def generate(out: Path, children: int, seed: int, *, advance: Callable[[], None] = lambda: None) -> dict[str, object]:
    """Write the extracts into `out` and the truth into `out/truth`; return what was planted.

    Args:
        out: folder; made when it is not there. Files of the same names are replaced.
        children: how many children live in the county.
        seed: the same seed and number give the same bytes.
        advance: called `STEPS` times on the way.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, children]))
    for_places, for_homes, for_children, for_events, for_records, for_faults = rng.spawn(6)
    size = people_of.sizes(for_children, children)
    here = places.make(for_places, len(size))
    homes = households.make(for_homes, here, len(size))
    everyone = people_of.make(for_children, homes, size)
    advance()
    events = events_of.simulate(for_events, homes, everyone, advance=advance)
    delivered = _delivered(for_events, everyone, events)
    sources, files = _extracts(for_records, homes, everyone, delivered)
    advance()
    bad: dict[str, dict[str, int]] = {}
    rows: dict[str, int] = {}
    folder = out / "truth"
    folder.mkdir(parents=True, exist_ok=True)
    for extract in files:
        spoilt, counts = faults.plant(for_faults, extract)
        extracts.write(spoilt.frame, out / extract.name, delimiter=extract.delimiter, encoding=extract.encoding)
        bad[extract.name], rows[extract.name] = counts, len(spoilt.frame)
    extracts.write(extracts.areas(here), out / "areas.csv")
    rows["areas.csv"] = len(here.area_code)
    advance()
    extracts.write(truth.people(sources, everyone), folder / "people.csv")
    extracts.write(truth.outcomes(everyone, events, delivered), folder / "outcomes.csv")
    planted = {
        "children": children,
        "seed": seed,
        "households": len(homes),
        "twins": int((everyone.twin_of >= 0).sum()),
        "people_held_twice": {one.habits.source: int((one.ids[1] != "").sum()) for one in sources},
        "records": {one.habits.source: int((one.ids != "").sum()) for one in sources},
        "rows": rows,
        "bad_rows": bad,
        "late_rows": {name: truth.late_rows(frame) for name, frame in delivered.items()},
        "over_recorded_areas": sorted(here.area_code[here.area_over_recorded]),
        "over_recording": police.OVER_RECORDING,
    }
    text = json.dumps(planted, indent=2, ensure_ascii=False) + "\n"
    (folder / "planted.json").write_text(text, encoding="utf-8")
    advance()
    return planted


def _delivered(rng: np.random.Generator, everyone: Children, events: Events) -> dict[str, pd.DataFrame]:
    """Return the rows that the extracts hold, before they are put into each agency's words."""
    frames = events.frames
    spells = ("episodes", "plans", "social_workers", "early_help")
    kept = {name: extracts.delivered(frames[name], until="end") for name in spells}
    for name in ("contacts", "factors", "roll", "attendance", "suspensions", "meetings", "youth_justice"):
        kept[name] = extracts.delivered(frames[name])
    kept["police"] = extracts.police_rows(rng, everyone, events, records.POLICE.held_twice)
    return kept


def _extracts(
    rng: np.random.Generator, homes: Households, everyone: Children, rows: dict[str, pd.DataFrame]
) -> tuple[list[Records], list[Extract]]:
    """Return the records of people by source, and all files."""
    seen = {
        records.SCHOOL: rows["roll"],
        records.SOCIAL_CARE: _sightings(rows["contacts"], rows["episodes"]),
        records.POLICE: rows["police"],
        records.YOUTH_JUSTICE: rows["youth_justice"],
        records.EARLY_HELP: _sightings(rows["early_help"], rows["meetings"]),
    }
    made = [
        records.make(rng, habits, homes, everyone, frame if "record" in frame else frame.assign(record=0))
        for habits, frame in seen.items()
    ]
    at_school, in_care, at_police, in_court, with_help = made
    files = [
        *extracts.school(at_school, rows["roll"], rows["attendance"], rows["suspensions"]),
        *extracts.social_care(in_care, rows),
        *extracts.police(at_police, rows["police"]),
        *extracts.youth_justice(in_court, rows["youth_justice"]),
        *extracts.early_help(with_help, rows["early_help"], rows["meetings"]),
    ]
    return made, files


def _sightings(*frames: pd.DataFrame) -> pd.DataFrame:
    """Return when an agency saw whom: at the beginning and, for spells, also at the end."""
    found = [frame[["child", "day", "recorded"]] for frame in frames]
    for frame in frames:
        if "end" in frame:
            ended = frame[frame["end"] != NONE]
            found.append(
                pd.DataFrame({"child": ended["child"], "day": ended["end"], "recorded": ended["end_recorded"]})
            )
    return pd.concat(found, ignore_index=True)
