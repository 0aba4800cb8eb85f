"""Fairness as it may leave: each rate of each level where it gives no small number away, the others together.

Told together are, for everyone and for each level of a group: the people, the looks, those with the outcome and those
with a suggestion, and the four kinds of looks (neither, wrongly suggested, missed, found). Each rate tells two or three
of these numbers; who knows those can work out others. So the numbers are withheld together (hub.disclosing), and a
rate is shown when all that it tells is. A verdict is shown beside its number, and never without it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from audits.fairness.fairness import Fairness, GroupFairness, GroupLevel, fairness
from audits.looks import Looks
from audits.phrases import RATES, in_order, listed, number
from audits.verdicts import Verdict, worst
from features.declarations.use_cases import FairnessPolicy as Policy
from features.declarations.use_cases import Group, UseCase
from hub.disclosing.disclosure import WITHHELD, SmallNumbers
from hub.disclosing.disclosure import as_json as counted
from hub.disclosing.withheld_cells import Told, Unit

TELLS: Mapping[str, tuple[str, ...]] = {
    "selection_rate": ("people", "looks", "suggested"),
    "false_negative_rate": ("with_outcome", "missed"),
    "false_positive_rate": ("looks", "with_outcome", "wrongly"),
    "precision": ("suggested", "found"),
}
"""The numbers that each rate tells."""

_COUNTS = ("looks", "with_outcome", "suggested")


def as_json(found: Fairness, looks: Looks, use_case: UseCase, small: SmallNumbers, *, seed: int) -> dict[str, Any]:
    """Return all groups and everyone, in the form that leaves.

    Args:
        found: rates, differences and verdicts on all levels.
        looks: the test rows, for the levels that are shown together.
        use_case: names and plain words of the groups.
        small: which numbers may be shown.
        seed: of the resamples of levels together.
    """
    declared = {group.name: group for group in use_case.groups}
    everyone = hidden_of_everyone(found.everyone, looks.matrix.day_count, small)
    told = _level(found.everyone, everyone, everyone)
    groups = [
        _group(group, found.everyone, everyone, declared[group.name], looks, use_case.fairness, small, seed)
        for group in found.groups
    ]
    return {
        "tolerance": use_case.fairness.tolerance,
        "smallest_group": use_case.fairness.smallest_group,
        "resamples": found.resamples,
        "verdict": worst(Verdict(group["verdict"]) for group in groups).value,
        "everyone": told,
        "notes": _notes(told, use_case.fairness.tolerance),
        "groups": groups,
    }


def verdicts(told: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the verdict on each level by group and level, from what `as_json` returned."""
    return {
        group["name"]: {level["level"]: level["verdict"] for level in group["levels"] if "together" not in level}
        for group in told["groups"]
    }


def hidden_of(level: GroupLevel, dates: int, small: SmallNumbers) -> frozenset[Unit]:
    """Return which numbers of a level that stands alone are withheld."""
    told = small.told()
    _numbers(told, level, dates, small, str)
    return told.withheld()


def hidden_of_everyone(everyone: GroupLevel, dates: int, small: SmallNumbers) -> frozenset[Unit]:
    """Return which numbers of everyone are withheld.

    Looks, and after how many the outcome followed, everybody knows: other tables tell their sums, unless they are few.
    """
    told = small.told()
    places = _numbers(told, everyone, dates, small, str)
    with_outcome, without = (everyone.rates[rate].rate.n for rate in ("false_negative_rate", "false_positive_rate"))
    few = small.is_small(with_outcome) or small.is_small(without)
    for name in ("looks",) if few else ("looks", "with_outcome"):
        told.relation({places[name]: 1}, told.values[places[name]], told.values[places[name]])
    return told.withheld()


def _numbers(
    told: Told, level: GroupLevel, dates: int, small: SmallNumbers, unit: Callable[[str], Unit | None]
) -> dict[str, int]:
    """Add the numbers of a level; return the place of each. What is small is judged in people, not in looks."""
    neither, wrongly, missed, found = level.cells
    with_outcome, without, suggested = (
        level.rates[rate].rate.n for rate in ("false_negative_rate", "false_positive_rate", "precision")
    )
    of_neither, of_wrongly, of_missed, of_found = map(small.is_small, level.people_in_cells)
    places: dict[str, int] = {}

    def add(name: str, value: int, people: int, *, few: bool) -> None:
        places[name] = told.number(value, unit(name), people=people, small=few)

    add("looks", sum(level.cells), level.people, few=small.is_small(level.people))
    add("with_outcome", missed + found, level.people, few=small.is_small(with_outcome))
    add("suggested", wrongly + found, level.people, few=small.is_small(suggested))
    add("wrongly", wrongly, without, few=of_wrongly)
    add("missed", missed, with_outcome, few=of_missed)
    add("found", found, suggested, few=of_found)
    # Never shown, and yet found by subtraction. That the outcome followed for all of a group would tell it of each.
    rest = told.number(neither, None, small=of_neither)
    without_outcome = told.number(neither + wrongly, None, small=level.people > 0 and without < small.fewest)
    not_suggested = told.number(neither + missed, None, small=small.is_small(level.people_not_suggested))
    told.sum(places["with_outcome"], (places["missed"], places["found"]))
    told.sum(places["suggested"], (places["wrongly"], places["found"]))
    told.sum(without_outcome, (rest, places["wrongly"]))
    told.sum(not_suggested, (rest, places["missed"]))
    told.sum(places["looks"], (places["with_outcome"], without_outcome))
    # How many people there are stands beside each rate. Each has at least one look, and at most one a date.
    for name, people, their_looks in (
        ("people", level.people, places["looks"]),
        ("missed people", with_outcome, places["with_outcome"]),
        ("wrongly people", without, without_outcome),
        ("found people", suggested, places["suggested"]),
    ):
        places[name] = told.number(people, unit(name.split()[0]))
        told.at_most(places[name], their_looks)
        told.at_most(their_looks, places[name], times=dates)
        if name != "people":
            told.at_most(places[name], places["people"])
    return places


def _hidden(
    group: GroupFairness, everyone: GroupLevel, of_everyone: Collection[Unit], dates: int, small: SmallNumbers
) -> list[frozenset[Unit]]:
    """Return which numbers of each level are withheld; everybody knows those of everyone, unless they are withheld."""
    told = small.told()
    levels = [_numbers(told, level, dates, small, partial(_of_level, at)) for at, level in enumerate(group.levels)]
    whole = _numbers(told, everyone, dates, small, _never_shown)
    for name, place in whole.items():
        # People who are of one level on one date and of another on the next count in both.
        more = sum(told.values[places[name]] for places in levels) - told.values[place]
        told.relation({place: -1, **{places[name]: 1 for places in levels}}, more, more)
        if name.split()[0] not in of_everyone:
            told.relation({place: 1}, told.values[place], told.values[place])
    hidden = told.withheld()
    return [
        frozenset(name for name in whole if _of_level(at, name.split()[0]) in hidden) for at in range(len(group.levels))
    ]


def _never_shown(_name: str) -> None:
    return None


def _of_level(at: int, name: str) -> tuple[int, str]:
    return at, name


def _group(
    group: GroupFairness,
    everyone: GroupLevel,
    of_everyone: Collection[Unit],
    declared: Group,
    looks: Looks,
    policy: Policy,
    small: SmallNumbers,
    seed: int,
) -> dict[str, Any]:
    hidden = _hidden(group, everyone, of_everyone, looks.matrix.day_count, small)
    order = list(dict.fromkeys(declared.labels.values()))
    levels = [_level(level, of_level, of_everyone) for level, of_level in zip(group.levels, hidden, strict=True)]
    levels.sort(key=lambda one: in_order(one["level"], order))
    together = [one["level"] for one in levels if not one["shown"]]
    if together and len(together) < len(levels) and not of_everyone:
        level = _together(group.name, together, looks, policy, seed)
        if not hidden_of(level, looks.matrix.day_count, small):
            levels.append({**_level(level, (), ()), "together": together})
    judged = [(one, name) for one in levels for name in RATES]
    return {
        "name": group.name,
        "plain": declared.plain,
        "verdict": worst(Verdict(one["verdict"]) for one in levels).value,
        "by_rate": {
            name: worst(Verdict(one["rates"][name]["verdict"]) for one, of in judged if of == name).value
            for name in RATES
        },
        "levels": levels,
    }


def _together(group: str, names: Sequence[str], looks: Looks, policy: Policy, seed: int) -> GroupLevel:
    title = f"{listed(names)} together" if len(names) < 3 else f"The {len(names)} smaller ones together"
    values: Mapping[str, list[str]] = {group: [title if one in names else one for one in looks.groups[group]]}
    found = fairness(*looks.units, looks.outcome, looks.suggested, values, policy, seed=seed)
    return next(one for one in found.groups[0].levels if one.name == title)


def _level(level: GroupLevel, hidden: Collection[Unit], of_everyone: Collection[Unit]) -> dict[str, Any]:
    """Return a level as it may leave. A difference tells the rate of everyone else, too."""
    _, wrongly, missed, found = level.cells
    counts = dict(zip(_COUNTS, (sum(level.cells), missed + found, wrongly + found), strict=True))
    rates: dict[str, dict[str, Any]] = {}
    for name in RATES:
        one = level.rates[name]
        shown = not any(of in hidden for of in TELLS[name])
        compared = shown and not any(of in of_everyone for of in TELLS[name])
        rates[name] = {
            "rate": (one.rate if shown else WITHHELD).as_json(),
            "difference": (one.difference if compared else WITHHELD).as_json(),
            "verdict": (one.verdict if compared else Verdict.WITHHELD).value,
        }
    return {
        "level": level.name,
        "people": counted(WITHHELD if "people" in hidden else level.people),
        "shown": all("withheld" not in one["rate"] for one in rates.values()),
        "verdict": worst(Verdict(one["verdict"]) for one in rates.values()).value,
        **{name: counted(WITHHELD if name in hidden else many) for name, many in counts.items()},
        "rates": rates,
    }


def _notes(everyone: Mapping[str, Any], tolerance: float) -> list[str]:
    """Say of which rates everyone's is nearer to an end of the scale than the tolerance: there it is easily met."""
    found = []
    for name, (title, _) in RATES.items():
        rate = everyone["rates"][name]["rate"]
        if "value" not in rate or tolerance <= rate["value"] <= 1 - tolerance:
            continue
        who = "to whom it happens twice as often" if rate["value"] < tolerance else "to whom it always happens"
        found.append(
            f"{title}: for everyone it is {number(rate['value'] * 1000)} per 1,000, and {number(tolerance * 1000)} are "
            f"tolerated. Even a group {who} can then read as “no difference that matters”: look at the figures too."
        )
    return found
