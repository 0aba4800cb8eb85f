"""Big event tables for the bench: children with long, ragged histories, as fast as numpy can draw them.

The file has the snapshot's schema, order, compression and row groups. A few people have thousands of events, some have
none. Some events are known late, withdrawn or corrected; spells have a start and, mostly, an end of the same episode.
"""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hub.parquet_files import write_batches
from hub.tables import EVENT, HOUSEHOLD

FIRST, LAST = datetime.date(2012, 1, 1), datetime.date(2025, 6, 30)
AS_OF = tuple(datetime.date(year, month, 1) for year in (2022, 2023, 2024) for month in (1, 7))
"""The six dates of looking."""

AREAS = tuple(f"E01{number:06}" for number in range(1000))

_EPOCH = datetime.date(1970, 1, 1).toordinal()
_FIRST, _LAST = FIRST.toordinal() - _EPOCH, LAST.toordinal() - _EPOCH
_BLOCK = 400_000
_OFFENCES = ("violence", "domestic_abuse", "public_order", "criminal_damage", "theft", "drugs", "weapons", "other")
_FACTORS = tuple(f"factor_{number:02}" for number in range(1, 33))
_SCHOOLS = tuple(f"LS{number:03}" for number in range(1, 401))


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of event.

    Attributes:
        name, source: as in EVENT.
        share: how often it is drawn, against the others.
        roles, details, origins: what may stand there, the earlier the more often; none leaves the cell empty.
        values: smallest and largest value, in steps of a half; none leaves the cell empty.
        delay: mean of the days until it is known.
        end: the type that ends the spell which this one begins, and the mean of its days.
    """

    name: str
    source: str
    share: float
    roles: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    values: tuple[int, int] | None = None
    delay: int = 5
    end: tuple[str, int] | None = None


_BOTH = ("reported", "agency")
KINDS = (
    Kind("police_incident", "police", 9, ("witness", "victim", "suspect"), _OFFENCES, _BOTH, None, 4),
    Kind("missing_report", "police", 1, ("missing",), ("home", "care"), ("reported",), (0, 20), 1),
    Kind("police_disposal", "police", 0.6, ("suspect",), ("charge", "caution", "no_action"), ("agency",), None, 30),
    Kind("contact", "children_social_care", 6, (), ("school", "police", "family", "health"), ("reported",), None, 3),
    Kind("referral", "children_social_care", 3, (), ("school", "police", "family", "health"), ("reported",), None, 6),
    Kind("assessment_factor", "children_social_care", 5, (), _FACTORS, (), None, 20),
    Kind(
        "cin_start", "children_social_care", 3, (), ("neglect", "family", "disability"), (), None, 5, ("cin_end", 200)
    ),
    Kind("cp_plan_start", "children_social_care", 1, (), ("neglect", "abuse"), (), None, 5, ("cp_plan_end", 250)),
    Kind("cla_start", "children_social_care", 0.7, (), ("order", "agreed"), (), None, 5, ("cla_end", 500)),
    Kind("placement_start", "children_social_care", 1, (), ("foster", "home"), (), None, 8, ("placement_end", 150)),
    Kind("early_help_start", "early_help", 3, (), ("support", "plan"), (), None, 10, ("early_help_end", 120)),
    Kind("trusted_worker_meeting", "early_help", 7, (), ("seen", "not_seen"), (), (1, 5), 2),
    Kind(
        "term_absence", "attendance", 22, (), tuple(f"{y} {t}" for y in range(2015, 2026) for t in "abc"), (), (0, 99)
    ),
    Kind("term_attended_well", "attendance", 10, (), (), (), (0, 1), 20),
    Kind("on_roll", "school", 18, (), _SCHOOLS, (), None, 40),
    Kind("free_school_meals", "school", 5, (), (), (), None, 40),
    Kind("suspension", "exclusions", 2, (), ("persistent", "assault", "verbal"), ("agency",), (1, 40), 15),
    Kind("youth_justice_start", "youth_justice", 0.5, (), ("out_of_court", "order"), (), None, 9, ("yj_end", 180)),
    Kind("emergency_visit", "health", 3, (), ("injury", "illness", "self_harm"), ("reported",), (1, 10), 30),
    Kind("development_check", "health", 3, (), ("on_time", "late"), (), (0, 60), 45),
)
SOURCES = tuple(dict.fromkeys(kind.source for kind in KINDS))
_ENDS = tuple(kind for kind in KINDS if kind.end is not None)
TYPES = (*(kind.name for kind in KINDS), *(kind.end[0] for kind in _ENDS if kind.end))
_SOURCE_OF = np.array([SOURCES.index(kind.source) for kind in (*KINDS, *_ENDS)], dtype=np.int64)
_END_OF = np.array([len(KINDS) + _ENDS.index(kind) if kind.end else -1 for kind in KINDS] + [-1] * len(_ENDS))
_LENGTH = np.array([kind.end[1] if kind.end else 0 for kind in KINDS] + [0] * len(_ENDS))
_DELAY = np.array([kind.delay for kind in (*KINDS, *_ENDS)])
_HEX = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), dtype=np.uint16)

Integers = NDArray[np.int64]


def write(folder: Path, people: int, rows: int, seed: int = 7) -> None:
    """Write `event.parquet` with exactly `rows` rows and `household.parquet`, about `people` people."""
    chance = np.random.default_rng(seed)
    ids = person_ids(people, seed)
    weights = chance.lognormal(0, 1, people) * (chance.random(people) > 0.03)
    starts = np.concatenate([[0], np.round(np.cumsum(weights) / weights.sum() * rows)]).astype(np.int64)
    write_batches(_blocks(chance, ids, starts), EVENT, folder / "event.parquet")
    write_batches(_households(chance, ids), HOUSEHOLD, folder / "household.parquet")


def person_ids(people: int, seed: int = 7) -> list[str]:
    """Return that many pseudonyms, sorted; some of them have no event."""
    drawn = np.random.default_rng(seed).integers(0, 256, (people, 12), dtype=np.uint8)
    return sorted(f"p{row.tobytes().hex()}" for row in drawn)


def _blocks(chance: np.random.Generator, ids: Sequence[str], starts: Integers) -> Iterator[pa.RecordBatch]:
    begin = 0
    while begin < len(ids):
        end = max(begin + 1, int(np.searchsorted(starts, starts[begin] + _BLOCK, side="right")) - 1)
        end = min(end, len(ids))
        if starts[end] > starts[begin]:
            yield _block(chance, ids[begin:end], np.diff(starts[begin : end + 1]))
        begin = end


def _block(chance: np.random.Generator, ids: Sequence[str], counts: Integers) -> pa.RecordBatch:
    """Draw the events of some people, whole and in order."""
    person = np.repeat(np.arange(len(ids)), counts)
    rows = len(person)
    shares = np.array([kind.share for kind in KINDS])
    kind = np.searchsorted(np.cumsum(shares / shares.sum())[:-1], chance.random(rows), side="right")
    born = chance.integers(_FIRST, _LAST - 400, len(ids))[person]
    day = born + (chance.random(rows) * (_LAST - born)).astype(np.int64)
    event, episode = chance.integers(0, 1 << 63, rows), np.where(_END_OF[kind] >= 0, np.arange(rows), -1)
    neighbours = np.append(person[1:] == person[:-1], False)
    began = np.flatnonzero(
        neighbours & (episode >= 0) & np.append(episode[1:] < 0, False) & (chance.random(rows) < 0.9)
    )
    day[began + 1] = np.minimum(day[began] + chance.exponential(_LENGTH[kind[began]]).astype(np.int64), _LAST)
    kind[began + 1], episode[began + 1] = _END_OF[kind[began]], episode[began]
    late = np.where(chance.random(rows) < 0.02, 300, _DELAY[kind])
    known = day + chance.exponential(late).astype(np.int64)
    gone = np.where(chance.random(rows) < 0.01, known + 1 + chance.integers(0, 300, rows), -1)
    again = np.flatnonzero(neighbours & (gone >= 0) & (episode < 0) & np.append(episode[1:] < 0, False))
    for column in (kind, day, event):
        column[again + 1] = column[again]
    known[again + 1] = gone[again]
    gone[again + 1] = np.where(gone[again + 1] >= 0, gone[again] + 50, -1)
    order = np.lexsort((known, event, person * 100_000 + day))
    kind, day, known, gone, event, episode = (one[order] for one in (kind, day, known, gone, event, episode))
    within = chance.random((4, rows))
    return pa.record_batch(
        {
            "person_id": _coded(person, ids),  # the order within a person does not change whose they are
            "event_id": _pseudonyms(event),
            "event_type": _coded(kind, TYPES),
            "role": _drawn(kind, within[0], [one.roles for one in KINDS]),
            "occurred_on": pa.array(day.astype(np.int32)).cast(pa.date32()),
            "known_from": pa.array(known.astype(np.int32)).cast(pa.date32()),
            "known_to": pa.array(gone.astype(np.int32), mask=gone < 0).cast(pa.date32()),
            "source": _coded(_SOURCE_OF[kind], SOURCES),
            "value": _values(kind, within[1]),
            "detail": _drawn(kind, within[2], [one.details for one in KINDS]),
            "origin": _drawn(kind, within[3], [one.origins for one in KINDS]),
            "episode_id": _episodes(episode, event),
        }
    )


def _coded(codes: Integers, texts: Sequence[str]) -> pa.Array:
    indices = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(texts)).cast(pa.string())


def _drawn(kind: Integers, chance: NDArray[np.float64], choices: list[tuple[str, ...]]) -> pa.Array:
    """Return one of the kind's texts each, the first ones most often, and none in one case of fifty."""
    texts = [text for some in choices for text in some]
    sizes = np.array([len(some) for some in choices] + [0] * len(_ENDS))
    bases = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    codes = bases[kind] + (np.square(chance) * sizes[kind]).astype(np.int64)
    return _coded(np.where((sizes[kind] > 0) & (chance < 0.98), codes, -1), texts)


def _values(kind: Integers, chance: NDArray[np.float64]) -> pa.Array:
    spans = [one.values for one in KINDS] + [None] * len(_ENDS)
    low = np.array([span[0] if span else 0 for span in spans], dtype=np.float64)[kind]
    width = np.array([span[1] - span[0] if span else 0 for span in spans], dtype=np.float64)[kind]
    here = np.array([span is not None for span in spans])[kind] & (chance < 0.95)
    return pa.array(low + np.floor(chance / 0.95 * width * 2) / 2, mask=~here)


def _pseudonyms(numbers: Integers) -> pa.Array:
    """Return 32 hexadecimal digits for each number, in the order of the numbers."""
    pairs = numbers.astype(">u8").view(np.uint8).reshape(-1, 8)
    mixed = (numbers * 2_654_435_761).astype(">u8").view(np.uint8).reshape(-1, 8)
    digits = _HEX[np.concatenate([pairs, mixed], axis=1)]
    ends = np.arange(len(numbers) + 1, dtype=np.int32) * 32
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(ends), pa.py_buffer(digits))


def _episodes(episode: Integers, event: Integers) -> pa.Array:
    here = np.flatnonzero(episode >= 0)
    names, codes = np.unique(episode[here], return_inverse=True)
    all_codes = np.full(len(episode), -1)
    all_codes[here] = codes
    starts = np.zeros(len(names), dtype=np.int64)
    starts[codes[::-1]] = event[here[::-1]]
    indices = pa.array(all_codes.astype(np.int32), mask=all_codes < 0)
    return pa.DictionaryArray.from_arrays(indices, _pseudonyms(starts ^ 0x5555)).cast(pa.string())


def _households(chance: np.random.Generator, ids: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Draw homes of one to five people; one person in eight moves once, to a home of others."""
    people = len(ids)
    homes = np.repeat(np.arange(people), chance.integers(1, 6, people))[:people]
    home = chance.permutation(homes)
    moved = np.flatnonzero(chance.random(people) < 0.125)
    person = np.concatenate([np.arange(people), moved])
    where = np.concatenate([home, chance.permutation(home[moved])])
    left = np.full(len(person), -1)
    since = np.concatenate([chance.integers(_FIRST, _FIRST + 1500, people), np.zeros(len(moved), dtype=np.int64)])
    left[moved] = since[people:] = chance.integers(_FIRST + 1500, _LAST, len(moved))
    known, end_known = since + chance.integers(0, 60, len(person)), np.where(left < 0, -1, left + 30)
    order = np.lexsort((since, person))
    names = pa.array([f"h{number:024x}" for number in range(people)])
    days = {"valid_from": since, "valid_to": left, "known_from": known, "end_known_from": end_known}
    yield pa.record_batch(
        {
            "person_id": _coded(person[order], ids),
            "household_id": names.take(pa.array(where[order])),
            "area_id": _coded(where[order] % len(AREAS), AREAS),
            **{
                name: pa.array(some[order].astype(np.int32), mask=some[order] < 0).cast(pa.date32())
                for name, some in days.items()
            },
            "source": pa.array(["school"] * len(person)),
        }
    )
