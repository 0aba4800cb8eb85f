"""What a delivery tells in vain, since another one of its source holds in its place; deaths are asked for.

    found = count(told, holding)          # Untold(deaths=Loss("death", 1, 12, 1), events=30, of=400)

A delivery that comes after a newer one is replaced the moment it comes (`extracts`). Had it come in order, the newer
one would have been asked about every death that it lacks (`losses`); so now the one that comes is. In the same way
a correction is asked about the deaths of the delivery of the same day that it replaces as if that had never come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hub import sql
from hub.staging.taken_away import DEATH, Loss


@dataclass(frozen=True, slots=True)
class ToldFiles:
    """What an extract tells: the files of its events and of its people."""

    events: Path
    people: Path


@dataclass(frozen=True, slots=True)
class Untold:
    """What one extract tells and others do not.

    Attributes:
        deaths: deaths of people whose death the others do not tell, on whatever day; `of` all deaths that it tells.
        events: how many of its events the others never held.
        of: how many events hold in it.
    """

    deaths: Loss
    events: int
    of: int


def count(told: ToldFiles, holding: Sequence[ToldFiles]) -> Untold:
    """Count what `told` tells and none of `holding` does. An extract tells of people whom it lists.

    Args:
        told: the extract that will not hold.
        holding: those that hold; at least one.
    """
    deaths = " UNION ALL ".join(f"({_deaths(one)})" for one in holding)
    events = ", ".join(sql.text(one.events.as_posix()) for one in holding)
    with sql.connect() as connection:
        [(records, people, of)] = connection.execute(
            f"""
            WITH told AS ({_deaths(told)}), known AS ({deaths}),
            lost AS (FROM told ANTI JOIN known USING (record_key))
            SELECT (SELECT count(*) FROM lost), (SELECT count(DISTINCT record_key) FROM lost), count(*) FROM told
            """
        ).fetchall()
        [(lost, every)] = connection.execute(
            f"""
            WITH held AS (SELECT DISTINCT event_id, true AS held FROM read_parquet([{events}]))
            SELECT count(*) FILTER (held IS NULL), count(*)
            FROM {sql.parquet(told.events)} LEFT JOIN held USING (event_id) WHERE known_to IS NULL
            """
        ).fetchall()
    return Untold(Loss(DEATH, int(records), int(of), int(people)), int(lost), int(every))


def _deaths(told: ToldFiles) -> str:
    return (
        f"SELECT record_key FROM {sql.parquet(told.events)} "
        f"SEMI JOIN {sql.parquet(told.people)} AS listed USING (record_key) "
        f"WHERE event_type = {sql.text(DEATH)} AND known_to IS NULL"
    )
