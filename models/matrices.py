"""The matrix of a feature set as numbers: float64, NaN where there is no number, codes in place of pseudonyms."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.rows.feature_sets import FeatureSet
from hub.errors import IntegrityError
from models.resampling import Codes, Floats, codes
from models.splits import Days, Rows

Mask = npt.NDArray[np.bool_]
_DAYS = 1_000_000
"""More than any day has since 1970."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of a feature set, or some of them. All arrays have one entry (one row of `values`) per row.

    Attributes:
        names: the indicators, in the order of the columns of `values`.
        values: shape (rows, indicators); NaN is "no number".
        outcomes: 1, 0, or NaN while the horizon is not complete.
        days: the as-of date of each row.
        people: a code per person, from 0; equal codes are the same person.
        families: a code per family, from 0; equal codes are of one family.
        followed: whether the outcome can be known: somebody was followed to the end of the horizon, or to the outcome
            before that (`features.rows.followed`).
    """

    names: tuple[str, ...]
    values: Floats
    outcomes: Floats
    days: Days
    people: Codes
    families: Codes
    followed: Mask

    def take(self, rows: Rows) -> "Matrix":
        """Return these rows; people and families are numbered anew from 0."""
        people, families = (codes(one[rows]) for one in (self.people, self.families))
        of = (self.values[rows], self.outcomes[rows], self.days[rows])
        return Matrix(self.names, *of, people, families, self.followed[rows])

    def column(self, name: str) -> Floats:
        """Return the numbers of one indicator."""
        return self.values[:, self.names.index(name)]

    @property
    def day_codes(self) -> Codes:
        """Return a code per as-of date, from 0, in the order of time."""
        return np.unique(self.days, return_inverse=True)[1].astype(np.intp)

    @property
    def day_count(self) -> int:
        """Return how many as-of dates there are."""
        return len(np.unique(self.days))

    @property
    def people_count(self) -> int:
        """Return how many people there are."""
        return len(np.unique(self.people))

    @property
    def positives(self) -> int:
        """Return how many rows have the outcome."""
        return int(np.nansum(self.outcomes))


def floats(table: pa.Table, names: Sequence[str]) -> Floats:
    """Return columns of a table as one array of shape (rows, names); an empty cell becomes NaN."""
    values = np.empty((table.num_rows, len(names)), dtype=np.float64)
    for index, name in enumerate(names):
        values[:, index] = table[name].to_numpy()
    return values


def of_feature_set(feature_set: FeatureSet) -> Matrix:
    """Return the numbers of a feature set, in the order of its matrix.

    Raises:
        IntegrityError: a file has changed by a byte, or its matrix and its families are not about the same people.
    """
    table, families = feature_set.matrix(), feature_set.families()
    ids = table["person_id"].combine_chunks()
    at = pc.index_in(ids, families["person_id"].combine_chunks())
    if at.null_count:
        raise IntegrityError(
            f"feature set {feature_set.digest[:12]}: matrix and families are not about the same people.",
            "Build it anew.",
        )
    outcomes = table["outcome"].cast(pa.float64()).to_numpy()
    names, days = feature_set.use_case.indicator_names, table["as_of_date"]
    values, people = floats(table, names), codes(ids.to_numpy(zero_copy_only=False).astype(np.str_))
    _require_usable(feature_set, values, people, days.to_numpy().astype("datetime64[D]"))
    return Matrix(
        tuple(names),
        values,
        outcomes,
        days.to_numpy().astype("datetime64[D]"),
        people,
        codes(families["family"].to_numpy()[at.to_numpy(zero_copy_only=False).astype(np.intp)]),
        _followed(feature_set, table),
    )


def _followed(feature_set: FeatureSet, table: pa.Table) -> Mask:
    """Return of which rows the outcome can be known (`features.rows.followed`)."""
    ended = feature_set.not_followed()
    keys = [one.select(["person_id", "as_of_date"]) for one in (table, ended)]
    numbered = keys[0].append_column("row", pa.array(np.arange(table.num_rows)))
    joined = keys[1].join(numbered, ["person_id", "as_of_date"], join_type="inner")
    found = np.ones(table.num_rows, dtype=np.bool_)
    found[joined["row"].to_numpy()] = False
    return found


def _require_usable(feature_set: FeatureSet, values: Floats, people: Codes, days: Days) -> None:
    """Check that each (person, date) stands there once and that every number is one.

    Raises:
        IntegrityError: it says how many rows, and which indicators.
    """
    where = f"feature set {feature_set.digest[:12]}"
    keys = people.astype(np.int64) * _DAYS + days.astype(np.int64)
    again = len(keys) - len(np.unique(keys))
    if again:
        raise IntegrityError(f"{where}: {again:,} rows repeat a person on a date.", "Build it anew.")
    wrong = dict(zip(feature_set.use_case.indicator_names, np.isinf(values).sum(axis=0).tolist(), strict=True))
    told = ", ".join(f"{name} in {count:,} rows" for name, count in wrong.items() if count)
    if told:
        remedy = "Mend the values in the extract, and build it anew."
        raise IntegrityError(f"{where}: numbers without end: {told}.", remedy)
