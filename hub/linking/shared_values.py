"""Values that tell nobody apart, because they are put down for many: set aside before anything is learnt from them.

    found = set_aside(connection, Placeholders())      # the table `spelt` keeps no such value

Two strangers who "have one birthday" because neither's is known, or because each was given 1 January, look like one
person, and as pairs of one birthday they also teach the weights what is untrue. So a value counts as not recorded when

- it stands in the list of placeholders (hub.declarations.placeholders, and what a partnership adds), or
- more people have it than chance explains. People are told apart by their names. Where one person's records are each
  misspelt in its own way, every birthday has more names than people; that is counted as the spread of the counts, and
  counts and means are divided by it.

| value | more than chance explains |
|---|---|
| a birthday | more names have it than a Poisson variable of 1.5 times the usual number of its half year reaches |
| a day of the year | its birthdays together, over all years, likewise, and 2.5 times what chance gives |
| 1 January | the same with a probability below 0.01, and twice what chance gives |
| an address | 8 family names, 12 names, and 4 times the 95th of 100 addresses |
| a postcode | 40 family names, 60 names, and 6 times the 95th of 100 postcodes |
| an e-mail address | 5 family names and 8 names |
| an identifier | 4 names and 4 years of birth (and what hub.linking.records refuses) |

Common given and family names stay: their frequency is weighed (weighing.comparisons). Where values are coarse
(birthdays to
the month, a whole file of 1 January) nothing is set aside for being common; chance then explains it (weighing.chance).
"""

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hub import sql
from hub.declarations import placeholders
from hub.declarations.placeholders import Placeholders
from hub.identity import spellings

LISTED = "listed as a placeholder"
COMMON = "more people share it than chance explains"
_FEWEST = 5
_IMPROBABLE = 1e-7
_LEAST_CHANCE = 0.02
_SPREAD = 1.5
_DAY_OF_YEAR = 2.5
_NEW_YEAR = (2.0, 0.01)
# 1 January is what most people put down who know the year alone, so less is asked of it to be odd.
_MOST = 0.3
# Where more of the records would lose their birthdays, birthdays are coarse, and it is not these that are odd.
_SHOWN = 10
# Birthdays and names that so many people share say nothing about one of them, and may be shown.
_NAME = (
    "CASE WHEN given_name IS NULL AND family_name IS NULL THEN record_key ELSE concat(given_name, '|', family_name) END"
)
_INITIALS = (
    "CASE WHEN given_name IS NULL AND family_name IS NULL THEN record_key "
    "ELSE concat(left(given_name, 1), '|', left(family_name, 2)) END"
)
_TRIMMED = 0.995
_FAMILY = "left(coalesce(family_name, record_key), 3)"
_HALF_YEAR = 183


@dataclass(frozen=True, slots=True)
class SetAside:
    """Values of one kind that were set aside.

    Attributes:
        comparison: the comparison, as in hub.weighing.comparisons.
        why: LISTED or COMMON.
        values: how many values.
        records: how many records held one.
        shown: those that may be shown: birthdays and names of many people; never a place, e-mail or identifier.
    """

    comparison: str
    why: str
    values: int
    records: int
    shown: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the form for the report."""
        return {
            "comparison": self.comparison,
            "why": self.why,
            "values": self.values,
            "records": self.records,
            "shown": list(self.shown),
        }


def set_aside(connection: duckdb.DuckDBPyConnection, more: Placeholders) -> tuple[SetAside, ...]:
    """Take such values out of the table `spelt`, and note them in the table `aside` (record_key, comparison).

    Args:
        connection: holds the table `spelt` (hub.linking.records).
        more: what means "not known" besides what hub.declarations.placeholders lists.
    """
    connection.execute("CREATE OR REPLACE TABLE aside (record_key VARCHAR, comparison VARCHAR)")
    found = []
    for column, listed in (
        ("given_name", (*placeholders.GIVEN_NAMES, *more.given_names)),
        ("family_name", (*placeholders.FAMILY_NAMES, *more.family_names)),
    ):
        found.append(_placeholder_names(connection, column, listed))
    listed_days = [*placeholders.BIRTHDAYS, *(day.isoformat() for day in more.birthdays)]
    found.append(_take(connection, "date_of_birth", LISTED, "date_of_birth", _values(connection, listed_days)))
    found.append(_take(connection, "date_of_birth", COMMON, "date_of_birth", _common_birthdays(connection)))
    found.append(_crowds(connection, "place", "address", families=8, names=12, times=4))
    found.append(_crowds(connection, "place", "postcode", families=40, names=60, times=6))
    found.append(_crowds(connection, "email", "email", families=5, names=8, times=0))
    found.append(_common_identifiers(connection))
    connection.execute("DROP TABLE odd")
    return tuple(one for one in found if one.values)


def _values(connection: duckdb.DuckDBPyConnection, values: Collection[str]) -> str:
    """Make a table of values and return its name."""
    connection.register("odd_given", pa.table({"value": pa.array(list(values), pa.string())}))
    connection.execute("CREATE OR REPLACE TEMP TABLE odd AS SELECT DISTINCT value FROM odd_given")
    connection.unregister("odd_given")
    return "odd"


def _placeholder_names(connection: duckdb.DuckDBPyConnection, column: str, listed: Collection[str]) -> SetAside:
    """Set aside names that are a placeholder, or made of nothing but the words of placeholders."""
    spelt = spellings.placeholder_names(listed)
    words = sorted({word for one in spelt for word in one.split() if len(word) > 2})
    parts = f"string_split({column}, ' ')"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE odd AS SELECT DISTINCT {column} AS value FROM spelt WHERE
            {column} IN {sql.texts(spelt)}
            OR (len(list_filter({parts}, lambda one: length(one) > 2 AND one NOT IN {sql.texts(words)})) = 0
                AND len(list_filter({parts}, lambda one: length(one) > 2)) > 1)
        """
    )
    return _take(connection, column, LISTED, column, "odd")


def _take(connection: duckdb.DuckDBPyConnection, comparison: str, why: str, column: str, odd: str) -> SetAside:
    """Set aside the values in the table `odd` (value) of a column."""
    there = f"FROM spelt SEMI JOIN {odd} ON {odd}.value = spelt.{column}"
    [(values, records)] = connection.execute(
        f"SELECT count(DISTINCT {column}), count(DISTINCT record_key) {there}"
    ).fetchall()
    shown: list[tuple[str]] = []
    if values and comparison in ("given_name", "family_name", "date_of_birth"):
        shown = connection.execute(
            f"SELECT {column} {there} GROUP BY 1 HAVING count(DISTINCT record_key) >= {_SHOWN} "
            f"ORDER BY count(DISTINCT record_key) DESC, 1 LIMIT {_SHOWN}"
        ).fetchall()
    if values:
        connection.execute(f"INSERT INTO aside SELECT DISTINCT record_key, '{comparison}' {there}")
        cleared = {"address": ("address", "street", "home"), "postcode": ("postcode", "home")}.get(column, (column,))
        nothing = ", ".join(f"{one} = NULL" for one in cleared)
        connection.execute(f"UPDATE spelt SET {nothing} WHERE {column} IN (SELECT value FROM {odd})")
    return SetAside(comparison, why, int(values), int(records), tuple(one for (one,) in shown))


def _common_birthdays(connection: duckdb.DuckDBPyConnection) -> str:
    """Make the table of birthdays that more people have than chance explains."""
    rows = connection.execute(
        f"SELECT date_of_birth, count(DISTINCT {_NAME}) FROM spelt WHERE date_of_birth IS NOT NULL "
        "GROUP BY 1 ORDER BY 1"
    ).fetchall()
    days = [datetime.date.fromisoformat(day) for day, _ in rows]
    counts = np.array([count for _, count in rows], dtype=np.float64)
    odd = common(days, counts)
    return _values(connection, [day.isoformat() for day, is_odd in zip(days, odd.tolist(), strict=True) if is_odd])


def common(days: list[datetime.date], counts: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which birthdays more people have than chance explains.

    Args:
        days: the birthdays, ascending, each once.
        counts: how many people have each.
    """
    if not days:
        return np.zeros(0, dtype=bool)
    at = np.array([day.toordinal() for day in days])
    so_far = np.concatenate(([0.0], np.cumsum(counts)))
    low, high = np.searchsorted(at, at - _HALF_YEAR), np.searchsorted(at, at + _HALF_YEAR, side="right")
    near = (so_far[high] - so_far[low] - counts) / (2 * _HALF_YEAR)
    usual = np.maximum(np.maximum(near, _same_day_of_month(days, counts)), _LEAST_CHANCE)
    spread = _spread(counts, near)
    odd = (counts >= _FEWEST) & (_tail(counts / spread, _SPREAD * usual / spread) < _IMPROBABLE)
    names = np.array([day.strftime("%m-%d") for day in days])
    rest = np.where(odd, 0.0, counts)
    for name in np.unique(names):
        here = names == name
        share = rest.sum() / (1461 if name == "02-29" else 365.25)
        together = rest[here].sum()
        times, improbable = _NEW_YEAR if name == "01-01" else (_DAY_OF_YEAR, _IMPROBABLE)
        far = together >= _FEWEST and together > times * share
        if far and _tail(together / spread, _SPREAD * share / spread) < improbable:
            odd |= here
    return odd if counts[odd].sum() <= _MOST * counts.sum() else np.zeros(len(days), dtype=bool)


def _spread(counts: NDArray[np.float64], means: NDArray[np.float64]) -> float:
    """Return how many times the variance of the counts is their mean, at least 1; the largest counts left out.

    Counts of people who each count k times have E[k^2] / E[k] times the variance of counts of people (a compound
    Poisson variable).
    """
    usual = counts <= np.quantile(counts, _TRIMMED)
    squares = ((counts - means) ** 2)[usual].sum()
    # Birthdays that nobody has are not among the counts; of those a mean that is small expects about its own square.
    return max(float(squares / max(counts[usual].sum(), 1e-9)), 1.0)


def _same_day_of_month(days: list[datetime.date], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each birthday the median count of the same day of the other eleven months, half a year around.

    Where only the month of a birthday is known, all fall on one day of it, and none of them is odd.
    """
    known = {(day.year, day.month, day.day): count for day, count in zip(days, counts.tolist(), strict=True)}
    found = []
    for day in days:
        others = []
        for step in range(-6, 7):
            month = day.year * 12 + day.month - 1 + step
            if step:
                others.append(known.get((month // 12, month % 12 + 1, day.day), 0.0))
        found.append(float(np.median(others)))
    return np.array(found)


def _tail(counts: Any, mean: Any) -> Any:
    """Return a bound on the probability that a Poisson variable of this mean is at least `counts`.

    Chernoff's bound: exp(c - mean) (mean / c)^c where c is above the mean, else 1.
    """
    return np.where(counts > mean, np.exp(counts - mean - counts * np.log(np.maximum(counts, 1) / mean)), 1.0)


def _crowds(
    connection: duckdb.DuckDBPyConnection, comparison: str, column: str, *, families: int, names: int, times: int
) -> SetAside:
    """Set aside the values of a column that more people share than a home, a street or a family explains."""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE odd AS
        WITH crowd AS (
            SELECT {column} AS value, count(DISTINCT {_FAMILY}) AS families, count(DISTINCT {_INITIALS}) AS names
            FROM spelt WHERE {column} IS NOT NULL AND {column} <> '' GROUP BY 1
        )
        SELECT value FROM crowd WHERE families >= {families} AND names >= {names}
            AND names > {times} * (SELECT quantile_disc(names, 0.95) FROM crowd)
        """
    )
    return _take(connection, comparison, COMMON, column, "odd")


def _common_identifiers(connection: duckdb.DuckDBPyConnection) -> SetAside:
    """Set aside identifiers on records of several names and several birthdays."""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE odd AS
        SELECT value FROM (SELECT unnest(identifiers) AS value, {_INITIALS} AS name, date_of_birth FROM spelt)
        GROUP BY value HAVING count(DISTINCT name) >= 4 AND count(DISTINCT left(date_of_birth, 4)) >= 4
        """
    )
    [(values, records)] = connection.execute(
        "SELECT count(DISTINCT value), count(DISTINCT record_key) FROM "
        "(SELECT record_key, unnest(identifiers) AS value FROM spelt) SEMI JOIN odd USING (value)"
    ).fetchall()
    if values:
        connection.execute(
            "INSERT INTO aside SELECT DISTINCT record_key, 'identifiers' FROM "
            "(SELECT record_key, unnest(identifiers) AS value FROM spelt) SEMI JOIN odd USING (value)"
        )
        connection.execute(
            """
            UPDATE spelt SET identifiers = list_filter(identifiers, lambda one: NOT list_contains(refused, one))
            FROM (SELECT list(value) AS refused FROM odd) WHERE list_has_any(identifiers, refused)
            """
        )
    return SetAside("identifiers", COMMON, int(values), int(records))
