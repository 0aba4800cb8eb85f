"""How old each source of a score is: up to which day it has told, and how long ago that was. Pure.

    told = of(snapshot, {"police", "school"}, day)
    require_fresh(use_case, told)              # or StaleSnapshotError
    caveat(told)                               # in words, for whoever reads a score

That another source was delivered yesterday says nothing about one that has been silent for years.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ethics.errors import StaleSnapshotError
from features.declarations.use_cases import UseCase
from hub.publishing.snapshots import Snapshot

OLD_DAYS = 92
"""What a source told longer ago than this is said beside every score."""
_YEAR = 365.25
_MONTH = _YEAR / 12


@dataclass(frozen=True, slots=True)
class SourceAge:
    """One source on the day of use.

    Attributes:
        source: its name.
        title: its title.
        last: the last day of which it has told; None when it has told of none.
        age_days: days from the first day of which it has not told to the day of use; None likewise.
    """

    source: str
    title: str
    last: datetime.date | None
    age_days: int | None


def of(snapshot: Snapshot, sources: Iterable[str], on: datetime.date) -> tuple[SourceAge, ...]:
    """Return up to which day each of these sources has told that is in the snapshot, sorted by name.

    Args:
        snapshot: what is scored on.
        sources: the sources that a score reads.
        on: the day of use.
    """
    said = snapshot.facts.sources
    found = []
    for name in sorted({*sources} & {*said}):
        reported = snapshot.reported(name)
        age = None if reported.until is None else (on - reported.until).days
        found.append(SourceAge(name, said[name].title, reported.last, age))
    return tuple(found)


def require_fresh(use_case: UseCase, told: Iterable[SourceAge]) -> None:
    """Raise when a source is older than the use case allows.

    Raises:
        StaleSnapshotError: the first one by name; it says its last day and how old it may be.
    """
    for one in told:
        most = use_case.oldest_days(one.source)
        if one.last is None or one.age_days is None:
            raise StaleSnapshotError(
                f"The source {one.source} has told of no day yet.", "Ingest its extracts, link and publish."
            )
        if one.age_days > most:
            raise StaleSnapshotError(
                f"The newest data of {one.source} end on {one.last}, {one.age_days} days before the day of use; this "
                f"use case allows {most}.",
                "Ingest a newer delivery of it, link and publish; or let the ethics group decide about `source_days`.",
            )


def caveat(told: Sequence[SourceAge]) -> str | None:
    """Return in words what of a score rests on old data, the oldest first; None when nothing does."""
    old = sorted(
        ((one.age_days, one) for one in told if one.last is not None and (one.age_days or 0) > OLD_DAYS),
        key=lambda pair: (-(pair[0] or 0), pair[1].source),
    )
    if not old:
        return None
    parts = [f"{one.title}: up to {one.last}, {ago(age or 0)} ago" for age, one in old]
    return (
        f"Part of this rests on old data ({'; '.join(parts)}). What happened since then is not in it, and that it is "
        "silent does not mean that nothing happened."
    )


def ago(days: int) -> str:
    """Return how long so many days are, in whole years or else months: "4 years", "1 year", "5 months"."""
    for length, word in ((_YEAR, "year"), (_MONTH, "month")):
        many = int(days / length + 0.01)
        if many >= 1:
            return f"{many} {word}{'' if many == 1 else 's'}"
    return f"{days} days"
