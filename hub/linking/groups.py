"""Groups of records by which linkage is looked at, and what can be said of them without truth.

They are the source, sex, ethnicity, deprivation, and how the name is written: names with letters beyond A to Z and
names of several parts are written in more than one way, so it is for their bearers that linkage fails first.

Missed and false links differ between groups in reality. Without truth nobody can say how many there are, but a group
whose records stay alone more often, or whose links stand nearer to the threshold, is one to look at.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from hub import sql
from hub.figures import Figure, NotComputed, Stated
from hub.linking.accuracy import FEWEST, NOT_RECORDED, clustered

Levels = Mapping[str, NDArray[np.object_]]
"""Name of a grouping → the level of each record, in the order of record numbers."""

NEAR = 3.0
"""A link whose weight is less than this many bits above the threshold is near it: with that much less it were none."""

_LETTERS = ("one part of A to Z", "several parts of A to Z", "letters beyond A to Z")
_WRITTEN = (
    "CASE WHEN regexp_matches(concat(given_name, family_name), '[^\\x00-\\x7F’‘ʼ´–—‑]') THEN 2 "
    "WHEN regexp_matches(trim(given_name), '[ -]') OR regexp_matches(trim(family_name), '[ -]') THEN 1 "
    "WHEN given_name IS NOT NULL OR family_name IS NOT NULL THEN 0 END"
)
_FIFTHS = {1: "1 (most deprived fifth)", 2: "2", 3: "3", 4: "4", 5: "5 (least deprived fifth)"}


def open_areas(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
    """Make the table `area_decile` from the area tables of extracts; of several deciles of an area the lowest."""
    if not files:
        return
    listed = ", ".join(sql.text(path.as_posix()) for path in files)
    connection.execute(
        f"CREATE OR REPLACE TABLE area_decile AS SELECT area_id, min(imd_decile) AS imd_decile "
        f"FROM read_parquet([{listed}]) WHERE imd_decile IS NOT NULL GROUP BY area_id"
    )


def levels(connection: duckdb.DuckDBPyConnection) -> Levels:
    """Return the groupings of which anything is recorded, and always the source.

    Args:
        connection: holds the view `identity_row`, the table `record` and, where areas are known, the table
            `area_decile` (area_id, imd_decile).
    """
    tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    said = "TRY_CAST(identity_row.attributes['imd_decile'] AS INTEGER)"
    join = ""
    if "area_decile" in tables:
        said, join = f"coalesce({said}, imd_decile)", "LEFT JOIN area_decile USING (area_id)"
    newest = "list({0} ORDER BY {1} DESC, {0}) FILTER ({0} IS NOT NULL)[1] AS {0}"
    address = "coalesce(valid_from, known_from)"
    found = connection.execute(
        f"""
        WITH said AS (SELECT *, (({said}) + 1) // 2 AS fifth, {_WRITTEN} AS written FROM identity_row {join})
        SELECT record.source, newest.sex, ethnicity, deprivation, written FROM record LEFT JOIN (
            SELECT record_key, {newest.format("sex", "known_from")}, {newest.format("ethnicity", "known_from")},
                   {newest.format("deprivation", address)}, max(written) AS written
            FROM (SELECT *, CASE WHEN fifth BETWEEN 1 AND 5 THEN fifth END AS deprivation FROM said)
            GROUP BY record_key
        ) newest USING (record_key) ORDER BY number
        """
    ).fetchall()
    columns = list(zip(*found, strict=True)) or [()] * 5
    plain: dict[str, Sequence[str | None]] = dict(zip(("source", "sex", "ethnicity"), columns[:3], strict=True))
    plain["deprivation"] = [_FIFTHS.get(one) for one in columns[3]]
    plain["name"] = [None if one is None else _LETTERS[one] for one in columns[4]]
    return {
        name: np.array([NOT_RECORDED if one is None else one for one in column], dtype=object)
        for name, column in plain.items()
        if name == "source" or any(one is not None for one in column)
    }


def without_truth(
    person: NDArray[np.int64],
    weight: NDArray[np.float64],
    groups: Levels,
    threshold: float,
    aside: NDArray[np.bool_],
) -> list[dict[str, Any]]:
    """Return, for each level of each grouping, what can be said without truth.

    The figures are: `alone`, the share of records that are their person's only one; `records_a_person`, how many
    records a person has who has one in the level; `near`, the share of linked records whose strongest link is less
    than NEAR bits above the threshold; `set_aside`, the share of people of whom something was set aside as shared by
    too many (hub.linking.shared_values). Intervals take people as independent.

    Args:
        person: for each record the number of its person.
        weight: for each record the weight of its strongest link in bits; NaN for a record alone.
        groups: see `levels`.
        threshold: in bits.
        aside: for each record whether something of it was set aside (`aside`).
    """
    size = np.bincount(person)
    rows = []
    for name, level_of in groups.items():
        for level in sorted(set(level_of.tolist())):
            here = level_of == level
            people = person[here]
            records = np.bincount(people, minlength=len(size))
            alone = np.bincount(people, size[people] == 1, minlength=len(size))
            linked = np.isfinite(weight[here])
            linked_records = np.bincount(people[linked], minlength=len(size))
            near = np.bincount(people[linked], weight[here][linked] < threshold + NEAR, minlength=len(size))
            some = np.bincount(people, aside[here], minlength=len(size)) > 0
            rows.append(
                {
                    "group": name,
                    "level": level,
                    "records": int(here.sum()),
                    "alone": clustered(alone, records, "records", least=FEWEST).as_json(),
                    "records_a_person": _mean(size[records > 0]).as_json(),
                    "near": clustered(near, linked_records, "linked records", least=FEWEST).as_json(),
                    "set_aside": clustered(some & (records > 0), records > 0, "people", least=FEWEST).as_json(),
                }
            )
    return rows


def aside(connection: duckdb.DuckDBPyConnection) -> NDArray[np.bool_]:
    """Return for each record whether a value of it was set aside (hub.linking.shared_values).

    Args:
        connection: holds the tables `record` and `aside`.
    """
    found = connection.execute(
        "SELECT record_key IN (SELECT record_key FROM aside) AS some FROM record ORDER BY number"
    ).fetchnumpy()
    return np.asarray(found["some"], dtype=bool)


def _mean(values: NDArray[np.int64]) -> Stated:
    """Return the mean with its normal 95 % interval; values of at least 10 people."""
    n = len(values)
    if n < FEWEST:
        return NotComputed(n, f"people: {FEWEST} are needed")
    mean, half = float(values.mean()), 1.96 * float(values.std(ddof=1)) / math.sqrt(n)
    return Figure(mean, mean - half, mean + half, n=n)
