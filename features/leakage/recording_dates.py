"""The check stamped_known_from: sources whose dates of recording are not true, and what came in dated back.

Two things are looked for in every source that the use case reads:

- records without a date of recording, stamped with the day of delivery: on all dates of looking before it the hub
  seems to know nothing, and nobody can tell what it would have known;
- records that came new with a later delivery although they are dated more than a month before an earlier one, which
  lacked them. The hub counts those from the day on which they came. But such a source also dates back what came with
  its first delivery, and there nothing shows it.

A record that was only corrected (the delivery withdrew another one of the same child and type) is not counted, nor is
an assumption about dates of recording that is declared in the open and has not been shown to be wrong.
"""

import datetime
from collections.abc import Iterable, Sequence
from itertools import pairwise

import duckdb

from features.leakage.leaks import Check, Finding, LeakKind, Portion, Severity
from features.leakage.looking import Looked, Seen
from hub import sql
from hub.disclosing.disclosure import SmallNumbers
from hub.publishing.snapshots import Snapshot
from hub.staging import extracts
from hub.staging.extracts import Extract
from hub.workspace import Workspace

KINDS: tuple[LeakKind, ...] = (LeakKind.STAMPED_KNOWN_FROM,)
TITLE = "Dates of recording"
FEWEST = 10
"""Fewer records than this say nothing."""
TOLERATED = 0.05
"""Share of records without a true date that is tolerated: the lower end of its interval must lie above it."""
STAMPED = 0.5
"""From this share of stamped records on, nothing is built."""
LATE_DAYS = 31
"""So long before the delivery that lacked it must a record be dated to count as dated back."""


def run(seen: Seen) -> Looked:
    """Look at the dates of recording of every source that is read."""
    return [check(seen.connection, seen.workspace, seen.snapshot, seen.sources, small=seen.small)]


def check(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    snapshot: Snapshot,
    sources: Sequence[str],
    *,
    small: SmallNumbers,
) -> tuple[Check, list[Finding]]:
    """Look at the recording dates of each source that is read.

    Args:
        connection: with the snapshot's `event`.
        workspace: where the extracts lie, from which the snapshot was published.
        snapshot: the snapshot.
        sources: the sources that the use case reads.
        small: which numbers may stand in sentences.
    """
    held = _held(workspace, snapshot)
    if not held:
        why = "The extracts from which the snapshot was published are not in this workspace."
        return Check(LeakKind.STAMPED_KNOWN_FROM, False, why_not=why), []
    titles = {name: said.title for name, said in snapshot.facts.sources.items()}
    found: list[Finding] = []
    once = []
    for source in sources:
        mine = [one for one in held if one.source == source]
        title = titles.get(source, source)
        found += _stamped(source, title, mine, small)
        days = sorted({one.delivered_on for one in mine})
        if len(days) < 2:
            once.append(source)
        elif (late := _late(connection, source, title, days, small)) is not None:
            found.append(late)
    why = f"Delivered once, so nothing could come in dated back: {', '.join(once)}." if once else ""
    return Check(LeakKind.STAMPED_KNOWN_FROM, True, f"{len(sources)} sources", why), found


def stamped_sources(workspace: Workspace, snapshot: Snapshot, sources: Iterable[str]) -> set[str]:
    """Return those of `sources` of which more than is tolerated is stamped with the day of delivery."""
    held = _held(workspace, snapshot)
    return {
        one
        for one in sources
        if _stamped(one, one, [extract for extract in held if extract.source == one], SmallNumbers())
    }


def _held(workspace: Workspace, snapshot: Snapshot) -> list[Extract]:
    """Return the extracts up to those of the snapshot, and none that came later, was superseded or withdrawn."""
    inside = {one.digest for one in snapshot.facts.extracts}
    gone = extracts.withdrawn(workspace) - inside
    every = [one for one in extracts.all_extracts(workspace) if one.digest not in gone]
    if not inside or not inside <= {one.digest for one in every}:
        return []
    last = {one.source: one.delivered_on for one in sorted(snapshot.facts.extracts, key=lambda one: one.delivered_on)}
    return [one for one in every if one.digest in inside or one.delivered_on < last.get(one.source, datetime.date.min)]


def _stamped(source: str, title: str, held: Sequence[Extract], small: SmallNumbers) -> list[Finding]:
    if not held:
        return []
    newest = held[-1]
    counts = newest.facts.known_from
    stamped = counts.delivery + counts.first_seen_earlier
    part = Portion(stamped, stamped + counts.mapped + counts.assumed, "records", small)
    if part.many < FEWEST or part.low <= TOLERATED:
        return []
    return [
        Finding(
            LeakKind.STAMPED_KNOWN_FROM,
            Severity.REFUSE if part.many >= STAMPED * part.whole else Severity.WARN,
            source,
            f"{title}: {part} have no date of recording and count only from the day of delivery, although they tell of "
            "the time before. On dates of looking before it nobody can tell what was known.",
            {"stamped_records": part.many, "records": part.whole, "share": part.figure},
            "Map the date of recording (known_from in sources.yaml), or state in the open how long recording takes "
            "(assumed_recording), which every audit then repeats.",
            whole="records",
            parts=("stamped_records",),
        )
    ]


def _late(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    title: str,
    days: Sequence[datetime.date],
    small: SmallNumbers,
) -> Finding | None:
    """Return what came in dated back with the second and later deliveries, when it is more than is tolerated."""
    lacked = " OR ".join(
        f"(known_from = {sql.date(day)} AND occurred_on < {sql.date(before - datetime.timedelta(days=LATE_DAYS))})"
        for before, day in pairwise(days)
    )
    [(new, late, children)] = connection.execute(
        f"""
        WITH came AS (
            SELECT * FROM event WHERE source = {sql.text(source)} AND known_from > {sql.date(days[0])}
        ), late AS (
            SELECT * FROM came WHERE ({lacked}) AND NOT EXISTS (
                SELECT 1 FROM event AS gone WHERE gone.person_id = came.person_id AND gone.source = came.source
                AND gone.event_type = came.event_type AND gone.known_to = came.known_from)
        )
        SELECT (SELECT count(*) FROM came), (SELECT count(*) FROM late), (SELECT count(DISTINCT person_id) FROM late)
        """
    ).fetchall()
    part = Portion(late, new, "records that came new after the first delivery", small)
    if late < FEWEST or part.low <= TOLERATED:
        return None
    return Finding(
        LeakKind.STAMPED_KNOWN_FROM,
        Severity.REFUSE,
        source,
        f"{title}: {part} are dated more than a month before a delivery that lacked them, so they were dated back. "
        "What came with the first delivery may have been dated back as well, and nothing there shows it.",
        {"records_dated_back": late, "new_records": new, "children": children, "share": part.figure},
        "Ask the agency why records get dates from before they were made. Until that is answered, leave the source "
        "out, or count its records only from the deliveries in which they came.",
        whole="new_records",
        parts=("records_dated_back",),
    )
