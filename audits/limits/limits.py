"""What a reader must know of the data behind an audit, and what the audit does not say."""

from collections.abc import Mapping
from typing import Any

from audits.limits import linked_people
from audits.looks import Looks
from audits.phrases import sentence
from features.declarations.outcomes import HEADLINES
from features.rows.feature_sets import FeatureSet
from hub.disclosing.disclosure import WITHHELD, SmallNumbers
from hub.disclosing.disclosure import as_json as counted
from hub.publishing.snapshots import SourceFacts
from models.bundle.bundles import Bundle

NOT_LOOKED_AT = (
    ("Whether the help that is offered helps", "nobody knows how things would have gone without it"),
    ("Groups within groups, such as one sex at one age", "most would be too small; each group is judged by itself"),
    ("Whether probabilities hold in each group", "only whom the model suggests is compared between groups"),
    ("Whether indicators stand in for a group", "each indicator's declared danger is told, but not measured"),
    ("How stable all this is over time", "there is one test period; monitoring begins when the model is used"),
)
"""What this audit leaves out, and why."""


def as_json(
    bundle: Bundle,
    feature_set: FeatureSet,
    looks: Looks,
    small: SmallNumbers,
    *,
    agencies: Mapping[str, str],
    differences: int,
) -> dict[str, Any]:
    """Return the limits, as they may leave.

    Args:
        bundle: the bundle.
        feature_set: what it was trained and tested on.
        looks: the test rows.
        small: which numbers may be shown.
        agencies: full names of the agencies.
        differences: how many differences between groups were judged.
    """
    outcome, facts = bundle.use_case.outcome, feature_set.facts
    titles = {name: said.title for name, said in facts.sources.items()}
    words = {group.column.removeprefix("person."): group.labels for group in bundle.use_case.groups}
    return {
        "outcome": {
            "title": outcome.title,
            "plain": outcome.plain,
            "headline": HEADLINES[outcome.headline],
            "decided_by": outcome.decided_by,
            "known_bias": outcome.known_bias,
            "better_when": outcome.better_when.value,
            "since": outcome.since.isoformat(),
            "until": None if outcome.until is None else outcome.until.isoformat(),
            "why": outcome.why,
            "horizon_days": bundle.use_case.horizon_days,
        },
        "chance": (
            f"{differences} differences were judged, each with a 95 % interval. Even if no group differed from any "
            "other, about one in twenty of these intervals would not hold 0, by chance alone."
        ),
        "recording": _recording(facts.sources),
        "dropped": [one.as_json() for one in bundle.facts.splits.dropped],
        "linkage": linked_people.as_json(facts.linkage, titles, words, small),
        "sizes": _sizes(bundle, looks, small),
        "sources": [_source(bundle, name, said, agencies) for name, said in sorted(facts.sources.items())],
        "not_looked_at": [{"what": what, "why": why} for what, why in NOT_LOOKED_AT],
    }


def _recording(sources: Mapping[str, SourceFacts]) -> list[dict[str, str]]:
    found = []
    for _, said in sorted(sources.items()):
        assumed = said.assumed_recording
        if assumed is not None:
            lag = f"known {assumed.lag_days} days after it happened"
            found.append({"source": said.title, "assumed": lag, "because": sentence(assumed.because)})
    return found


def _sizes(bundle: Bundle, looks: Looks, small: SmallNumbers) -> list[dict[str, Any]]:
    """Return rows, people and rows with the outcome of each part; of the test rows both sides are counted in people."""
    plain = {"train": "To learn from", "choose": "To choose and to set the line", "test": "To test, as told here"}
    found = []
    for name, words in plain.items():
        part, dates = bundle.metrics["parts"][name], bundle.facts.splits.part(name)
        sides = [part["with_outcome"], part["rows"] - part["with_outcome"]]
        if name == "test":
            sides = [looks.people_where(looks.outcome), looks.people_where(~looks.outcome)]
        counts = {key: counted(small.count(part[key])) for key in ("rows", "people", "not_followed")}
        counts["with_outcome"] = counted(part["with_outcome"] if small.may_show_share(*sides) else WITHHELD)
        found.append(
            {"part": words, "from": dates[0].isoformat(), "to": dates[-1].isoformat(), "dates": len(dates), **counts}
        )
    found[-1]["indicators"] = len(looks.matrix.names)
    return found


def _source(bundle: Bundle, name: str, said: SourceFacts, agencies: Mapping[str, str]) -> dict[str, Any]:
    used = sum(name in one.sources for one in bundle.indicators)
    told = {"name", "law", "regime", "valid_to", "document"}
    last = said.reported.last
    return {
        "source": said.title,
        "agency": agencies.get(said.agency, said.agency),
        "told_until": None if last is None else last.isoformat(),
        "indicators": used,
        "gateways": [one.model_dump(mode="json", include=told) for one in said.gateways],
    }
