"""The answer in five sentences: what a reader should take away who reads nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

from audits.phrases import IN_SHORT, inside, listed, number, sentence
from audits.verdicts import Verdict
from features.declarations.use_cases import UseCase
from models.fitting.fitting import MODEL
from models.measuring.metrics import HEADLINE
from models.opponents import SIMPLE_RULE

_VERDICTS = {
    "beats": "the model is better than {}",
    "does not beat": "the model is not better than {}, which is simpler",
    "cannot tell": "one cannot tell whether the model is better than {}",
    Verdict.WITHHELD: "it is not said here whether the model is better than {}",
}


def five(
    use_case: UseCase, performance: Mapping[str, Any], groups: Mapping[str, Any], limits: Mapping[str, Any]
) -> list[str]:
    """Return the five sentences.

    Args:
        use_case: what the model is for.
        performance: from `performance.as_json`.
        groups: from `by_group.as_json`.
        limits: from `limits.as_json`.
    """
    return [
        f"The model suggests for which {use_case.people} an offer of help may be most needed; a person decides, and "
        "the offer may be declined.",
        _worth(performance),
        _missed(groups["everyone"]),
        _fair(groups["groups"]),
        _unknown(use_case, limits),
    ]


def _worth(performance: Mapping[str, Any]) -> str:
    by_name = {one["name"]: one["models"] for one in performance["figures"]}
    figures = by_name[HEADLINE]
    model, rule = (figures[name] for name in (MODEL, SIMPLE_RULE))
    verdict = _compared(performance)
    if "value" in model and "value" in rule:
        return (
            f"Of 100 offers it would place, about {_figure(model, 100)} reach someone for whom the outcome followed; "
            f"the simple rule ({performance['simple_rule']}) reaches about {_figure(rule, 100)}: {verdict}."
        )
    return f"How many offers reach the right person are numbers too small to be shown: {verdict}."


def _compared(performance: Mapping[str, Any]) -> str:
    """Return what is said of the model beside each simpler way; ways of which the same is said stand together."""
    ways: dict[str, list[str]] = {}
    for other in performance["ways"]:
        ways.setdefault(performance["verdicts"][other["name"]], []).append(other["words"])
    return ", and ".join(_VERDICTS[says].format(listed(named)) for says, named in ways.items())


def _missed(everyone: Mapping[str, Any]) -> str:
    missed = everyone["rates"]["false_negative_rate"]["rate"]
    wrongly = everyone["rates"]["false_positive_rate"]["rate"]
    if "value" not in missed or "value" not in wrongly:
        return "How many are missed and how many are wrongly suggested is not shown, because the numbers are small."
    return (
        f"Of 1,000 looks after which the outcome followed, the model missed about {_figure(missed, 1000)}; "
        f"of 1,000 after which it did not follow, help was wrongly suggested about {_figure(wrongly, 1000)} times."
    )


def _figure(figure: Mapping[str, Any], of: int) -> str:
    """Return such as "34 (29 to 39, n 450)": how many of so many, with its interval."""
    value, low, high = (number(figure[name] * of) for name in ("value", "low", "high"))
    return f"{value} ({low} to {high}, n {figure['n']:,})"


def _fair(groups: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    for verdict, words in (
        (Verdict.DIFFERENCE, "people are treated differently, in a way that matters, by"),
        (Verdict.UNCLEAR, "there are differences of unclear size by"),
        (Verdict.TOO_FEW, "there are too few people to say by"),
        (Verdict.WITHHELD, "too little may be shown to say by"),
        (Verdict.NO_DIFFERENCE, "there is no difference that matters by"),
    ):
        named = [_named(group, verdict) for group in groups if group["verdict"] == verdict.value]
        if named:
            parts.append(f"{words} {listed(named)}")
    return sentence("; ".join(parts))


def _named(group: Mapping[str, Any], verdict: Verdict) -> str:
    name = f"“{inside(group['plain'])}”"
    if verdict in {Verdict.NO_DIFFERENCE, Verdict.TOO_FEW, Verdict.WITHHELD}:
        return name
    return f"{name} (in {listed(IN_SHORT[rate] for rate, said in group['by_rate'].items() if said == verdict.value)})"


def _unknown(use_case: UseCase, limits: Mapping[str, Any]) -> str:
    assumed = limits["recording"]
    when = "; when some records became known is assumed, not recorded" if assumed else ""
    decided = inside(use_case.outcome.decided_by)
    return sentence(
        "It is not known whether the help that is offered helps, and the outcome is a record and not need itself: "
        f"it is decided by {decided}{when}"
    )
