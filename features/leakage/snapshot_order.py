"""Which of two snapshots is the older one, and which older one a build is compared with.

A snapshot is older than another when it holds no newer delivery of any source, and the other holds one more or a newer
one. The newest day of delivery of all sources does not say it: a return that comes late is newer and changes nothing of
that day.

| one holds | the other holds | the older one |
|---|---|---|
| police of June | police of July | one |
| police of July | police of July, and returns of March that came late | one |
| police of June, school of July | police of July, school of June | neither: whichever was published first |
"""

import datetime
from collections.abc import Mapping

from hub import artefacts
from hub.errors import SentinelError
from hub.ledger import publications
from hub.publishing.snapshots import KIND, Snapshot, open_snapshot
from hub.workspace import Workspace

Deliveries = Mapping[tuple[str, str], datetime.date]
"""The day of delivery of each source and period."""


def deliveries(snapshot: Snapshot) -> Deliveries:
    """Return the day of delivery of each source and period in a snapshot."""
    return {(one.source, next(iter(one.periods), "")): one.delivered_on for one in snapshot.facts.extracts}


def is_older(one: Deliveries, other: Deliveries) -> bool:
    """Say whether `one` is older: nothing in it is newer than in `other`, and something there is newer or more.

    A source that `other` leaves out, because its gateway ended, does not count.
    """
    sources = {source for source, _ in other}
    shared = {key: day for key, day in one.items() if key[0] in sources}
    never = datetime.date.max
    if any(day > other.get(key, datetime.date.min) for key, day in shared.items()):
        return False
    return any(shared.get(key, never) != day for key, day in other.items())


def precedes(one: Snapshot, other: Snapshot) -> bool:
    """Say whether `one` is older than `other`; of snapshots that name no extracts, by the day that they cover."""
    said = deliveries(one), deliveries(other)
    if not all(said):
        return one.known_to < other.known_to
    return is_older(*said)


def earlier_snapshots(workspace: Workspace, snapshot: Snapshot) -> list[Snapshot]:
    """Return the snapshots of the same partnership that are older than `snapshot`, the newest first.

    Where neither is older (a same-day correction, or another order of deliveries), the one published first is. One that
    the ledger does not know is never read. One that used a delivery that was withdrawn since is never compared with:
    its numbers are known to be wrong.
    """
    known = publications.read(workspace)
    number = {one.digest: one.number for one in reversed(known.of(KIND))}
    found: list[Snapshot] = []
    for digest in artefacts.digests_in(workspace.snapshots):
        if digest not in number:
            continue
        try:
            one = open_snapshot(workspace, digest)
        except SentinelError:
            continue  # damaged, or of another schema: nothing to compare with
        if digest == snapshot.digest or one.facts.partnership != snapshot.facts.partnership:
            continue
        if known.withdrawn & {extract.digest for extract in one.facts.extracts} or precedes(snapshot, one):
            continue
        first = number[digest] < number.get(snapshot.digest, -1)
        if precedes(one, snapshot) or first:
            found.append(one)
    return sorted(found, key=lambda one: (precedes(one, snapshot), one.known_to, number[one.digest]), reverse=True)
