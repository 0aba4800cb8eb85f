"""Which children of a feature set belong together: families, the unit that intervals resample.

Brothers and sisters share a home, an area and much of what befalls them: intervals that draw children one by one are
too narrow. Here two people are of one family when, between the first date of looking and the last day that the
snapshot covers, they lived in one household at the same time, or one source said at the same time that they are of one
family; and so are all whom such ties connect, also through adults who are in no row. What holds more than `LARGEST`
people at once is a hostel, a school or an address that was written for many: it ties nobody.
"""

import datetime

import numpy as np
import pyarrow as pa

from features.rows.feature_sets import families_table
from hub import sql
from hub.publishing.snapshots import Snapshot

LARGEST = 15
"""More people than this in one household, or of one family by one source, tie nobody."""


def families(snapshot: Snapshot, people: pa.Array, since: datetime.date) -> pa.Table:
    """Return (person_id, family): equal numbers are of one family; numbered from 0 in the order of person_id.

    Args:
        snapshot: its tables `person`, `household` and `family` are read; the caller holds its files.
        people: ids of people of the snapshot, sorted, each once.
        since: the first date of looking.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    with sql.connect() as connection:
        person = sql.parquet(snapshot.path("person"))
        connection.execute(
            f"CREATE TABLE node AS SELECT person_id, row_number() OVER (ORDER BY person_id) - 1 AS number FROM {person}"
        )
        connection.register("wanted", pa.table({"person_id": people}))
        chosen = connection.execute(
            "SELECT number FROM node SEMI JOIN wanted USING (person_id) ORDER BY number"
        ).fetchnumpy()
        [(size,)] = connection.execute("SELECT count(*) FROM node").fetchall()
        ties = connection.execute(_ties(snapshot, since)).fetchnumpy()
    member, place = ties["number"].astype(np.int64), ties["place"].astype(np.int64) + size
    whole = size + len(np.unique(place))
    graph = coo_array((np.ones(len(member), np.int8), (member, place)), shape=(whole, whole))
    component = connected_components(graph, directed=False)[1][chosen["number"]]
    _, begins, code = np.unique(component, return_index=True, return_inverse=True)
    number = np.empty(len(begins), np.int64)
    number[np.argsort(begins, kind="stable")] = np.arange(len(begins))
    return families_table().conform(pa.table({"person_id": people, "family": number[code]}))


def _ties(snapshot: Snapshot, since: datetime.date) -> str:
    """Return the SELECT of who was where: (number, place), with a number for each place and time of being together."""
    stays = " UNION ALL ".join(
        f"SELECT '{table} ' || {table}_id AS what, person_id, greatest(valid_from, {sql.date(since)}) AS starts, "
        f"coalesce(valid_to, 'infinity'::DATE) AS ends FROM {sql.parquet(snapshot.path(table))}"
        for table in ("household", "family")
    )
    ordered = "PARTITION BY what ORDER BY starts, ends ROWS BETWEEN UNBOUNDED PRECEDING AND"
    return f"""
        WITH stay AS (FROM ({stays}) WHERE ends > starts),
        begun AS (
            SELECT *, coalesce(max(ends) OVER ({ordered} 1 PRECEDING) <= starts, true) AS begins FROM stay
        ),
        together AS (
            SELECT what, person_id, count(*) FILTER (begins) OVER ({ordered} CURRENT ROW) AS island FROM begun
        ),
        place AS (
            SELECT what, island, row_number() OVER (ORDER BY what, island) - 1 AS place FROM together
            GROUP BY what, island HAVING count(DISTINCT person_id) BETWEEN 2 AND {LARGEST}
        )
        SELECT DISTINCT number, place FROM together JOIN place USING (what, island) JOIN node USING (person_id)
    """
