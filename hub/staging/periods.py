"""The rows of the extracts that hold now. Where a source delivers by periods, several hold side by side and add up.

What was open in one period stands again, with its end, in the next. An event that several of them hold is one, known
from its first sight; of an involvement or a family the end is that of the latest period; equal identity rows are one.
"""

from collections.abc import Sequence
from pathlib import Path

from hub import sql
from hub.staging import history
from hub.staging.extracts import Extract
from hub.tables import AREA_EVENT, EVENT, FAMILY, IDENTITY_RECORD, INVOLVEMENT, STAGED_FAMILY, STAGED_INVOLVEMENT, Table

_STAGED = {INVOLVEMENT.name: STAGED_INVOLVEMENT, FAMILY.name: STAGED_FAMILY}


def by_source(extracts: Sequence[Extract]) -> dict[str, list[Extract]]:
    """Return the extracts of each source, the earliest period first."""
    found: dict[str, list[Extract]] = {}
    for one in sorted(extracts, key=lambda one: (one.period or "", one.delivered_on)):
        found.setdefault(one.source, []).append(one)
    return found


def staged(extracts: Sequence[Extract], table: Table) -> str:
    """Return the SELECT of the staged rows of `table` (EVENT, INVOLVEMENT, FAMILY or AREA_EVENT) in all extracts."""
    alone: list[Path] = []
    selects = []
    for held in by_source(extracts).values():
        paths = [one.path / f"{table.name}.parquet" for one in held]
        if len(paths) == 1:
            alone += paths
        elif table is AREA_EVENT:
            selects.append(f"SELECT * REPLACE (min(known_from) AS known_from) FROM {_files(paths)} GROUP BY ALL")
        elif table is EVENT:
            selects.append(history.merged_events(_files(paths)))
        else:
            ranked = (f"SELECT *, {rank} AS rank FROM {_files([one])}" for rank, one in enumerate(paths))
            selects.append(history.merged_times(f"({' UNION ALL '.join(ranked)})", _STAGED[table.name]))
    whole = [f"SELECT * FROM {_files(alone)}"] if alone else []
    return " UNION ALL BY NAME ".join(f"({select})" for select in whole + selects)


def identity(extracts: Sequence[tuple[Extract, Path]]) -> str:
    """Return the SELECT of the identity rows of extracts, each given with its file."""
    paths = {one.digest: path for one, path in extracts}
    alone: list[Path] = []
    selects = []
    known = ("known_from", "end_known_from")
    others = ", ".join(field.name for field in IDENTITY_RECORD.fields if field.name not in known)
    for held in by_source([one for one, _ in extracts]).values():
        files = [paths[one.digest] for one in held]
        if len(files) == 1:
            alone += files
        else:
            selects.append(
                f"SELECT {others}, min(known_from) AS known_from, min(end_known_from) AS end_known_from "
                f"FROM {_files(files)} GROUP BY {others}"
            )
    whole = [f"SELECT * FROM {_files(alone)}"] if alone else []
    return " UNION ALL BY NAME ".join(f"({select})" for select in whole + selects)


def _files(paths: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(sql.text(path.as_posix()) for path in paths)}])"
