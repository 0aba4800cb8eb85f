"""How good a linkage is, where the truth is known: pairwise precision, recall and F1, overall and by group.

The unit is a pair of records. A person with k records has k(k-1)/2 true pairs, and pairs of one person are right or
wrong together, so an interval that took pairs as independent would be too narrow. Here true people are independent:
what each of them adds to the two sums of a ratio gives its variance (the linearised cluster variance, which a
bootstrap of people would approach), and Wilson's interval is taken at the number of independent pairs with that same
variance. A wrong link belongs half to each of the two people whom it joins. Where all pairs are right no variance is
seen; then a person counts as if all their pairs were one (Kish: (sum n)^2 / sum n^2), and in a group as many pairs as
with all people on average: its interval must not tell of how many people it is. Formulas: Franco, Little, Louis and
Slud, J. Survey Statistics and Methodology 7 (2019) 334-364.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hub.errors import InputError
from hub.figures import Figure, NotComputed, Stated, share, wilson

COLUMNS = ("source", "source_person_id", "true_person")
NOT_RECORDED = "not recorded"
FEWEST = 10
"""With fewer pairs or people than this the figure of a group is not computed."""

_Sums = NDArray[np.float64]


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


def clustered(successes: ArrayLike, of: ArrayLike, what: str, *, least: int = 1, alike: float | None = None) -> Stated:
    """Return sum(successes) / sum(of), in [0, 1], with its 95 % interval; the clusters are independent.

    Args:
        successes: of each cluster, 0 to its `of`.
        of: of each cluster, how many it has.
        what: what is counted, such as "pairs linked", for the reason.
        least: with fewer than this the share is not computed.
        alike: at 0 or 1 so many of them count as one (`alike`), whosever they are: how many clusters there are cannot
            be worked out then. By default Kish's number of these clusters is taken.
    """
    good, all_of = np.asarray(successes, np.float64), np.asarray(of, np.float64)
    good, all_of = good[all_of > 0], all_of[all_of > 0]
    n = round(float(all_of.sum()))
    if n < max(least, 1):
        return NotComputed(n, f"no {what}" if n == 0 else f"{what}: {least} are needed")
    ratio = min(float(good.sum() / all_of.sum()), 1.0)
    settled = not 0 < ratio < 1
    independent = max(n / alike, 1.0) if settled and alike is not None else independent_of(good, all_of)
    return Figure(ratio, *wilson(ratio * independent, independent), n=n)


def independent_of(good: _Sums, of: _Sums) -> float:
    """Return how many independent trials would give the variance of sum(good) / sum(of), 1 to sum(of).

    Formula: p(1-p) / v, v = k/(k-1) × sum((good - p of)^2) / sum(of)^2 over k clusters; at p = 0 or 1 Kish's
    sum(of)^2 / sum(of^2).
    """
    whole, clusters = float(of.sum()), len(of)
    ratio = float(good.sum()) / whole
    spread = float(((good - ratio * of) ** 2).sum()) * clusters / max(clusters - 1, 1) / whole**2
    if not 0 < ratio < 1 or spread == 0:
        return max(whole**2 / float((of**2).sum()), 1.0)
    return min(max(ratio * (1 - ratio) / spread, 1.0), whole)


def alike(of: _Sums) -> float:
    """Return how many of what clusters have count as one where all are right: Kish's sum(of^2) / sum(of), rounded up.

    Of all people, it is taken for each group, so that the interval of a group hangs on nothing of it but its n.
    """
    return float(np.ceil(max(float((of**2).sum()) / max(float(of.sum()), 1.0), 1.0)))


def quality_of_people(
    right: _Sums, linked: _Sums, true: _Sums, *, least: int = 1, like: tuple[_Sums, _Sums] | None = None
) -> Quality:
    """Return the figures from what each true person adds to the three sums of pairs.

    Args:
        right: pairs that are linked and true.
        linked: pairs that are linked; a wrong one counts half for each of its two people.
        true: pairs that are one person.
        least: with fewer pairs than this a figure is not computed.
        like: for a group, `linked` and `true` of all people.
    """
    of = (linked, true, linked + true)
    pairs_alike = [None] * 3 if like is None else [alike(one) for one in (*like, like[0] + like[1])]
    found = [
        clustered(good, one, what, least=least, alike=many)
        for good, one, what, many in zip(
            (right, right, 2 * right),
            of,
            ("pairs linked", "true pairs", "pairs linked or true"),
            pairs_alike,
            strict=True,
        )
    ]
    return Quality(*found)


def quality(right: int, linked: int, true: int, *, least: int = 1) -> Quality:
    """Return the figures from counts of pairs alone, pairs taken as independent: the intervals are too narrow.

    Args:
        right: pairs that are linked and true.
        linked: pairs that are linked.
        true: pairs that are one person.
        least: with fewer pairs than this a figure is not computed.
    """
    return Quality(
        share(right, linked, "pairs linked", least=least),
        share(right, true, "true pairs", least=least),
        share(2 * right, linked + true, "pairs linked or true", least=least),
    )


class Known:
    """Records whose true person is known, as numbers: how they were linked and who they are."""

    def __init__(self, linked: NDArray[np.int64], truth: NDArray[np.int64]) -> None:
        """Keep the records whose `truth` is not negative; both arrays have one number a record."""
        self.records = np.flatnonzero(truth >= 0)
        _, self._person = np.unique(linked[self.records], return_inverse=True)
        _, self._true = np.unique(truth[self.records], return_inverse=True)
        people = int(self._person.max(initial=-1)) + 1
        keys, self._cell = np.unique(self._true * max(people, 1) + self._person, return_inverse=True)
        self._cell_true, self._cell_person = np.divmod(keys, max(people, 1))
        self._all = self._counts(np.ones(len(self.records), bool))

    def _counts(self, inside: NDArray[np.bool_]) -> tuple[_Sums, _Sums, _Sums]:
        """Return how many of the records `inside` each cell, each linked person and each true person has."""
        weights = inside.astype(np.float64)
        cells = _sum(self._cell, weights)
        return cells, _sum(self._cell_person, cells), _sum(self._cell_true, cells)

    def quality(self, inside: NDArray[np.bool_] | None = None, *, least: int = 1) -> Quality:
        """Return the figures of pairs of which at least one record is inside.

        Args:
            inside: one truth value for each of `records`; None takes all.
            least: with fewer pairs than this a figure is not computed.
        """
        if not len(self.records):
            return quality_of_people(*(np.zeros(0),) * 3, least=least)
        sums = self._sums(inside)
        return quality_of_people(*sums, least=least, like=None if inside is None else self._sums()[1:])

    def _sums(self, inside: NDArray[np.bool_] | None = None) -> tuple[_Sums, _Sums, _Sums]:
        """Return what each true person adds to the pairs that are linked and true, linked, and true."""
        cells, people, true = self._all
        outer = [np.zeros_like(one) for one in self._all] if inside is None else list(self._counts(~inside))
        right = _pairs(cells) - _pairs(outer[0])
        others = people[self._cell_person] - cells
        outer_others = outer[1][self._cell_person] - outer[0]
        wrong = cells * others - outer[0] * outer_others
        good, linked = _sum(self._cell_true, right), _sum(self._cell_true, right + wrong / 2)
        return good, linked, _pairs(true) - _pairs(outer[2])

    def people(self, inside: NDArray[np.bool_]) -> dict[str, int]:
        """Return how many true people with a record inside are behind the pairs of precision and of recall."""
        if not len(self.records):
            return {"precision": 0, "recall": 0}
        own = self._counts(inside)[2] > 0
        _, linked, true = self._sums(inside)
        return {"precision": int((own & (linked > 0)).sum()), "recall": int((own & (true > 0)).sum())}

    def by_group(self, groups: Mapping[str, NDArray[np.object_]]) -> list[dict[str, Any]]:
        """Return the figures of each level of each grouping, and how many people are behind them.

        Args:
            groups: name of a grouping, such as "sex" → the level of each record, of all records.
        """
        rows = []
        for name, levels in groups.items():
            here = levels[self.records]
            for level in sorted(set(here.tolist())):
                inside = here == level
                found = self.quality(inside, least=FEWEST).as_json()
                rows.append({"group": name, "level": level, **found, "people": self.people(inside)})
        return rows


def _sum(groups: NDArray[np.int64], values: _Sums) -> _Sums:
    return np.bincount(groups, values).astype(np.float64)


def _pairs(records: _Sums) -> _Sums:
    return records * (records - 1) / 2


def measure(linked: Mapping[str, str], truth: Mapping[str, str]) -> Quality:
    """Return the figures over all records that are in both.

    Args:
        linked: record key → person as linked.
        truth: record key → true person.
    """
    return _known(linked, truth)[0].quality()


def by_group(
    linked: Mapping[str, str], truth: Mapping[str, str], groups: Mapping[str, Mapping[str, str]]
) -> list[dict[str, Any]]:
    """Return the figures of each group: of pairs of which at least one record belongs to it.

    Args:
        linked: record key → person as linked.
        truth: record key → true person.
        groups: name of a grouping, such as "sex" → record key → level.
    """
    known, records = _known(linked, truth)
    levels = {
        name: np.array([level_of.get(record, NOT_RECORDED) for record in records], dtype=object)
        for name, level_of in groups.items()
    }
    return known.by_group(levels)


def _known(linked: Mapping[str, str], truth: Mapping[str, str]) -> tuple[Known, list[str]]:
    records = [record for record in truth if record in linked]
    return Known(codes(linked[record] for record in records), codes(truth[record] for record in records)), records


def codes(values: Iterable[str | None]) -> NDArray[np.int64]:
    """Return a number for each value, equal for equal ones and -1 for None."""
    numbers: dict[str, int] = {}
    found = [-1 if value is None else numbers.setdefault(value, len(numbers)) for value in values]
    return np.array(found, np.int64)


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
