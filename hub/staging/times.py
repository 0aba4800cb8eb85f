"""Involvements and families of a delivery: pseudonyms, and the dates from which the hub could know starts and ends.

The start is known as `staging.stage` says. The end is known from its mapped date, else from the end itself plus the lag
that the source assumes, and never before its start is known, nor before a delivery has it. What a delivery does not
hold any more is gone: the newest delivery says who is involved with whom. Where an optional file is not there that says
it, nothing is gone: what stood in the delivery before stays. Counted are `backdated` starts and `gone`.
"""

from collections.abc import Callable
from pathlib import Path

from hub import parquet_files, sql
from hub.declarations.mapping import Mapped
from hub.identity.pseudonyms import sql_pseudonym
from hub.staging import history
from hub.staging.stage import Stage, end_known_from
from hub.tables import STAGED_FAMILY, STAGED_INVOLVEMENT, Table


def write_involvements(stage: Stage, agency: str, path: Path) -> tuple[int, dict[str, int]]:
    """Write the involvements (hub.tables.STAGED_INVOLVEMENT); return how many there are, and counts."""

    def columns(_mapped: Mapped) -> str:
        return f"{sql.text(agency)} AS agency, team, role"

    return _write(stage, "involvements", "involvement", columns, ("agency", "team", "role"), STAGED_INVOLVEMENT, path)


def write_families(stage: Stage, path: Path) -> tuple[int, dict[str, int]]:
    """Write the families (hub.tables.STAGED_FAMILY); return how many there are, and counts.

    A relation without a first day keeps none until it is published: it then holds from the day of its first sight.
    """

    def columns(_mapped: Mapped) -> str:
        family = sql_pseudonym("'family'", sql.text(stage.source.name), "family")
        return f"{family} AS family_id, relation"

    return _write(stage, "families", "family", columns, ("family_id", "relation"), STAGED_FAMILY, path)


def _write(
    stage: Stage,
    group: str,
    what: str,
    columns: Callable[[Mapped], str],
    content: tuple[str, ...],
    table: Table,
    path: Path,
) -> tuple[int, dict[str, int]]:
    if not stage.mapped(group):
        return parquet_files.write_empty(table, path), {"backdated": 0, "gone": 0}
    now, seen, before = (sql.name(f"#{word}{what}") for word in ("", "seen ", "before "))

    def select(mapped: Mapped) -> str:
        return (
            f"SELECT record_key, {columns(mapped)}, valid_from, valid_to, end_known_from AS end_recorded, "
            f"known_from IS NOT NULL AS is_mapped, {stage.recorded('valid_from')} AS recorded, "
            f'{sql.text(stage.source.name)} AS source FROM {mapped.result} JOIN "#keys" ON id = person'
        )

    stage.union(group, select, now)
    same = " AND ".join(f"b.{name} IS NOT DISTINCT FROM n.{name}" for name in content)
    same = f"b.record_key = n.record_key AND {same} AND n.valid_from IS NOT DISTINCT FROM b.valid_from"
    gone, absent = 0, sql.name(f"#gone {what}")
    if stage.open_before(what):
        stage.execute(
            f'CREATE TABLE {seen} AS SELECT n."row" AS "row", min(b.known_from) AS seen, '
            "min(b.end_known_from) FILTER (b.valid_to = n.valid_to) AS end_seen "
            f'FROM (SELECT rowid AS "row", * FROM {now}) n JOIN {before} b ON {same} GROUP BY 1'
        )
        stage.execute(f"CREATE TABLE {absent} AS SELECT b.* FROM {before} b ANTI JOIN {now} n ON {same}")
        [(gone,)] = stage.execute(f"SELECT count(*) FROM {absent}").fetchall()
    else:
        stage.execute(f'CREATE TABLE {seen} ("row" BIGINT, seen DATE, end_seen DATE)')
    covered = stage.lacked(group)
    known = history.known_from(day=stage.day, last=stage.last, covered=covered)
    rows = f'SELECT *, {known} AS known_from FROM (SELECT rowid AS "row", * FROM {now}) LEFT JOIN {seen} USING ("row")'
    late = history.backdated(last=stage.last, covered=covered)
    [(backdated,)] = stage.execute(f"SELECT count(*) FROM ({rows}) WHERE {late}").fetchall()
    select_all = f"SELECT *, {end_known_from(stage)} AS end_known_from FROM ({rows})"
    if stage.keeps(group):
        stays = ", ".join(field.name for field in table.fields)
        listed = 'SELECT record_key FROM "#keys"' if not stage.keeps("people") else f"SELECT record_key FROM {absent}"
        kept = f"SELECT {stays} FROM {absent} WHERE record_key IN ({listed})"
        select_all = f"SELECT {stays} FROM ({select_all}) UNION ALL BY NAME {kept}"
        gone = 0
    written = parquet_files.write(stage.connection, select_all, table, path)
    return written, {"backdated": int(backdated), "gone": int(gone)}
