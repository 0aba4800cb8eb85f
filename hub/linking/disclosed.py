"""What may be told of a linkage: by group, by number of records, of values set aside (hub.disclosing).

    groups(partnership.small_numbers, report)      # the same on every page: quality, audit, `hub link`

Told together are, for each level of a grouping: its records and people, the records alone and near the threshold, and
how many pairs the figures against the truth stand on. Everybody may know the sums over all levels, and those over the
five ethnic groups and the sexes, in which the quarantine is told.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hub.disclosing.disclosure import WITHHELD, SmallNumbers, as_json
from hub.disclosing.withheld_cells import Told, Unit
from hub.staging import recorded_groups

AGAINST_TRUTH = ("precision", "recall")
WITHOUT_TRUTH = ("alone", "records_a_person", "near", "set_aside")

_NO_TRUTH = {"not_computed": "no truth was given", "n": 0}
_WIDER: Mapping[str, Callable[[str], str]] = {"sex": recorded_groups.sex, "ethnicity": recorded_groups.ethnicity}
_NEEDS = {
    "alone": ("records", "alone"),
    "near": ("records", "alone", "near"),
    "records_a_person": ("records", "people"),
    "set_aside": ("people", "set_aside"),
}
"""Which numbers each figure tells: all of them must be shown, for whoever knows it could work them out."""

_MORE_SIZES = 10
"""Nobody knows how many records the person with most of them has: it may be so many more."""


def groups(small: SmallNumbers, report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each level of each grouping: `group`, `level`, `records`, and the figures, as JSON.

    Args:
        small: which numbers may be shown.
        report: of a linkage (hub.linking.report), as JSON, or what a snapshot keeps of it.
    """
    truth = {(row["group"], row["level"]): row for row in report["groups"]}
    without = {(row["group"], row["level"]): row for row in report.get("without_truth", ())}
    found = []
    for group in sorted({group for group, _ in (*without, *truth)}):
        levels = sorted({level for name, level in (*without, *truth) if name == group})
        rows = {level: without[group, level] for level in levels if (group, level) in without}
        pairs = {level: truth[group, level] for level in levels if (group, level) in truth}
        hidden = _hidden(small, group, rows, report) | _hidden_pairs(small, pairs, report["quality"])
        found += [
            {
                "group": group,
                "level": level,
                "records": as_json(WITHHELD if (level, "records") in hidden else rows.get(level, {}).get("records", 0)),
                **{
                    name: as_json(WITHHELD) if (level, "pairs") in hidden else pairs.get(level, {}).get(name, _NO_TRUTH)
                    for name in AGAINST_TRUTH
                },
                **{
                    name: as_json(WITHHELD)
                    if any((level, unit) in hidden for unit in _NEEDS[name])
                    else rows.get(level, {}).get(name, _NO_TRUTH)
                    for name in WITHOUT_TRUTH
                },
            }
            for level in levels
        ]
    return found


def _hidden(
    small: SmallNumbers, group: str, rows: Mapping[str, Mapping[str, Any]], report: Mapping[str, Any]
) -> frozenset[Unit]:
    """Return what is withheld of the records and people of a grouping's levels, as (level, what)."""
    told = small.told()
    whole: dict[str, list[int]] = {name: [] for name in ("records", "alone", "near", "people", "set_aside")}
    for level, row in rows.items():
        records = told.number(row["records"], (level, "records"))
        alone, linked = _sides(told, (level, "alone"), row["alone"], records)
        near, _ = _sides(told, (level, "near"), row["near"], linked)
        someone = told.number(row["records_a_person"]["n"], (level, "people"))
        aside, _ = _sides(told, (level, "set_aside"), row["set_aside"], someone)
        told.at_most(someone, records)
        told.at_most(alone, someone)
        for name, place in zip(whole, (records, alone, near, someone, aside), strict=True):
            whole[name].append(place)
    for name in ("records", "alone", "near", "set_aside"):
        _known_sum(told, small, whole[name])
    told.relation(dict.fromkeys(whole["people"], 1), report["people"])
    _known_by_wider_group(told, small, group, dict(zip(rows, whole["records"], strict=True)))
    return told.withheld()


def _sides(told: Told, unit: Unit, figure: Mapping[str, Any], of: int) -> tuple[int, int]:
    """Add a part and what is left of it; return their places. What was not computed counts as all of it."""
    n = told.values[of]
    many = round(figure["value"] * n) if "value" in figure else n
    sides = told.number(many, unit, people=n), told.number(n - many, None)
    told.sum(of, sides)
    return sides


def _known_sum(told: Told, small: SmallNumbers, places: Sequence[int]) -> None:
    """Say that everybody may know the sum of some numbers; a small sum is a small number itself."""
    total = sum(told.values[place] for place in places)
    if small.is_small(total):
        told.sum(told.number(total, None), places)
    else:
        told.relation(dict.fromkeys(places, 1), total, total)


def _known_by_wider_group(told: Told, small: SmallNumbers, group: str, records: Mapping[str, int]) -> None:
    """Say that everybody may know the records of each wider group: hub.quality.quarantine_groups tells them.

    Of small ones, and of those that are withheld with them, nobody knows them there either: it chooses the same ones.
    """
    wider: dict[str, list[int]] = {}
    for level, place in records.items():
        wider.setdefault(_WIDER.get(group, str)(level), []).append(place)
    names = sorted(wider) if group in _WIDER else []
    sums = [sum(told.values[place] for place in wider[name]) for name in names]
    for name, total, said in zip(names, sums, small.parts(sums), strict=True):
        if isinstance(said, int):
            told.relation(dict.fromkeys(wider[name], 1), total, total)
        else:
            told.sum(told.number(total, None), wider[name])


def _hidden_pairs(
    small: SmallNumbers, rows: Mapping[str, Mapping[str, Any]], quality: Mapping[str, Any]
) -> frozenset[Unit]:
    """Return the levels of whose pairs nothing is shown, as (level, "pairs").

    A pair counts in each level of one of its records, so that all levels together have at least as many as there are.
    Few are pairs of few people, too: one person with five records has ten pairs.
    """
    told = small.told()
    for name in AGAINST_TRUTH:
        places = [
            told.number(row[name]["n"], (level, "pairs"), small=_of_few(small, row, name))
            for level, row in rows.items()
        ]
        at_least = min(quality[name]["n"], sum(row[name]["n"] for row in rows.values()))
        told.relation(dict.fromkeys(places, 1), at_least)
    return told.withheld()


def _of_few(small: SmallNumbers, row: Mapping[str, Any], name: str) -> bool:
    """Say whether few pairs or few people are behind a figure; a linkage of old does not say of how many people."""
    pairs = row[name]["n"]
    people = (row.get("people") or {}).get(name, 1)
    return pairs > 0 and (small.is_small(pairs) or people < small.fewest)


def people_by_records(small: SmallNumbers, report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the people of a linkage by their number of records; see `sizes`."""
    return sizes(small, {int(size): many for size, many in report["people_by_records"].items()})


def sizes(small: SmallNumbers, people_of: Mapping[int, int]) -> list[dict[str, Any]]:
    """Return rows of `records` (such as "1", or "5 or more") and `people`.

    Sizes are put together from the largest down, until nobody who knows how many records and people there are can work
    out that a small number of people has so many records.

    Args:
        small: which numbers may be shown.
        people_of: how many people have so many records.
    """
    people = {size: many for size, many in people_of.items() if many}
    if not people:
        return []
    if small.is_small(sum(people.values())):
        return [{"records": "any number", "people": as_json(small.few)}]
    starts = _starts(small, people)
    while len(starts) > 1 and _tell(small, people, starts):
        del starts[-1]
    largest = max(people)
    return [
        {"records": _words(start, last, largest), "people": _between(people, start, last)}
        for start, last in _spans(starts, largest)
    ]


def _starts(small: SmallNumbers, people: Mapping[int, int]) -> list[int]:
    """Return the first sizes of rows that each hold enough people, put together from the largest down."""
    starts: list[int] = []
    left = 0
    for size in sorted(people, reverse=True):
        left += people[size]
        if left >= small.fewest:
            starts.insert(0, size)
            left = 0
    if left:
        starts[0] = min(people)
    return starts


def _spans(starts: Sequence[int], largest: int) -> list[tuple[int, int]]:
    return [(start, after - 1) for start, after in zip(starts, (*starts[1:], largest + 1), strict=True)]


def _between(people: Mapping[int, int], first: int, last: int) -> int:
    return sum(many for size, many in people.items() if first <= size <= last)


def _words(first: int, last: int, largest: int) -> str:
    if first == last:
        return str(first)
    return f"{first} or more" if last == largest else f"{first} to {last}"


def _tell(small: SmallNumbers, people: Mapping[int, int], starts: Sequence[int]) -> bool:
    """Say whether rows that begin at `starts` tell somebody who calculates how few people have so many records.

    Who knows how many records all people have may know how many the people of one row have together. From both follows
    how many can have so many records: 43 people with 7 or more and 304 records in all are at most 3 with more than 7.
    """
    largest = max(people)
    for first, last in _spans(starts, largest):
        if first == last:
            continue
        ends = first, last if last < largest else largest + _MORE_SIZES
        row = {size: people.get(size, 0) for size in range(ends[0], ends[1] + 1)}
        many, records = sum(row.values()), sum(size * of for size, of in row.items())
        for size, of in row.items():
            left = many - small.fewest, records - small.fewest * size
            as_many = left[0] >= 0 and left[0] * ends[0] <= left[1] <= left[0] * ends[1]
            if small.is_small(of) and not (as_many and _without(size, many, records, ends)):
                return True
    return False


def _without(size: int, people: int, records: int, ends: tuple[int, int]) -> bool:
    """Say whether so many people can have so many records, each from the first to the last of `ends`, none `size`."""
    first, last = ends[0] + (size == ends[0]), ends[1] - (size == ends[1])
    above, below = records - people * first, people * last - records
    one_step = (above == 1 and size == first + 1) or (below == 1 and size == last - 1)
    return above >= 0 and below >= 0 and not one_step and not (people == 1 and records == size)


def set_aside(small: SmallNumbers, found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what was set aside of each kind; of few records neither their number nor that of the values is shown."""
    return [
        {**one, "records": as_json(small.few), "values": as_json(WITHHELD)}
        if small.is_small(one["records"])
        else dict(one)
        for one in found
    ]


def changes(small: SmallNumbers, counts: Mapping[str, int]) -> dict[str, Any]:
    """Return what became of the person ids: new and kept ones together are all people."""
    parts = dict(zip(("new", "kept"), small.parts([counts["new"], counts["kept"]]), strict=True))
    return {name: as_json(parts.get(name, small.count(many))) for name, many in counts.items()}


def document(small: SmallNumbers, report: Mapping[str, Any]) -> dict[str, Any]:
    """Return a linkage's report as it may be told outside the hub."""
    told = groups(small, report)
    # How many records a source has is told in one place: said again, it would undo what is withheld there.
    records = {row["level"]: row["records"] for row in told if row["group"] == "source" and "records" in row}
    return {
        **{name: value for name, value in report.items() if name != "without_truth"},
        "groups": told,
        "people_by_records": people_by_records(small, report),
        "set_aside": set_aside(small, report.get("set_aside", ())),
        "unlinked": {source: records.get(source, as_json(WITHHELD)) for source in report.get("unlinked", {})},
    }
