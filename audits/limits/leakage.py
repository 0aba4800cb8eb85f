"""What was found, and what was not looked for, when the feature set was checked for leaks: shown, never judged anew.

The findings are records of the feature set (features.leakage.leaks), which says as well which of their numbers leave.
"""

from collections.abc import Mapping
from typing import Any

from audits.phrases import number as decimal
from audits.phrases import stated
from features.leakage import leaks
from features.leakage.leaks import TITLES, LeakKind, Severity
from features.rows.feature_sets import FeatureSet
from hub.disclosing.disclosure import SmallNumbers, text

WORDS: Mapping[str, str] = {
    "auc": "Chance that somebody with the outcome stands before somebody without it",
    "share_with_outcome": "Of those with anything, how many have the outcome",
    "share": "Share",
    "children": "People",
    "children_with_outcome": "People with the outcome",
    "children_by_events": "People whose past events changed",
    "children_by_household": "People whose home or family is told in another way",
    "children_by_linkage": "People of whom only the linkage changed",
    "children_absent": "People whom a source does not hold any more",
    "children_compared": "People compared",
    "children_not_known_yet": "People not known on the date",
    "records": "Records",
    "stamped_records": "Records without a date of recording",
    "records_dated_back": "Records dated back",
    "new_records": "Records that came new",
    "events": "Events",
    "events_changed": "Events that changed",
    "ended": "Spells that have ended",
    "open": "Spells still open",
    "in_common_per_cent": "What both have in common, of 100",
    "source": "Source",
    "event_type": "Type of event",
    "field": "Field",
    "column": "Column",
}
"""What the numbers behind findings are called."""


def as_json(feature_set: FeatureSet, small: SmallNumbers) -> dict[str, Any]:
    """Return the findings and checks as they may leave.

    Keys: `known` (False: the feature set was made without these checks), `refusing` and `warning` (how many findings),
    `despite` (why it was built although something refused, or null), `findings` and `checks`.
    """
    said = feature_set.facts.leakage
    if said is None:
        return {"known": False, "refusing": 0, "warning": 0, "despite": None, "findings": [], "checks": []}
    severities = [one.severity for one in said.findings]
    return {
        "known": True,
        "refusing": severities.count(Severity.REFUSE.value),
        "warning": severities.count(Severity.WARN.value),
        "despite": said.despite,
        "findings": [_finding(small, one.as_json()) for one in said.findings],
        "checks": [{**one.as_json(), "title": TITLES[LeakKind(one.kind)]} for one in said.checks],
    }


def in_facts(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an audit's manifest says of it, for pages that show no more: see `as_json`.

    Keys: `known`, `refusing`, `warning`, `despite`, and `not_done`: the titles of checks that could not be done.
    """
    counts = {name: told[name] for name in ("known", "refusing", "warning", "despite")}
    return {**counts, "not_done": [one["title"] for one in told["checks"] if not one["done"]]}


def in_sentences(told: Mapping[str, Any]) -> list[str]:
    """Return in a few sentences what was found, what was not looked for, and why it was built nevertheless."""
    if not told["known"]:
        return ["Nobody looked whether the future shows in this model."]
    found = [f"Leakage, {one['title'].lower()}: {one['plain']}" for one in told["findings"]]
    if told["despite"]:
        found.append(f"It was built nevertheless, because: {told['despite']}")
    missing = [one["title"].lower() for one in told["checks"] if not one["done"]]
    if not told["findings"]:
        found.append("No leak was found.")
    if missing:
        found.append(f"Leaks that could not be looked for: {'; '.join(missing)}.")
    return found


def in_words(number: Mapping[str, Any]) -> str:
    """Return one number of a finding's evidence in words, such as "86.2 of 100 (82.5 to 89.3), n 399"."""
    value = number["value"]
    if not isinstance(value, Mapping) or "withheld" in value:
        return text(value)
    if "value" not in value:
        return stated(value)
    if number["name"] == "auc":
        return f"{stated(value, per=1, decimals=3)}, n {value['n']:,}"
    low, high = (decimal(value[end] * 100, 1) for end in ("low", "high"))
    return f"{decimal(value['value'] * 100, 1)} of 100 ({low} to {high}), n {value['n']:,}"


def _finding(small: SmallNumbers, one: Mapping[str, Any]) -> dict[str, Any]:
    evidence = [
        {"name": name, "what": WORDS.get(name, name.replace("_", " ").capitalize()), "value": value}
        for name, value in leaks.evidence(small, one).items()
    ]
    kept = {name: one[name] for name in ("kind", "severity", "about", "plain", "remedy")}
    return {**kept, "title": TITLES[LeakKind(one["kind"])], "evidence": evidence}
