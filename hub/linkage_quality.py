"""How good a linkage is, where the truth is known: pairwise precision, recall and F1, overall and by group.

The unit is a pair of records. A person with k records has k(k-1)/2 true pairs, so people whom many agencies know weigh
more; intervals take pairs as independent, which they are not quite, and are therefore a little too narrow.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.errors import InputError
from hub.figures import Figure, NotComputed, Stated, share, wilson

COLUMNS = ("source", "source_person_id", "true_person")
_FEWEST = 10


@dataclass(frozen=True, slots=True)
class Quality:
    """The figures of one group of pairs.

    Attributes:
        precision: share of linked pairs that are one person, in [0, 1]; n is the pairs linked.
        recall: share of true pairs that were linked, in [0, 1]; n is the true pairs.
        f1: 2 × right pairs / (pairs linked + true pairs), in [0, 1]; n is the sum in the denominator.
    """

    precision: Stated
    recall: Stated
    f1: Stated

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"precision": self.precision.as_json(), "recall": self.recall.as_json(), "f1": self.f1.as_json()}


NOT_MEASURED = Quality(*(NotComputed(0, "no truth was given"),) * 3)


def quality(right: int, linked: int, true: int, *, least: int = 1) -> Quality:
    """Return the figures for counts of pairs.

    Args:
        right: pairs that are linked and true.
        linked: pairs that are linked.
        true: pairs that are one person.
        least: with fewer pairs than this a figure is not computed.
    """
    both = linked + true
    f1: Stated = NotComputed(both, "there are no pairs")
    if both >= max(least, 1):
        f1 = Figure(2 * right / both, *wilson(2 * right, both), n=both)
    return Quality(share(right, linked, "pairs linked", least=least), share(right, true, "true pairs", least=least), f1)


def measure(linked: Mapping[str, str], truth: Mapping[str, str]) -> Quality:
    """Return the figures over all records that are in both.

    Args:
        linked: record key → person as linked.
        truth: record key → true person.
    """
    cells = Counter((linked[record], truth[record]) for record in truth if record in linked)
    people: Counter[str] = Counter()
    true: Counter[str] = Counter()
    for (person, real), records in cells.items():
        people[person] += records
        true[real] += records
    return quality(*(sum(_pairs(one) for one in counts.values()) for counts in (cells, people, true)))


def by_group(
    linked: Mapping[str, str], truth: Mapping[str, str], groups: Mapping[str, Mapping[str, str]]
) -> list[dict[str, Any]]:
    """Return the figures of each group: of pairs of which at least one record belongs to it.

    Args:
        linked: record key → person as linked.
        truth: record key → true person.
        groups: name of a grouping, such as "sex" → record key → level.
    """
    rows = []
    for name, level_of in groups.items():
        counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        for at, key in enumerate(_keys(linked, truth)):
            cells: dict[Any, Counter[str]] = defaultdict(Counter)
            for record, cell in key.items():
                cells[cell][level_of.get(record, "not recorded")] += 1
            for levels in cells.values():
                whole = sum(levels.values())
                for level, records in levels.items():
                    counts[level][at] += _pairs(whole) - _pairs(whole - records)
        for level in sorted(counts):
            figures = quality(*counts[level], least=_FEWEST)
            rows.append({"group": name, "level": level, **figures.as_json()})
    return rows


def _keys(linked: Mapping[str, str], truth: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
    records = [record for record in truth if record in linked]
    return (
        {record: (linked[record], truth[record]) for record in records},
        {record: linked[record] for record in records},
        {record: truth[record] for record in records},
    )


def _pairs(records: int) -> int:
    return records * (records - 1) // 2


def read_truth(path: Path, records: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Return record key → true person from a CSV file with the columns `source, source_person_id, true_person`.

    Args:
        path: the file.
        records: (record key, source, source_person_id) of every record; rows about others are passed over.

    Raises:
        InputError: the file is missing, lacks a column, is not UTF-8, or says two things of one record. Line and
            column are named, never a value.
    """
    keys = {(source, own): record for record, source, own in records}
    truth: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
            if missing:
                raise InputError(f"{path}:1: the column {missing[0]} is missing.", f"It needs {', '.join(COLUMNS)}.")
            for row in rows:
                record = keys.get((row["source"] or "", row["source_person_id"] or ""))
                if record is not None and truth.setdefault(record, row["true_person"]) != row["true_person"]:
                    raise InputError(
                        f"{path}:{rows.line_num}: this record was given another true person above.",
                        "Each record has one row.",
                    )
    except FileNotFoundError:
        raise InputError(f"{path}: no such file.", "Give the file with the truth, or leave --truth out.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as a UTF-8 CSV file ({type(error).__name__}).") from None
    return truth
