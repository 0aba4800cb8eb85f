"""An audit's figures worked out again from its bundle and feature set, and compared: rates, verdicts, answer, page.

Again come all rates, differences and verdicts by group, the figures beside the simple rule, what is said of leaks, the
answer in five sentences, the facts, and the page. All are taken and no sample of them is drawn, for the looks at the
test dates cost more than all rates together. Not again: explanations, examples and limits, which take SHAP and the
partnership's files of the day; the page is drawn from them as they stand.

Other code may round, word or withhold otherwise, but a rate is a count over a count: of an audit that other code made,
the rates and differences alone are held against it.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from audits.audit.audit import EVIDENCE_FILE, REPORT_FILE, Audit, open_audit
from audits.audit.audit_facts import LeakageTold
from audits.fairness import by_group
from audits.fairness.fairness import Fairness, fairness
from audits.limits import leakage, performance
from audits.looks import Looks, looks
from audits.report import statements
from audits.report.report import render
from features.rows.feature_sets import FeatureSet, open_feature_set
from hub.digests import canonical_json, sources_digest
from hub.disclosing.disclosure import FEWEST, SmallNumbers
from hub.errors import IntegrityError, NotFoundError
from hub.facts import differing
from hub.progress import Progress
from hub.rebuilding.rebuilt import Rebuilt, not_rebuilt
from hub.workspace import Workspace
from models.bundle.bundles import Bundle, open_bundle

_HERE = Path(__file__).parents[1]
_STEPS = 3


def rebuild(workspace: Workspace, digest: str, *, code: str | None, rehearsed: bool, progress: Progress) -> Rebuilt:
    """Work out the figures of an audit again, and compare.

    Args:
        workspace: where it, its bundle and its feature set lie.
        digest: of the audit.
        code: digest of the code that made it, as the ledger says.
        rehearsed: whether the bundle was loaded in a process of its own already.
        progress: called as it goes on.

    Raises:
        IntegrityError: the bundle or the feature set has changed by a byte.
    """
    audit = open_audit(workspace, digest)
    facts, document = audit.facts, audit.document()
    try:
        bundle = open_bundle(workspace, facts.bundle)
        feature_set = open_feature_set(workspace, facts.feature_set)
    except NotFoundError:
        return not_rebuilt("its bundle or its feature set is gone")
    feature_set.artefact.verify()
    progress("Loading the audit's bundle", 0, _STEPS)
    if not rehearsed:
        bundle.rehearse()
    model = bundle.load()
    progress("Looking at the audit's test dates again", 1, _STEPS)
    try:
        judged = looks(bundle, feature_set, model)
    except IntegrityError as error:
        return Rebuilt(differs=(error.message.rstrip("."),))
    progress("Working out the audit's rates again", 2, _STEPS)
    policy, seed = bundle.use_case.fairness, document["seed"]
    fair = fairness(*judged.units, judged.outcome, judged.suggested, judged.groups, policy, seed=seed)
    made = _document(bundle, feature_set, judged, fair, document)
    rates = _rates(document["fairness"], made["fairness"])
    rest = _rest(audit, bundle, document, made)
    people, why = judged.people_where(judged.outcome | True), ""
    if rest and code not in {None, sources_digest(_HERE)}:
        rest, why = [], f"other code made it, and this code gives another {rest[0]}"
    return Rebuilt(people, people, (*rates, *rest), why, unit="people of the test dates")


def _document(
    bundle: Bundle, feature_set: FeatureSet, judged: Looks, fair: Fairness, document: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the parts of the evidence that are made again, as plain values."""
    small = SmallNumbers(document.get("withhold_below", FEWEST))
    worth = performance.as_json(bundle, judged, fair.everyone, small)
    groups = by_group.as_json(fair, judged, bundle.use_case, small, seed=document["seed"])
    made = {
        "answer": statements.five(bundle.use_case, worth, groups, document["limits"]),
        "performance": worth,
        "fairness": {**groups, "compared_with_fairlearn": document["fairness"]["compared_with_fairlearn"]},
        "leakage": leakage.as_json(feature_set, small),
        "digests": {
            "bundle": bundle.digest,
            "feature_set": feature_set.digest,
            "snapshot": feature_set.snapshot_digest,
            "use_case": feature_set.use_case.digest,
        },
    }
    return _plain(made)


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """Return what reading the JSON of a value gives."""
    return dict(json.loads(canonical_json(value)))


def _rates(said: Mapping[str, Any], made: Mapping[str, Any]) -> list[str]:
    """Return the rates and differences that the audit states otherwise than they are; withheld ones are not stated."""
    again = dict(_stated(made))
    found = []
    for where, value in _stated(said):
        if where in again and again[where] != value:
            found.append(" ".join(where))
    return found


def _stated(said: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], tuple[float, int]]]:
    """Yield (value, n) of each rate and difference by group, level, rate and which of the two."""
    levels = [("", said["everyone"])]
    levels += [(group["name"], level) for group in said["groups"] for level in group["levels"]]
    for group, level in levels:
        for name, rate in level["rates"].items():
            for which in ("rate", "difference"):
                if "value" in rate[which]:
                    where = tuple(word for word in (which, name, "of", group, level["level"]) if word)
                    yield where, (rate[which]["value"], rate[which]["n"])


def _rest(audit: Audit, bundle: Bundle, document: Mapping[str, Any], made: Mapping[str, Any]) -> list[str]:
    """Return what else is not as it is when made again: parts of the evidence, facts, the page."""
    found = [name for name, value in made.items() if document.get(name) != value]
    told = {name: getattr(bundle.facts, name) for name in ("partnership", "use_case_digest", "purpose")}
    told |= {
        "verdict": made["fairness"]["verdict"],
        "verdicts": by_group.verdicts(made["fairness"]),
        "seed": document["seed"],
        "leakage": LeakageTold.model_validate(leakage.in_facts(made["leakage"])),
    }
    found += [f"fact {name}" for name in differing(audit.facts, told)]
    if canonical_json(document) != audit.artefact.read(EVIDENCE_FILE):
        found.append("spelling of the evidence")
    if render(document).encode("utf-8") != audit.artefact.read(REPORT_FILE):
        found.append("page for people")
    return found
