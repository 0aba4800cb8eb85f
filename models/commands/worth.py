"""What a trained model is worth, as a command prints it for people."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from hub.commands.command_line import say, show
from models.opponents import PREVALENCE, WORDS

if TYPE_CHECKING:
    from models.bundle.bundles import Bundle
    from models.bundle.model_files import StatedFigures


def show_worth(model: "StatedFigures", title: str) -> None:
    """Print figures with their intervals, whom the model beats, what must be known of its rows, and its bands."""
    from models.figures import Figure, from_json
    from models.measuring.metrics import HEADLINE, ORDER_METRICS, PROBABILITY_METRICS
    from models.measuring.shift import TOLD
    from models.measuring.thresholds import BANDS

    ways = ("model", *model.opponents)
    show(_rows(model, ways, ORDER_METRICS), False, title=title)
    probable = [one for one in ways if isinstance(model.figure("brier", one), Figure)]
    show(_rows(model, probable, PROBABILITY_METRICS), False, title="Their probabilities, on the same dates")
    show(_at_capacities(model), False, title="With other numbers of places at each date of looking")
    for other, says in model.verdicts.items():
        plain = says if says != "cannot tell" else "may or may not beat (one cannot tell)"
        difference = model.difference(HEADLINE, other).text()
        named = HEADLINE.replace("_", " ")
        say(f"On the test dates the model {plain} {WORDS[other]}. Difference in {named}: {difference}.")
    say(_net_benefit(model))
    show(_goes_by(model), False, title=f"What it goes by: the first {_MOST_SHOWN} indicators, on the test dates")
    _show_calibration(model)
    for one in ("model", *model.opponents):
        by_chance = model.metrics["places_by_chance"][one]
        if by_chance["places"] > 0 and one != PREVALENCE:
            say(
                f"Of {by_chance['offers']:,.0f} offers of {WORDS.get(one, 'the model')}, {by_chance['places']:,.1f} go "
                "by chance to some of those who are level."
            )
    _show_search(model.metrics["choice"])
    moved, short = model.metrics["shift"], model.metrics.get("short_windows", [])
    if moved["auc"] >= TOLD:
        most = ", ".join([*moved["indicators"]][:3])
        say(
            f"Test rows can be told from those that were learned from (AUC {moved['auc']:.2f}; 0.5 is not at all), "
            f"most by {most}: figures on them are about rows of a kind that was hardly seen."
        )
    if short:
        many = len({name for one in short for name in one["indicators"]})
        say(
            f"On {len(short)} dates to learn from, {many} indicators have windows that reach back to before their "
            "source began: look on later dates, or use shorter windows."
        )
    few = model.metrics.get("smallest_group")
    if few is not None:
        shrinkage = f"; expected shrinkage {few['expected_shrinkage']:.2f}" if "expected_shrinkage" in few else ""
        say(
            f"The smallest group of the audit to learn from ({few['group']}: {few['level']}) has {few['outcomes']:,} "
            f"rows with the outcome, of {few['rows']:,}{shrinkage} (1: none; below 0.9: too few for these indicators)."
        )
    for name in BANDS:
        by = model.metrics["bands"][name]
        people, share = from_json(by["per_date"]).text(1), from_json(by["with_outcome"]).text()
        say(f"{name}: {people} at each date of looking; share with the outcome {share}.")


def _show_search(choice: Mapping[str, Any]) -> None:
    """Say how many candidates were searched, which was chosen, and from how many folds its figure comes."""
    if "search" not in choice:
        return
    search, tried = choice["search"], choice["tried"]
    chosen = next(one for one in tried if one["candidate"] == choice["chosen"])
    folds = len(chosen["folds"])
    error = f"standard error {chosen['standard_error']:.3f}, {folds} folds" if folds > 1 else "one fold: no interval"
    say(
        f"Searched: {search['trials']:,} candidates, {search['pruned']:,} of them left early. Chosen: "
        f"{chosen['candidate'].replace('_', ' ')} ({chosen['plain']}), mean average precision "
        f"{chosen['average_precision']:.3f} ({error}); it lacks {chosen['regret']:.3f} to the best of each fold."
    )


def _rows(model: "StatedFigures", ways: Iterable[str], metrics: Iterable[str]) -> list[dict[str, str]]:
    return [
        {
            "way": WORDS.get(one, "the model"),
            **{metric.replace("_", " "): model.figure(metric, one).text() for metric in metrics},
        }
        for one in ways
    ]


def _at_capacities(model: "StatedFigures") -> list[dict[str, str]]:
    from models.measuring.capacities import BEST_POSSIBLE

    words = {**WORDS, BEST_POSSIBLE: "the best that was possible"}
    return [
        {
            "places": f"{places:,}",
            "way": words.get(way, "the model"),
            **{name.replace("_", " "): one.text(1 if name == "number_needed" else 3) for name, one in by.items()},
        }
        for places, by_way in model.at_capacities().items()
        for way, by in by_way.items()
    ]


def _net_benefit(model: "StatedFigures") -> str:
    """Return at which thresholds offering by the model is worth more than offering to everybody or to nobody."""
    from models.figures import Figure
    from models.measuring.net_benefit import DIFFERENCE

    told = {at: by_way[DIFFERENCE] for at, by_way in model.net_benefits().items()}
    n = next(iter(told.values())).n
    runs: list[list[str]] = [[]]
    for at, one in told.items():
        if isinstance(one, Figure) and one.low > 0:
            runs[-1].append(f"{at:.3g}")
        elif runs[-1]:
            runs.append([])
    where = " and ".join(" to ".join(dict.fromkeys((run[0], run[-1]))) for run in runs if run)
    if not where:
        return f"From no probability on is offering by it known to be worth more than to everybody or nobody (n {n:,})."
    return (
        f"Offering from a probability of {where} on is worth more than offering to everybody or to nobody (each with a "
        f"95 % interval of its own, n {n:,})."
    )


def _goes_by(model: "StatedFigures") -> list[dict[str, Any]]:
    """Return how much each indicator adds or takes on average, and its ranks among models of other families."""
    from models.figures import from_json

    found = []
    for one in model.metrics["importance"][:_MOST_SHOWN]:
        ranks = one.get("ranks")
        said = "not computed" if ranks is None else f"{ranks['best']} to {ranks['worst']} of {ranks['refits']} refits"
        size = from_json(one["mean_size"]).text(3)
        found.append({"indicator": one["indicator"], "adds or takes (log-odds)": size, "rank": said})
    return found


_MOST_SHOWN = 10
_MADE_BY = {
    "platt": "Platt scaling (a slope and a level)",
    "isotonic": "isotonic regression",
    "venn_abers": "Venn-Abers predictors",
}


def _show_calibration(model: "StatedFigures") -> None:
    """Say how probabilities are made, how far they lie off what was observed, and whether as many had the outcome."""
    from models.figures import from_json
    from models.measuring.observed_expected import EVERYBODY, NEVER_SEEN, SEEN
    from models.measuring.smooth_calibration import Distance

    if choice := model.calibration_choice:
        say(f"Probabilities are made by {_MADE_BY[choice['chosen']]}: {choice['by']}.")
        for one in choice["tried"]:
            if one["method"] != choice["chosen"]:
                more = from_json(one["more_than_best"]).text(5)
                say(f"Log loss of {_MADE_BY[one['method']]} above that of the best: {more}.")
    for name, far in model.calibration_distances().items():
        says = f" This is {far.says}." if isinstance(far, Distance) else ""
        meant = "by (mean)" if name == "ici" else "for nine of ten rows by at most"
        say(f"What was observed differs from its probability {meant} {far.text(4)}.{says}")
    words = {EVERYBODY: "everybody", SEEN: "people who are in train", NEVER_SEEN: "people who are not"}
    for name, one in model.observed_over_expected().items():
        say(f"With the outcome / expected, {words.get(name, 'the latter by the former')}: {one.text(2)}.")


def whole(bundle: "Bundle") -> dict[str, Any]:
    """Return all that a bundle says, for scripts."""
    facts = {name: value for name, value in bundle.facts.as_json().items() if name != "schema_version"}
    return {"digest": bundle.digest, **facts, "metrics": bundle.metrics, "thresholds": bundle.thresholds.as_json()}


def show_bundle(bundle: "Bundle") -> None:
    """Print what a bundle is worth, and what an update made of another one."""
    show_worth(bundle, f"Bundle {bundle.digest[:12]}: {bundle.use_case.title}. Test dates, with 95 % intervals")
    _show_update(bundle)
    say(f"Bundle {bundle.digest}")


_CHANGED = {
    "nothing": "nothing was changed",
    "intercept": "the level alone was fitted anew",
    "slope": "level and spread were fitted anew",
    "refit": "all was fitted anew",
}


def _show_update(bundle: "Bundle") -> None:
    """Say from which bundle an update came, what was changed, why, and what became of the order."""
    from models.figures import from_json

    update, old = bundle.facts.update, bundle.facts.updated_from
    if update is None or old is None:
        return
    say(f"An update of the bundle {old[:12]}: {_CHANGED[update.step.value]}. {update.why}")
    order, people = update.order, bundle.use_case.people
    if order.unchanged:
        say(f"The order of {people} is unchanged on all {order.rows:,} rows of {order.dates:,} dates.")
    else:
        say(
            f"The order of {people} changed: {order.moved:,} of {order.rows:,} rows have another place on their date; "
            f"{order.places_kept:,} of {order.places:,} places go to whom they went to."
        )
    saved = from_json(bundle.metrics["update"]["after_minus_before"]["log_loss"]).text()
    say(f"Log loss on the test dates, less that of the old bundle (below 0 is better): {saved}.")
    say(f"It needs an approval of its own; that of {old[:12]} stands or falls as before.")
