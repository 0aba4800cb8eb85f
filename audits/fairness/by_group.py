"""Fairness as it may leave: each level by itself where its counts are large enough, the others together."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from audits import disclosure
from audits.disclosure import SMALLEST, WITHHELD
from audits.fairness.fairness import Fairness, GroupFairness, Level, fairness
from audits.looks import Looks
from audits.phrases import RATES, SMALL_NUMBERS, in_order, listed, number
from audits.verdicts import worst
from features.declarations.use_cases import FairnessPolicy as Policy
from features.declarations.use_cases import Group, UseCase
from hub.figures import NotComputed, Stated


def as_json(found: Fairness, looks: Looks, use_case: UseCase, *, seed: int) -> dict[str, Any]:
    """Return all groups and everyone, in the form that leaves.

    Args:
        found: rates, differences and verdicts on all levels.
        looks: the test rows, for the levels that are shown together.
        use_case: names and plain words of the groups.
        seed: of the resamples of levels together.
    """
    declared = {group.name: group for group in use_case.groups}
    everyone = _level(found.everyone, shown=may_show(found.everyone), size=found.everyone.people)
    return {
        "tolerance": use_case.fairness.tolerance,
        "smallest_group": use_case.fairness.smallest_group,
        "resamples": found.resamples,
        "verdict": found.verdict.value,
        "everyone": everyone,
        "notes": _notes(everyone, use_case.fairness.tolerance),
        "groups": [
            {
                "name": group.name,
                "plain": declared[group.name].plain,
                "verdict": group.verdict.value,
                "by_rate": {name: worst(one.rates[name].verdict for one in group.levels).value for name in RATES},
                "levels": _group(group, declared[group.name], looks, use_case.fairness, seed),
            }
            for group in found.groups
        ],
    }


def may_show(level: Level) -> bool:
    """Say whether a level that stands alone may be shown."""
    return min(level.people_in_cells) >= SMALLEST


def verdicts(found: Fairness) -> dict[str, dict[str, str]]:
    """Return the verdict on each level by group and level."""
    return {group.name: {level.name: level.verdict.value for level in group.levels} for group in found.groups}


def stated(figure: Stated, *, shown: bool) -> dict[str, Any]:
    """Return a figure's JSON as it may leave."""
    if not shown:
        return {"withheld": SMALL_NUMBERS}
    if isinstance(figure, NotComputed):
        return {**figure.as_json(), "n": disclosure.count(figure.n)}
    return figure.as_json()


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


def _group(group: GroupFairness, declared: Group, looks: Looks, policy: Policy, seed: int) -> list[dict[str, Any]]:
    people = np.array([level.people_in_cells for level in group.levels])
    size = [level.people for level in group.levels]
    held = disclosure.held_back(people, np.array(size))
    order = list(dict.fromkeys(declared.labels.values()))
    if held is None:
        levels = [_level(level, shown=False, size=WITHHELD) for level in group.levels]
        return sorted(levels, key=lambda one: in_order(one["level"], order))
    shown_sizes = disclosure.sizes(size, held)
    levels = [
        _level(level, shown=not back, size=shown_size)
        for level, back, shown_size in zip(group.levels, held, shown_sizes, strict=True)
    ]
    levels.sort(key=lambda one: in_order(one["level"], order))
    together = [one["level"] for one in levels if not one["shown"]]
    if together and not all(held):
        levels.append(_together(group.name, together, looks, policy, seed))
    return levels


def _together(group: str, names: Sequence[str], looks: Looks, policy: Policy, seed: int) -> dict[str, Any]:
    title = f"{listed(names)} together" if len(names) < 3 else f"The {len(names)} smaller ones together"
    values: Mapping[str, list[str]] = {group: [title if one in names else one for one in looks.groups[group]]}
    found = fairness(looks.matrix.people, looks.outcome, looks.suggested, values, policy, seed=seed)
    level = next(one for one in found.groups[0].levels if one.name == title)
    # Its size is that of everyone less the levels that are shown, so it may leave whenever those may.
    return {**_level(level, shown=True, size=level.people), "together": list(names)}


def _level(level: Level, *, shown: bool, size: int | str) -> dict[str, Any]:
    _, wrongly, missed, found = level.cells
    counts = {"looks": sum(level.cells), "with_outcome": missed + found, "suggested": wrongly + found}
    return {
        "level": level.name,
        "people": disclosure.count(size) if isinstance(size, int) else size,
        "shown": shown,
        "verdict": level.verdict.value,
        **(counts if shown else {}),
        "rates": {
            name: {
                "rate": stated(level.rates[name].rate, shown=shown),
                "difference": stated(level.rates[name].difference, shown=shown),
                "verdict": level.rates[name].verdict.value,
            }
            for name in RATES
        },
    }
