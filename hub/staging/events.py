"""Events of a delivery: pseudonyms, the date from which the hub could know each, and what became of earlier ones.

How the recording dates came about stands in the facts of the extract under `known_from`:

    {"mapped": 10, "assumed": 0, "delivery": 2, "first_seen_earlier": 1, "lifted": 3, "after_delivery": 0,
     "backdated": 0}

An event cannot be known before it occurred, so an earlier date is `lifted` to `occurred_on`. `after_delivery` counts
events dated after the day of delivery, which only columns with `may_be_future` can hold. `backdated` ones claim a
recording date on which the delivery before lacked them, and are known from this delivery on; see `hub.staging.history`.

Two events of one person with equal content stay two: the second one's pseudonym also holds its number.
"""

import datetime
from pathlib import Path
from typing import Any

from hub import parquet_files, sql
from hub.declarations.mapping import Mapped
from hub.identity.pseudonyms import sql_content_id
from hub.staging import history
from hub.staging.stage import Stage
from hub.tables import STAGED_EVENT

_CONTENT = ("record_key", "event_type", "role", "occurred_on", "value", "detail", "origin", "episode")
_COUNTED = ("mapped", "assumed", "delivery", "first_seen_earlier", "lifted", "after_delivery", "backdated")


def write_events(stage: Stage, path: Path) -> tuple[int, dict[str, Any]]:
    """Write the events (hub.tables.STAGED_EVENT); return how many there are, and facts.

    The facts are `known_from` (see above), `history` (see staging.history), `since` and `days` (see staging.extracts).
    """
    facts: dict[str, Any] = {"known_from": dict.fromkeys(_COUNTED, 0), "history": dict.fromkeys(history.COUNTS, 0)}
    if not stage.mapped("events"):
        return parquet_files.write_empty(STAGED_EVENT, path), facts | {"since": {}, "days": []}
    since = _since(stage)
    _identify(stage)
    is_later = stage.open_before("event")
    if not is_later:
        stage.connection.register("#earlier", STAGED_EVENT.schema.empty_table())
        stage.execute('CREATE TABLE "#before event" AS FROM "#earlier"')
    _cover(stage)
    stage.execute(f'CREATE TABLE "#known events" AS {history.known_events(day=stage.day, last=stage.last)}')
    stage.execute(f'CREATE TABLE "#judged" AS {history.judged(day=stage.day)}')
    facts = {"known_from": _recorded(stage), "history": _fates(stage, is_later=is_later), "since": since}
    facts["days"] = [
        [day.isoformat(), many]
        for day, many in stage.execute(
            "SELECT date_trunc('month', occurred_on)::DATE, count(*) FROM \"#events\" "
            f"WHERE event_type NOT IN ({_dated_by_the_period(stage)}) GROUP BY 1 ORDER BY 1"
        ).fetchall()
    ]
    columns = ", ".join(field.name for field in STAGED_EVENT.fields)
    # An event that was to come and was withdrawn before it came was known on no day.
    stays = "fate <> 'left_out' AND (known_to IS NULL OR known_to > known_from)"
    select = f'SELECT {columns} FROM "#known events" UNION ALL SELECT {columns} FROM "#judged" WHERE {stays}'
    return parquet_files.write(stage.connection, select, STAGED_EVENT, path, unique=True), facts


def _dated_by_the_period(stage: Stage) -> str:
    """Return SQL for the types of event that all lie on the last day of a period.

    The name of the period dates them, and not their content: a file under a wrong name would agree with its name.
    """
    ends = sql.text(stage.source.period_ends or "")
    return (
        'SELECT event_type FROM "#events" GROUP BY 1 HAVING count(DISTINCT occurred_on) = 1 '
        f"AND strftime(min(occurred_on), '%m-%d') = {ends}"
    )


def _since(stage: Stage) -> dict[str, str | None]:
    """Make `#since` (event_type, since): for each type, the earliest day of which the table that holds it tells.

    A type that comes from several tables counts from the day of which all of them tell; without events, or where an
    optional file is not there that one of them rests on, from none.
    """
    held: dict[str, list[Mapped]] = {}
    for one in stage.mapped("events"):
        held.setdefault(one.table, []).append(one)
    starts: dict[str, list[Any]] = {}
    for mapped in held.values():
        days = " UNION ALL ".join(
            f'SELECT occurred_on FROM {one.result} JOIN "#keys" ON id = person WHERE {one.rules.kept}' for one in mapped
        )
        [(start,)] = stage.execute(f"SELECT min(occurred_on) FROM ({days})").fetchall()
        if start is None and stage.whole:
            start = datetime.date.min
        for one in mapped:
            # A table that rests on an optional file which is not there tells of nothing, so it withdraws nothing.
            starts.setdefault(one.event_type, []).append(None if stage.is_untold(one) else start)
    found = {name: None if None in days else max(days) for name, days in sorted(starts.items())}
    stage.execute('CREATE TABLE "#since" (event_type VARCHAR, since DATE)')
    for name, start in found.items():
        stage.connection.execute('INSERT INTO "#since" VALUES (?, ?)', [name, start])
    return {name: start and start.isoformat() for name, start in found.items()}


def _cover(stage: Stage) -> None:
    """Make `#covered` (event_type, told): of what the delivery before told, from which day on."""
    told: dict[str, Any] = {}
    for one in stage.replaced:
        for name, start in one.since.items():
            if start is not None:
                told[name] = min(told.get(name, start), start)
    stage.execute('CREATE TABLE "#covered" (event_type VARCHAR, told DATE)')
    for name, start in told.items():
        stage.connection.execute('INSERT INTO "#covered" VALUES (?, ?)', [name, start])


def _identify(stage: Stage) -> None:
    """Make `#events`: mapped events with their pseudonyms and recording dates."""

    def select(mapped: Mapped) -> str:
        return (
            f"SELECT record_key, {sql.text(mapped.event_type)} AS event_type, role, occurred_on, "
            f"known_from IS NOT NULL AS is_mapped, {stage.recorded('occurred_on')} AS recorded, "
            f'value, detail, origin, episode FROM {mapped.result} JOIN "#keys" ON id = person'
        )

    source = sql.text(stage.source.name)
    stage.union("events", select, '"#mapped events"')
    event_id = sql_content_id("'event'", source, *_CONTENT)
    stage.execute(
        f'CREATE TABLE "#events" AS SELECT * EXCLUDE (episode), {event_id} AS event_id, {source} AS source, '
        f"CASE WHEN episode IS NOT NULL THEN {sql_content_id(repr('episode'), source, 'episode')} END AS episode_id "
        'FROM "#mapped events"'
    )
    stage.execute('DROP TABLE "#mapped events"')
    _tell_equals_apart(stage)


def _tell_equals_apart(stage: Stage) -> None:
    """Give the second and later of several events with the same pseudonym another one, in the order of recording."""
    stage.execute('CREATE TEMP TABLE "#equal" AS SELECT event_id FROM "#events" GROUP BY 1 HAVING count(*) > 1')
    numbered = sql_content_id("'event'", "event_id", "number")
    stage.execute(
        'CREATE TEMP TABLE "#numbered" AS SELECT * FROM (SELECT e.rowid AS "row", event_id, '
        "row_number() OVER (PARTITION BY event_id ORDER BY recorded NULLS LAST, e.rowid) AS number "
        'FROM "#events" e SEMI JOIN "#equal" USING (event_id)) WHERE number > 1'
    )
    stage.execute(
        f'UPDATE "#events" SET event_id = n.other FROM (SELECT "row", {numbered} AS other FROM "#numbered") n '
        f'WHERE "#events".rowid = n."row"'
    )


def _recorded(stage: Stage) -> dict[str, int]:
    conditions = {
        "mapped": "is_mapped",
        "assumed": "NOT is_mapped AND recorded IS NOT NULL",
        "delivery": "recorded IS NULL AND seen IS NULL",
        "first_seen_earlier": "recorded IS NULL AND seen IS NOT NULL",
        "lifted": "recorded < occurred_on",
        "after_delivery": f"occurred_on > {stage.day}",
        "backdated": "is_backdated",
    }
    counts = ", ".join(f"count(*) FILTER (WHERE {conditions[name]})" for name in _COUNTED)
    [row] = stage.execute(f'SELECT {counts} FROM "#known events"').fetchall()
    return dict(zip(_COUNTED, (int(count) for count in row), strict=True))


def _fates(stage: Stage, *, is_later: bool) -> dict[str, int]:
    if not is_later:
        return dict.fromkeys(history.COUNTS, 0)
    found = stage.execute(
        'SELECT fate, count(*) FROM "#judged" GROUP BY 1 UNION ALL '
        "SELECT CASE WHEN seen IS NULL THEN 'new' ELSE 'kept' END, count(*) FROM \"#known events\" GROUP BY 1"
    ).fetchall()
    return {name: int(dict(found).get(name, 0)) for name in history.COUNTS}
