"""The evidence about one bundle: one plain document, from which the page is drawn and nothing else.

`gather` works out everything and lets out only what `hub.disclosing` allows. Equal inputs and an equal seed give an
equal document.
"""

import importlib.metadata
from dataclasses import dataclass
from typing import Any

from audits.explaining import examples, explanations
from audits.explaining.explanations import Explanations
from audits.fairness import by_group, fairlearn_check
from audits.fairness.fairness import Fairness, fairness
from audits.fairness.rates import RATES
from audits.limits import leakage, limits, performance
from audits.looks import Looks, looks
from audits.report import statements
from features.rows.feature_sets import FeatureSet
from hub.declarations.partnership import PartnershipFile
from hub.progress import Progress
from models.bundle.bundles import Bundle
from models.bundle.model import Model

SCHEMA_VERSION = 3

_LIBRARIES = ("fairlearn", "lightgbm", "numpy", "scikit-learn", "shap")
_DECIMALS = 10


@dataclass(frozen=True)
class AuditEvidence:
    """What was found.

    Attributes:
        document: everything that leaves, as plain JSON values.
        verdicts: the verdict on each level, by group and level.
    """

    document: dict[str, Any]
    verdicts: dict[str, dict[str, str]]


def gather(
    bundle: Bundle,
    feature_set: FeatureSet,
    model: Model,
    *,
    partnership: PartnershipFile,
    seed: int,
    progress: Progress,
) -> AuditEvidence:
    """Work out the evidence on the test dates.

    Args:
        bundle: what is judged.
        feature_set: what it was trained and tested on.
        model: the bundle's model.
        partnership: for its full name, those of its agencies, and which numbers may be shown.
        seed: of every resample and sample.
        progress: told of each step.

    Raises:
        IntegrityError: bundle and feature set do not belong together, or a rate differs from Fairlearn's.
    """
    small = partnership.small_numbers
    progress("Looking at the test dates", 0, 5)
    judged = looks(bundle, feature_set, model)
    progress("Judging fairness by group", 1, 5)
    fair = fairness(*judged.units, judged.outcome, judged.suggested, judged.groups, bundle.use_case.fairness, seed=seed)
    progress("Comparing every rate with Fairlearn", 2, 5)
    compared = fairlearn_check.check(judged.outcome, judged.suggested, judged.groups, fair)
    progress("Explaining with SHAP", 3, 5)
    explained = explanations.explain(model, bundle.indicators, explanations.sample(judged.matrix, seed=seed), seed=seed)
    told, missing = examples.examples(model, bundle.indicators, bundle.thresholds, judged, small)
    progress("Writing the report", 4, 5)
    worth = performance.as_json(bundle, judged, fair.everyone, small)
    groups = by_group.as_json(fair, judged, bundle.use_case, small, seed=seed)
    agencies = {agency.name: agency.title for agency in partnership.agencies}
    bounds = limits.as_json(bundle, feature_set, judged, small, agencies=agencies, differences=_judged(fair))
    document = {
        "schema_version": SCHEMA_VERSION,
        "withhold_below": small.fewest,
        "about": _about(bundle, judged, partnership.title),
        "answer": statements.five(bundle.use_case, worth, groups, bounds),
        "performance": worth,
        "fairness": {**groups, "compared_with_fairlearn": compared},
        "explanations": _explanations(explained),
        "leakage": leakage.as_json(feature_set, small),
        "examples": {"told": [one.as_json() for one in told], "too_few": missing},
        "limits": bounds,
        "digests": _digests(bundle),
        "seed": seed,
        "libraries": {name: importlib.metadata.version(name) for name in _LIBRARIES},
    }
    return AuditEvidence(document, by_group.verdicts(groups))


def _judged(found: Fairness) -> int:
    return sum(len(group.levels) * len(RATES) for group in found.groups)


def _about(bundle: Bundle, judged: Looks, title: str) -> dict[str, Any]:
    use_case = bundle.use_case
    days = sorted({str(day) for day in judged.matrix.days})
    return {
        "partnership": title,
        "use_case": use_case.title,
        "purpose": use_case.purpose,
        "tier": use_case.tier.value,
        "people": use_case.people,
        "cohort": use_case.cohort.plain,
        "help_offered": use_case.help_offered,
        "capacity": use_case.capacity,
        "outcome": use_case.outcome.plain,
        "horizon_days": use_case.horizon_days,
        "known_to": bundle.facts.known_to.isoformat(),
        "test_from": days[0],
        "test_to": days[-1],
        "test_dates": len(days),
    }


def _explanations(found: Explanations) -> dict[str, Any]:
    return {
        "rows": found.rows,
        "people": found.people,
        "sound": found.sound,
        "additivity": round(found.additivity, _DECIMALS),
        "agreement": round(found.agreement, _DECIMALS),
        "indicators": [
            {
                "name": one.indicator.name,
                "plain": one.indicator.plain,
                "kind": one.indicator.kind.value,
                "sources": list(one.indicator.sources),
                "share": one.share.as_json(),
                "expected": one.indicator.direction.value,
                "found": one.found,
                "as_expected": one.as_expected,
                "proxy_danger": one.indicator.proxy_danger,
                "why_fair": one.indicator.why_fair,
            }
            for one in found.weights
        ],
    }


def _digests(bundle: Bundle) -> dict[str, str]:
    facts = bundle.facts
    return {
        "bundle": bundle.digest,
        "feature_set": facts.feature_set,
        "snapshot": facts.snapshot,
        "use_case": facts.use_case_digest,
    }
