"""How good the model is beside simpler ways, as it may leave: the bundle's own figures on the test dates.

Of places that go by lot only the verdict is told: its figures are a sum of what the dates hold, some of which may be
withheld.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from audits.fairness.by_group import hidden_of_everyone
from audits.fairness.fairness import GroupLevel
from audits.limits import calibration
from audits.looks import Looks
from audits.phrases import inside
from audits.verdicts import Verdict
from hub.disclosing.disclosure import WITHHELD, SmallNumbers
from hub.disclosing.disclosure import as_json as counted
from hub.disclosing.withheld_cells import Told
from hub.figures import Figure, from_json
from models.bundle.bundles import Bundle
from models.fitting.fitting import MODEL
from models.measuring.metrics import HEADLINE, METRICS, ORDER_METRICS
from models.measuring.thresholds import BANDS, OFFER_HELP
from models.opponents import PREVALENCE, WORDS

Mask = npt.NDArray[np.bool_]
_SHARES = ("precision_at_capacity", "recall_at_capacity")


def as_json(bundle: Bundle, looks: Looks, everyone: GroupLevel, small: SmallNumbers) -> dict[str, Any]:
    """Return the figures of the model and the simpler ways, the bands, and whether the probabilities hold.

    Args:
        bundle: the model and its figures.
        looks: the test rows.
        everyone: their numbers, which fairness tells, too.
        small: which numbers may be shown.
    """
    figures = {name: _metric(bundle, name, looks.matrix.day_count, small) for name in METRICS}
    return {
        "ways": [{"name": name, "words": words, "figures": name != PREVALENCE} for name, words in _ways(bundle)],
        "verdicts": {name: _verdict(bundle, name, figures[HEADLINE]) for name, _ in _ways(bundle)},
        "verdict_on": HEADLINE,
        "simple_rule": simple_rule(bundle),
        "figures": [*figures.values()],
        "bands": _bands(bundle, looks, everyone, small),
        "calibration": [
            one.as_json() for one in calibration.steps(looks.probabilities, looks.outcome, *looks.units, small)
        ],
        "dates": _dates(looks, small),
    }


def _ways(bundle: Bundle) -> list[tuple[str, str]]:
    return [(name, WORDS[name]) for name in bundle.opponents]


def _verdict(bundle: Bundle, other: str, told: Mapping[str, Any]) -> str:
    shown = told["models"][MODEL] if other == PREVALENCE else told["differences"][other]
    return Verdict.WITHHELD.value if "withheld" in shown else bundle.verdicts[other]


def simple_rule(bundle: Bundle) -> str:
    """Return the simple rule in plain words."""
    by_name = {one.name: one for one in bundle.indicators}
    steps = (
        f"{'highest' if step.highest_first else 'lowest'} first: {inside(by_name[step.indicator].plain)}"
        for step in bundle.use_case.simple_rule.steps
    )
    return "; among those who are level, ".join(steps)


def _metric(bundle: Bundle, name: str, dates: int, small: SmallNumbers) -> dict[str, Any]:
    others = [other for other, _ in _ways(bundle) if other != PREVALENCE]
    found = {model: bundle.figure(name, model) for model in (MODEL, *others)}
    shown = {model: name not in _SHARES or _may_show_shares(bundle, model, dates, small) for model in found}
    differences = {
        other: (bundle.difference(name, other) if shown[MODEL] and shown[other] else WITHHELD).as_json()
        for other in others
        if name in ORDER_METRICS
    }
    return {
        "name": name,
        "plain": METRICS[name],
        "is_share": name in _SHARES,
        "models": {model: (figure if shown[model] else WITHHELD).as_json() for model, figure in found.items()},
        "differences": differences,
    }


def _may_show_shares(bundle: Bundle, model: str, dates: int, small: SmallNumbers) -> bool:
    """Say whether both shares of a model's offers may leave; each could be worked out from the other.

    10 looks a date are surely 10 people. Counted are those whom offers reach, offers that reach others, and those whom
    no offer reaches.
    """
    precision, recall = (bundle.figure(name, model) for name in _SHARES)
    if not isinstance(precision, Figure) or not isinstance(recall, Figure):
        return True
    reached = precision.value * precision.n
    counts = (reached, precision.n - reached, recall.n - reached)
    return not any(small.is_small(max(1, int(one / dates + 1e-6))) for one in counts if round(one))


def _bands(bundle: Bundle, looks: Looks, everyone: GroupLevel, small: SmallNumbers) -> list[dict[str, Any]]:
    rows = {name: looks.bands == name for name in BANDS}
    people = {name: looks.people_where(rows[name]) for name in BANDS}
    told, places = _by_part(looks, rows, small)
    _as_of_everyone(told, places, looks, everyone, small)
    for name in BANDS:
        told.number(people[name], (name, "looks"))
    hidden = told.withheld()
    plain: Mapping[str, str] = {band["name"]: band["plain"] for band in bundle.thresholds.as_json()["bands"]}
    found = []
    for name in BANDS:
        figures = {which: from_json(bundle.metrics["bands"][name][which]) for which in ("per_date", "with_outcome")}
        few, few_with_it = (name, "looks") in hidden, (name, "with_outcome") in hidden
        found.append(
            {
                "name": name,
                "plain": plain[name],
                "people": counted(WITHHELD if few else people[name]),
                "per_date": (WITHHELD if few else figures["per_date"]).as_json(),
                "with_outcome": (WITHHELD if few or few_with_it else figures["with_outcome"]).as_json(),
            }
        )
    return found


def _as_of_everyone(
    told: Told, places: Mapping[str, Mapping[str, int]], looks: Looks, everyone: GroupLevel, small: SmallNumbers
) -> None:
    """Tell of the offers what fairness tells of them under everyone: suggested are those of this band, found with it.

    Those without an offer are the other bands together, so they must not be worked out either.
    """
    hidden = hidden_of_everyone(everyone, looks.matrix.day_count, small)

    def known(name: str, place: int) -> None:
        if name not in hidden:
            told.relation({place: 1}, told.values[place], told.values[place])

    for what, name in (("looks", "suggested"), ("with_outcome", "found")):
        known(name, places[what][OFFER_HELP])
        if name in hidden:
            told.withhold((OFFER_HELP, what))
    others: dict[str, int] = {}
    for what, rows in (("looks", ~looks.suggested), ("with_outcome", ~looks.suggested & looks.outcome)):
        few = small.is_small(looks.people_where(rows))
        others[what] = told.number(int(rows.sum()), None, small=few)
        told.sum(others[what], [place for band, place in places[what].items() if band != OFFER_HELP])
    known("missed", others["with_outcome"])
    neither = ~looks.suggested & ~looks.outcome
    rest = told.number(int(neither.sum()), None, small=small.is_small(looks.people_where(neither)))
    told.sum(others["looks"], (others["with_outcome"], rest))


def _dates(looks: Looks, small: SmallNumbers) -> list[dict[str, Any]]:
    """Return, for each test date, how many looks there were and after how many the outcome followed."""
    rows = {str(day): looks.matrix.days == day for day in np.unique(looks.matrix.days)}
    hidden = _by_part(looks, rows, small)[0].withheld()
    numbers = {"looks": rows, "with_outcome": {day: mask & looks.outcome for day, mask in rows.items()}}
    return [
        {
            "as_of_date": day,
            **{
                what: counted(WITHHELD if (day, what) in hidden else int(masks[day].sum()))
                for what, masks in numbers.items()
            },
        }
        for day in rows
    ]


def _by_part(
    looks: Looks, parts: Mapping[str, Mask], small: SmallNumbers
) -> tuple[Told, Mapping[str, Mapping[str, int]]]:
    """Return the looks of each part, and those after which the outcome followed, as they are told together.

    With them their places, by what they are and by part.

    Everybody knows both of all looks, unless the people behind one of them are few.
    """
    told = small.told()
    sums: dict[str, dict[str, int]] = {"looks": {}, "with_outcome": {}}
    for name, rows in parts.items():
        many = int(rows.sum())
        yes, no = rows & looks.outcome, rows & ~looks.outcome
        every = told.number(many, (name, "looks"), small=small.is_small(looks.people_where(rows)))
        with_it = told.number(
            int(yes.sum()), (name, "with_outcome"), people=many, small=small.is_small(looks.people_where(yes))
        )
        told.sum(every, (with_it, told.number(int(no.sum()), None, small=small.is_small(looks.people_where(no)))))
        sums["looks"][name] = every
        sums["with_outcome"][name] = with_it
    few = small.is_small(looks.people_where(looks.outcome)) or small.is_small(looks.people_where(~looks.outcome))
    for name, by_part in sums.items():
        places = list(by_part.values())
        total = sum(told.values[place] for place in places)
        if few and name == "with_outcome":
            told.sum(told.number(total, None, small=True), places)
        else:
            told.relation(dict.fromkeys(places, 1), total, total)
    return told, sums
