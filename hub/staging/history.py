"""History: what a delivery leaves of what earlier deliveries of its source said, and from when to when it was known.

A row that stood in the delivery before keeps the day of its first sight. A row that did not stand there, although that
delivery tells of its kind and time, cannot have been known before this one came, whatever its recording date says: it
is `backdated`, and known from the day of delivery. An event that stood there and stands here no more is

- `withdrawn`, when this delivery tells of its kind and time: it stays, known until the day of delivery;
- `corrected`, when an event of the same type and day about the same person came instead: it stays, known until the
  correction is;
- `not_delivered`, when it lies before all that this delivery tells of its kind: sources deliver only so many years, so
  it stays as it is;
- of a person who is `absent` from this delivery: it stays as it is, and is judged when the person is back;
- `left_out`, when sources.yaml does not map its type any more: it goes.

"Tells of its kind and time": the type is mapped, and the event is not older than the oldest one from the same table of
the delivery. What was withdrawn before stays too (`withdrawn_before`). `kept` and `new` are this delivery's own rows.
"""

from hub.tables import STAGED_EVENT, Table

NEVER = "DATE '9999-12-31'"
_EVENT = ", ".join(field.name for field in STAGED_EVENT.fields if field.name not in ("known_from", "known_to"))

COUNTS = ("kept", "new", "corrected", "withdrawn", "withdrawn_before", "not_delivered", "absent", "left_out")
"""What the facts of an extract count of its events, and of those before it."""


def known_from(*, day: str, last: str, covered: str) -> str:
    """Return the SQL of the first date on which the hub could know a row of a delivery.

    It reads `recorded` (the date on which it was recorded, or NULL), `is_mapped` (whether the source says that date
    itself) and `seen` (since when an earlier delivery has it known, or NULL). A date that the source says keeps that of
    the first sight; one that is assumed may become later with the assumption, but never later than it was delivered.

    Args:
        day: SQL of the day of delivery.
        last: SQL of the day of the delivery before.
        covered: SQL that says whether that delivery would have held the row.
    """
    return (
        "CASE WHEN seen IS NOT NULL AND (is_mapped OR recorded IS NULL) THEN seen "
        f"WHEN seen IS NOT NULL THEN least(greatest(recorded, seen), greatest({last}, seen)) "
        f"WHEN {backdated(last=last, covered=covered)} THEN {day} ELSE coalesce(recorded, {day}) END"
    )


def backdated(*, last: str, covered: str) -> str:
    """Return the SQL that says whether a row claims a recording date on which an earlier delivery lacked it."""
    return f"coalesce(seen IS NULL AND recorded <= {last} AND {covered}, false)"


def known_events(*, day: str, last: str) -> str:
    """Return the SELECT of this delivery's events with `known_from`, `known_to` (empty), `seen` and `is_backdated`.

    It reads `#events` (with `recorded` and `is_mapped`), `#before event` (the events of the delivery before) and
    `#covered` (event_type, told: the earliest day of which that delivery told). What was withdrawn and is back is known
    anew.

    Args:
        day: SQL of the day of delivery.
        last: SQL of the day of the delivery before.
    """
    covered = "now.occurred_on >= covered.told"
    return f"""
        SELECT *, greatest(occurred_on, known, coalesce(withdrawn, known)) AS known_from, NULL::DATE AS known_to
        FROM (
            SELECT now.* EXCLUDE (event_id), now.event_id, before.known_from AS seen, gone.known_to AS withdrawn,
                   {backdated(last=last, covered=covered)} AS is_backdated,
                   {known_from(day=day, last=last, covered=covered)} AS known
            FROM "#events" AS now LEFT JOIN "#covered" AS covered USING (event_type)
            LEFT JOIN (FROM "#before event" WHERE known_to IS NULL) AS before USING (event_id)
            LEFT JOIN (
                SELECT event_id, max(known_to) AS known_to FROM "#before event" WHERE known_to IS NOT NULL GROUP BY 1
            ) AS gone USING (event_id)
        )
    """


def judged(*, day: str) -> str:
    """Return the SELECT of earlier events that this delivery does not hold: STAGED_EVENT and `fate`, of COUNTS.

    It reads `#before event` (the events of the delivery before), `#known events` (this one's, with `seen`), `#keys`
    (whom this delivery lists) and `#since` (event_type, since) of the types that it maps; `since` is empty where it
    holds no event of the type's table.

    Args:
        day: SQL of the day of delivery.
    """
    fate = """
        CASE WHEN since.event_type IS NULL THEN 'left_out'
             WHEN known_to IS NOT NULL THEN 'withdrawn_before'
             WHEN record_key NOT IN (SELECT record_key FROM "#keys") THEN 'absent'
             WHEN coalesce(occurred_on < since, true) THEN 'not_delivered'
             WHEN instead IS NOT NULL THEN 'corrected' ELSE 'withdrawn' END
    """
    return f"""
        WITH instead AS (
            SELECT record_key, event_type, occurred_on, min(known_from) AS instead
            FROM "#known events" WHERE seen IS NULL GROUP BY ALL
        )
        SELECT {_EVENT}, known_from,
               CASE fate WHEN 'withdrawn' THEN {day} WHEN 'corrected' THEN least({day}, instead) ELSE known_to END
                   AS known_to, fate
        FROM (
            SELECT before.*, instead, {fate} AS fate
            FROM "#before event" AS before
            LEFT JOIN "#since" AS since USING (event_type)
            LEFT JOIN instead USING (record_key, event_type, occurred_on)
            WHERE known_to IS NOT NULL OR event_id NOT IN (SELECT event_id FROM "#known events")
        )
    """


def merged_events(rows: str) -> str:
    """Return the SELECT of events from several extracts of one source: times that touch or overlap become one.

    Args:
        rows: a FROM item with the columns of STAGED_EVENT.
    """
    order = f"PARTITION BY record_key, event_id ORDER BY known_from, coalesce(known_to, {NEVER})"
    others = ", ".join(
        f"any_value({field.name}) AS {field.name}"
        for field in STAGED_EVENT.fields
        if field.name not in ("record_key", "event_id", "known_from", "known_to")
    )
    return f"""
        SELECT record_key, event_id, {others}, min(known_from) AS known_from,
               nullif(max(coalesce(known_to, {NEVER})), {NEVER}) AS known_to
        FROM (
            SELECT *, sum(is_apart::INTEGER) OVER ({order} ROWS UNBOUNDED PRECEDING) AS span
            FROM (
                SELECT *, coalesce(known_from > max(coalesce(known_to, {NEVER})) OVER
                    ({order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false) AS is_apart
                FROM {rows}
            )
        )
        GROUP BY record_key, event_id, span
    """


def merged_times(rows: str, table: Table) -> str:
    """Return the SELECT of involvements or families from several extracts of one source: one row for each start.

    Its end is what the extract with the highest `rank` says; its start is known since the first of them.

    Args:
        rows: a FROM item with the columns of `table` (staged) and `rank`.
        table: the staged table.
    """
    ends = ("known_from", "valid_to", "end_known_from")
    same = ", ".join(field.name for field in table.fields if field.name not in ends)
    newest = "ORDER BY rank DESC, valid_to DESC NULLS LAST, end_known_from"
    return f"""
        SELECT {same}, min(known_from) AS known_from, last.valid_to AS valid_to,
               CASE WHEN last.valid_to IS NOT NULL THEN greatest(min(known_from), last.end_known_from) END
                   AS end_known_from
        FROM (
            SELECT *, first_value({{'valid_to': valid_to, 'end_known_from': end_known_from}})
                OVER (PARTITION BY {same} {newest}) AS last FROM {rows}
        ) GROUP BY {same}, last
    """
