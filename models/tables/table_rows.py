"""Two tables as rows to learn from: whose they are, which part each is in, and what must be said of them.

    tables = TablePair.read(Path("train.parquet"), Path("test.parquet"), ColumnRoles("y", person="id"))
    split = split_rows(tables, horizon=None, seed=0)
    coded = coded_rows(tables, split)              # numbers, as the rows of the part train decide

The part `test` is the test file. What is learned from is divided into `train` and `choose`: by date, the newest dates
to choose on; without dates (or with one) by families, else people, else rows, drawn by a seeded hash, so that nobody's
rows and no brothers and sisters are on both sides.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hub.errors import InputError
from models.matrices import Matrix
from models.resampling import Codes, Floats, codes
from models.splits import PARTS, Days, NotEnoughError, Rows
from models.tables import table_columns, table_guards
from models.tables.table_coding import TableCoding
from models.tables.table_columns import ColumnRoles
from models.tables.table_files import read

CHOOSE_SHARE = 0.25
"""Of the rows to learn from, at least about so many are to choose on."""
_NO_DAY = np.datetime64("1970-01-01", "D")
_DAYS = 1_000_000
_REMEDY = "Give more rows, or look again at the outcome."


@dataclass(frozen=True)
class TablePair:
    """The rows of both files that have an outcome: first those to learn from, then those of the test.

    Attributes:
        paths: both files.
        roles: what their columns are.
        learn: the rows to learn from.
        test: the rows of the test.
        outcomes: 0 or 1, one a row of both.
        people: a code per person across both; without persons one per row.
        families: a code per family across both; without families that of the person.
        days: the date of looking; without dates one and the same.
        said: what must be said of the files, in sentences.
    """

    paths: tuple[Path, Path]
    roles: ColumnRoles
    learn: pa.Table
    test: pa.Table
    outcomes: Floats
    people: Codes
    families: Codes
    days: Days
    said: tuple[str, ...]

    @classmethod
    def read(cls, learn: Path, test: Path, roles: ColumnRoles) -> "TablePair":
        """Read and check both files.

        Raises:
            InputError: a file or a column is not as it must be; it names the file, the column and the remedy.
        """
        paths, said = (learn, test), []
        tables, outcomes = [], []
        for path in paths:
            table = read(path, as_text=roles.texts)
            roles.require(path, table)
            values = table_columns.outcomes(path, table[roles.outcome], roles.outcome)
            known = ~np.isnan(values)
            if not known.all():
                said.append(f"{path.name}: {int((~known).sum()):,} rows without an outcome were left out.")
            tables.append(table.filter(pa.array(known)))
            outcomes.append(values[known])
        sizes = [len(values) for values in outcomes]
        people = _keys(paths, tables, roles.person)
        families = people
        if roles.family is not None:
            families = _keys(paths, tables, roles.family)
            if roles.person is not None:
                families, several = _joined(people, families)
                if several:
                    said.append(
                        f"{several:,} people stand under more than one {roles.family}: what they tie is one family."
                    )
        days = np.full(sum(sizes), _NO_DAY)
        if roles.date is not None:
            columns = zip(paths, tables, strict=True)
            days = np.concatenate([table_columns.days(path, one[roles.date], roles.date) for path, one in columns])
        first, second = tables
        found = cls(paths, roles, first, second, np.concatenate(outcomes), people, families, days, ())
        found._require_once()
        said += found._shared()
        left_aside = [name for name in second.column_names if name not in first.column_names]
        if left_aside:
            said.append(f"{test.name}: {', '.join(left_aside)} is not in {learn.name} and was left aside.")
        for name in table_columns.looks_like_an_identifier(first, roles.indicators(first)):
            said.append(f"{learn.name}: {name} is a whole number that differs in every row. Is it an identifier?")
        return replace(found, said=tuple(said))

    @property
    def is_test(self) -> NDArray[np.bool_]:
        """Whether a row is one of the test file."""
        return np.asarray(np.arange(len(self.outcomes)) >= self.learn.num_rows)

    @property
    def unit(self) -> str:
        """Who is drawn together, by resamples and by the split: families, people or rows."""
        if self.roles.family is not None:
            return "families"
        return "rows" if self.roles.person is None else "people"

    def _require_once(self) -> None:
        """Check that each person stands there once on each date.

        Raises:
            InputError: it says where and in how many rows.
        """
        if self.roles.person is None:
            return
        keys = self.people.astype(np.int64) * _DAYS + self.days.astype(np.int64)
        when = "without --date" if self.roles.date is None else "on a date"
        for path, inside in zip(self.paths, (~self.is_test, self.is_test), strict=True):
            again = int(inside.sum()) - len(np.unique(keys[inside]))
            if again:
                raise InputError(
                    f"{path}: {again:,} rows repeat a person {when} ({self.roles.person}).",
                    "Keep one row for each person and date, and name the date's column with --date.",
                )
        both = np.intersect1d(keys[self.is_test], keys[~self.is_test])
        if len(both) and self.roles.date is not None:
            raise InputError(
                f"{self.paths[1]}: {len(both):,} rows are of a person and date that {self.paths[0].name} holds too.",
                "Take them out of one of the two; a test on what was learned says nothing.",
            )

    def _shared(self) -> list[str]:
        """Return how many people and families of the test are also among those learned from."""
        words = []
        roles = self.roles
        for name, kind, of in ((roles.person, "people", self.people), (roles.family, "families", self.families)):
            if name is None:
                continue
            test, learn = np.unique(of[self.is_test]), np.unique(of[~self.is_test])
            count = len(np.intersect1d(test, learn))
            if count:
                words.append(f"{count:,} of the {len(test):,} {kind} of the test are also among those learned from.")
        if roles.person is None:
            words.append("Without --person nobody can say whether people of the test were also learned from.")
        return words


def _keys(paths: tuple[Path, Path], tables: list[pa.Table], name: str | None) -> Codes:
    """Return a code per identifier across both files; one per row where no column is named."""
    if name is None:
        return np.arange(sum(table.num_rows for table in tables), dtype=np.intp)
    both = [table_columns.keys(path, table[name], name) for path, table in zip(paths, tables, strict=True)]
    _require_written_alike(paths, both, name)
    return codes(pa.concat_arrays(both).to_numpy(zero_copy_only=False).astype(np.str_))


def _require_written_alike(paths: tuple[Path, Path], both: Sequence[pa.Array], name: str) -> None:
    """Check that identifiers are not the same but for zeros before them, which one of the files has lost.

    Raises:
        InputError: some are; who is in both files could not be known.
    """
    first, second = (set(one.unique().to_pylist()) for one in both)
    bare = {key.lstrip("0") for key in first}
    count = sum(key not in first and key.lstrip("0") in bare for key in second)
    if count:
        raise InputError(
            f"{paths[1]}: {count:,} values of {name} are those of {paths[0].name} but for zeros before them.",
            "Write identifiers alike in both files: as texts, with their zeros.",
        )


@dataclass(frozen=True, slots=True)
class TableSplit:
    """Which rows are in which part.

    Attributes:
        rows: the rows of "train", "choose" and "test", in the order of the files.
        how: how they came there, in words.
        said: what must be said of it, in sentences.
    """

    rows: Mapping[str, Rows]
    how: str
    said: tuple[str, ...]


def split_rows(tables: TablePair, *, horizon: int | None, seed: int) -> TableSplit:
    """Divide the rows into train, choose and test.

    Args:
        tables: the rows.
        horizon: days after a date of looking in which the outcome counts, `[as_of, as_of + horizon)`: what was still
            open when the next part begins is dropped. None: nothing is dropped.
        seed: of the hash that divides families.

    Raises:
        NotEnoughError: a part has no rows, nobody with the outcome, or nobody without it.
    """
    learn, days = np.flatnonzero(~tables.is_test), tables.days
    dates, counts = np.unique(days[learn], return_counts=True)
    by_date = len(dates) > 1
    if by_date:
        newest = np.cumsum(counts[::-1])[::-1]
        begins = dates[max(1, int(np.flatnonzero(newest >= CHOOSE_SHARE * len(learn))[-1]))]
        train, choose = learn[days[learn] < begins], learn[days[learn] >= begins]
        how = f"by date: the dates from {begins} on are to choose on"
    else:
        chosen = _drawn(tables, seed)
        train, choose = learn[~chosen], learn[chosen]
        how = f"by a hash of {tables.unit} with the seed {seed}"
    test, dropped, said = np.flatnonzero(tables.is_test), 0, []
    begins_test = days[test].min()
    if horizon is not None:
        before = len(train) + len(choose)
        choose = choose[days[choose] + np.timedelta64(horizon, "D") <= begins_test]
        following = days[choose].min() if by_date and len(choose) else begins_test
        train = train[days[train] + np.timedelta64(horizon, "D") <= following]
        dropped = before - len(train) - len(choose)
    elif tables.roles.date is not None:
        said.append("Without --horizon outcomes that were learned from may still have been open when the test begins.")
        if days[learn].max() >= begins_test:
            said.append("The test begins before the last date that was learned from: it does not test the future.")
    if dropped:
        said.append(f"{dropped:,} rows were left out: their horizon of {horizon} days reaches into the next part.")
    rows = {"train": train, "choose": choose, "test": test}
    for name in PARTS:
        _require_both(tables, name, rows[name], horizon if name != "test" else None)
    return TableSplit(rows, how, tuple(said))


def _drawn(tables: TablePair, seed: int) -> NDArray[np.bool_]:
    """Say which rows to learn from are to choose on, all of a family alike."""
    name = tables.roles.family or tables.roles.person
    size = tables.learn.num_rows
    units = [str(row) for row in range(size)] if name is None else tables.learn[name].to_pylist()
    drawn = {
        unit: int.from_bytes(hashlib.sha256(f"{seed}:{unit}".encode()).digest()[:8], "big") / 2**64 < CHOOSE_SHARE
        for unit in {*units}
    }
    return np.array([drawn[unit] for unit in units], dtype=np.bool_)


def _require_both(tables: TablePair, name: str, rows: Rows, horizon: int | None) -> None:
    which = f"{tables.paths[name == 'test']}: the part {name}"
    if not len(rows) and horizon is not None:
        raise NotEnoughError(
            f"{which} has no rows whose horizon of {horizon} days ends before the next part begins.",
            "Give earlier dates to learn from, or a later test.",
        )
    if not len(rows):
        raise NotEnoughError(f"{which} has no rows.", _REMEDY)
    positives = int(tables.outcomes[rows].sum())
    if positives in (0, len(rows)):
        words = "without" if positives else "with"
        raise NotEnoughError(f"{which} has nobody {words} the outcome among {len(rows):,} rows.", _REMEDY)


def _joined(people: Codes, families: Codes) -> tuple[Codes, int]:
    """Return one family for each row, and how many people stand under more than one: these tie them together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = int(people.max()) + 1
    ties = np.unique(np.column_stack([people, families]), axis=0)
    whole = size + int(families.max()) + 1
    graph = coo_array((np.ones(len(ties), np.int8), (ties[:, 0], ties[:, 1] + size)), shape=(whole, whole))
    component = connected_components(graph, directed=False)[1]
    return codes(component[people]), int((np.bincount(ties[:, 0]) > 1).sum())


def coded_rows(tables: TablePair, split: TableSplit) -> tuple[TableCoding, Matrix]:
    """Return how columns become numbers, as the part train decides, and all rows as numbers.

    Raises:
        InputError: a column cannot be learned from, is a group under another name, or is of another kind in the test.
    """
    roles, train = tables.roles, split.rows["train"]
    names = roles.indicators(tables.learn)
    coding = TableCoding.of(tables.paths[0], tables.learn.take(train), names, tables.people[train])
    for group in roles.groups:
        table_columns.labels(tables.paths[0], tables.learn[group], group)
    table_guards.require_no_group_in(tables.paths[0], tables.learn, names, roles.groups)
    both = zip(tables.paths, (tables.learn, tables.test), strict=True)
    values = np.concatenate([coding.values(path, table) for path, table in both])
    followed = np.ones(len(values), dtype=np.bool_)  # whoever makes a table leaves out whose outcome is not known
    return coding, Matrix(coding.names, values, tables.outcomes, tables.days, tables.people, tables.families, followed)
