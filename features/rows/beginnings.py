"""Since when each source tells, and which windows reach back to before that.

A window of three years holds one year of data where its source began a year ago: the same number means less on early
dates of looking than on late ones, and a model learns the difference between the dates.
"""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from features.declarations.catalogue import Indicator
from features.rows.odd_events import EARLIEST
from hub import sql
from hub.publishing.snapshots import Snapshot

_HARDLY_ANY = 0.01


@dataclass(frozen=True, slots=True)
class ShortWindow:
    """An indicator whose window reaches back to before its source began, on a date of looking.

    Attributes:
        indicator: its name.
        as_of_date: the date of looking.
        days: how many days the window has.
        told: how many of them the source tells of.
    """

    indicator: str
    as_of_date: datetime.date
    days: int
    told: int


def beginnings(snapshot: Snapshot, sources: Sequence[str]) -> dict[str, datetime.date]:
    """Return for each source with events the day before which hardly anything (1 % of its events) happened."""
    read = " UNION ALL ".join(
        f"SELECT source, occurred_on FROM {sql.parquet(snapshot.path(table))}" for table in ("event", "area_event")
    )
    with sql.connect() as connection:
        rows = connection.execute(
            f"SELECT source, quantile_disc(occurred_on, {_HARDLY_ANY}) FROM ({read}) "
            f"WHERE source IN {sql.texts(sources)} AND occurred_on >= {sql.date(EARLIEST)} "
            "GROUP BY source ORDER BY source"
        ).fetchall()
    return dict(rows)


def short_windows(
    indicators: Sequence[Indicator], dates: Sequence[datetime.date], begins: Mapping[str, datetime.date]
) -> Iterator[ShortWindow]:
    """Yield every indicator and date on which a window reaches back to before the last of its sources began.

    Args:
        indicators: those with a window are looked at.
        dates: the dates of looking.
        begins: from `beginnings`; a source that is not in it tells nothing.
    """
    for one in indicators:
        since = max((begins[name] for name in one.sources if name in begins), default=None)
        if one.window_days is None or since is None:
            continue
        for day in dates:
            told = max(0, min(one.window_days, (day - since).days))
            if told < one.window_days:
                yield ShortWindow(one.name, day, one.window_days, told)


def in_words(found: Sequence[ShortWindow]) -> list[str]:
    """Return a sentence for each length of window: how many indicators are short, and on how many dates."""
    lines = []
    for days in sorted({one.days for one in found}):
        short = [one for one in found if one.days == days]
        names = sorted({one.indicator for one in short})
        last, least = max(one.as_of_date for one in short), min(one.told for one in short)
        named = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        lines.append(
            f"Windows of {days} days reach back to before their source began, on dates up to {last} (there may be as "
            f"few as {least} days in them): {named}. Look on later dates, or use a shorter window."
        )
    return lines
