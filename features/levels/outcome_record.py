"""The outcomes framework with its levels: gathered, as JSON for scripts, and as rows for the terminal."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from features.declarations import outcomes
from features.declarations.outcomes import HEADLINES, Framework, Period
from features.levels import label_cards
from features.levels.counts import Times
from features.levels.levels import Levels, levels
from features.levels.sizes import ToldSizes
from features.levels.told_cells import LevelCell
from hub import yaml_documents
from hub.dates import in_month
from hub.declarations.partnership import Partnership
from hub.disclosing.disclosure import SmallNumbers, Withheld
from hub.figures import Figure
from hub.progress import Progress, silent
from hub.publishing.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class FrameworkLevels:
    """The framework of a partnership and the levels of its outcomes, or of the one that was asked for."""

    partnership: Partnership
    framework: Framework
    snapshot: Snapshot
    levels: tuple[Levels, ...]


def tell(
    snapshot: Snapshot,
    partnership: Partnership,
    *,
    on: datetime.date,
    outcome: str | None = None,
    progress: Progress = silent,
) -> FrameworkLevels:
    """Return the framework with its levels.

    Args:
        snapshot: what the hub knows now.
        partnership: whose framework.
        on: the day of use, on which gateways must hold.
        outcome: only this one; None takes all.
        progress: called as it goes on.

    Raises:
        ConfigurationError: there is no such outcome, or outcomes.yaml is missing or wrong.
        IntegrityError: the snapshot has changed by a byte, or changed while it was read.
    """
    framework = outcomes.read(partnership)
    known = [one.name for one in framework.outcomes]
    if outcome is not None and outcome not in known:
        raise yaml_documents.unknown_name(partnership.folder / "outcomes.yaml", "outcomes", "outcome", outcome, known)
    # Those that count the same events are withheld together, whichever is asked for: else two answers would subtract.
    groups = [group for group in framework.related() if outcome is None or outcome in {one.name for one in group}]
    found: dict[int, Levels] = {}
    with snapshot.artefact.held() as held:
        here = snapshot.read_from(held.artefact)
        sizes = ToldSizes(here, partnership.small_numbers, [one.ages for one in framework.outcomes])
        for done, group in enumerate(groups):
            progress(group[0].title, done, len(groups))
            of = levels(here, partnership, group, purpose=framework.purpose, on=on, sizes=sizes)
            found |= {framework.outcomes.index(one.outcome): one for one in of}
    in_order = (found[at] for at in sorted(found))
    return FrameworkLevels(
        partnership, framework, snapshot, tuple(one for one in in_order if outcome in {None, one.outcome.name})
    )


def as_json(told: FrameworkLevels, *, districts: bool) -> dict[str, Any]:
    """Return the framework and its levels as plain values."""
    return {
        "partnership": told.partnership.name,
        "snapshot": told.snapshot.digest,
        "known_to": told.snapshot.known_to.isoformat(),
        "purpose": told.framework.purpose,
        "fewest": told.partnership.small_numbers.fewest,
        "outcomes": [_outcome(told.partnership, one, districts=districts) for one in told.levels],
        "not_measured": [
            {"headline": headline.value, "words": HEADLINES[headline], "because": why}
            for headline, why in told.framework.not_measured.items()
        ],
    }


def _outcome(partnership: Partnership, found: Levels, *, districts: bool) -> dict[str, Any]:
    return {
        **found.outcome.model_dump(mode="json"),
        "headline_words": HEADLINES[found.outcome.headline],
        "sources": label_cards.sources(partnership, found.outcome),
        "refused": found.refused or None,
        "recorded_within_days": found.late_days,
        "recording_assumed": list(found.assumed),
        "periods": [
            {"first": one.first.isoformat(), "until": one.until.isoformat(), "complete": one.complete}
            for one in found.times
        ],
        "areas": [
            {"area": area or None, "levels": [_cell(one) for one in found.cells[row]], "all": _cell(found.whole[row])}
            for row, area in enumerate(found.areas)
            if districts or not area
        ],
    }


def _cell(cell: LevelCell) -> dict[str, Any]:
    return cell.stated.as_json() | ({} if cell.count is None else {"count": cell.count})


def rows(told: FrameworkLevels) -> list[dict[str, str]]:
    """Return one row for each outcome, with the county's newest complete level: for the terminal."""
    found = []
    for one in told.levels:
        newest = max((at for at, times in enumerate(one.times) if times.complete), default=None)
        county = "" if newest is None else f"{text(one.cells[-1][newest])} in {period(one, one.times[newest])}"
        found.append(
            {
                "headline": HEADLINES[one.outcome.headline],
                "outcome": one.outcome.name,
                "in plain words": one.outcome.title,
                "better when": one.outcome.better_when.value,
                "per 1,000, newest complete": one.refused or county or "no whole period is known",
                "all complete periods": text(one.whole[-1]) if one.whole else "",
            }
        )
    return found


def area_rows(found: Levels, *, districts: bool, newest: int = 4) -> list[dict[str, str]]:
    """Return one row for each area of an outcome, with its newest periods: for the terminal."""
    return [
        {
            "area": area_name(found, row),
            "all complete periods": text(found.whole[row]),
            **{
                period(found, times): text(cell)
                for times, cell in list(zip(found.times, found.cells[row], strict=True))[-newest:]
            },
        }
        for row, area in enumerate(found.areas)
        if districts or not area
    ]


def area_name(found: Levels, row: int) -> str:
    """Return what an area is called; the last one is all districts together, or everybody where there are none."""
    return found.areas[row] or ("all districts together" if len(found.areas) > 1 else "everybody")


def period(found: Levels, times: Times) -> str:
    """Return a period in words, such as "January to March 2024"; one that is not complete says so."""
    first, last = times.first, times.until - datetime.timedelta(days=1)
    words = {
        Period.MONTH: in_month(first),
        Period.QUARTER: f"{first:%B} to {in_month(last)}",
        Period.YEAR: f"{first:%Y}",
    }[found.outcome.period]
    return words if times.complete else f"{words} (not complete)"


def text(cell: LevelCell) -> str:
    """Return a level for people, such as "12.1 (9.8 to 14.9)", or why there is none."""
    if isinstance(cell.stated, Withheld):
        return str(cell.stated)
    if isinstance(cell.stated, Figure):
        one = cell.stated
        return f"{one.value:,.1f} ({one.low:,.1f} to {one.high:,.1f}, n {one.n:,})"
    return cell.stated.reason


def not_measured(framework: Framework) -> list[tuple[str, str]]:
    """Return the headline outcomes that nothing measures, in words, each with the reason."""
    return [(HEADLINES[one], why.rstrip(".")) for one, why in framework.not_measured.items()]


def late(found: Levels) -> str:
    """Return which of the newest periods are not complete, and why; empty when all are."""
    many = sum(not times.complete for times in found.times)
    if found.times and found.late_days is None:
        return "No dates of recording say how complete the newest levels are."
    if not many:
        return ""
    count = f"last {many} {found.outcome.period.value}s are" if many > 1 else f"last {found.outcome.period.value} is"
    return f"19 in 20 records reach the hub within {found.late_days} days, so the {count} not complete."


def notes(small: SmallNumbers, found: Sequence[Levels]) -> list[str]:
    """Return what must be known to read the levels: what is counted and withheld, and what is not complete."""
    rule = (
        f"Everybody counts once in a period. Numbers below {small.fewest}, and what would give one away, are withheld."
    )
    return [rule, *(f"{one.outcome.name}: {late(one)}" for one in found if late(one))]
