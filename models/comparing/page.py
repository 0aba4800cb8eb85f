"""The comparison as a page: one HTML file that needs nothing else, without script or request."""

import base64
from typing import Any

from hub import pages
from hub.disclosing.disclosure import SmallNumbers, text
from models.bundle.bundles import Bundle
from models.comparing.comparing import Against, Comparison
from models.comparing.lists import KINDS
from models.fitting import pictures
from models.measuring.capacities import BEST_POSSIBLE
from models.measuring.metrics import METRICS, ORDER_METRICS
from models.opponents import OPPONENTS, WORDS


def render(found: Comparison, small: SmallNumbers) -> str:
    """Return the page; equal comparisons give equal pages.

    Args:
        found: the comparison.
        small: which numbers of people may be shown.
    """
    first = found.bundles[0]
    values = {
        "title": first.use_case.title,
        "people": first.use_case.people,
        "bundles": [_bundle(one) for one in found.bundles],
        "figures": [(name.replace("_", " "), plain, [_of(one, name) for one in found.bundles])
                    for name, plain in METRICS.items()],
        "verdicts": [(WORDS[other], [one.verdicts.get(other, "itself") for one in found.bundles])
                     for other in OPPONENTS],
        "capacities": _capacities(found),
        "against": [_against(one, small, alone=len(found.against) == 1) for one in found.against],
        "fewest": small.fewest,
        "first": first.digest[:12],
    }  # fmt: skip
    return pages.render("comparison.html.j2", "models", {}, values)


def _of(bundle: Bundle, metric: str) -> str:
    return bundle.figure(metric).text()


def _bundle(bundle: Bundle) -> dict[str, Any]:
    curve = pictures.calibration(bundle.metrics["expected_and_observed"], bundle.calibration_curve())
    net = pictures.net_benefit(bundle.net_benefits(), bundle.thresholds.offer_help, bundle.use_case.people)
    return {
        "digest": bundle.digest[:12],
        "algorithm": bundle.facts.algorithm,
        "dates": " and ".join(day.isoformat() for day in bundle.facts.splits.test),
        "calibration": _picture(curve),
        "net_benefit": _picture(net),
        "distances": [(name.upper(), one.text(4)) for name, one in bundle.calibration_distances().items()],
        "observed": [(name.replace("_", " "), one.text(2)) for name, one in bundle.observed_over_expected().items()],
        "benefits": [
            (f"{at:.3g}", by_way["model"].text(4), by_way["everybody"].text(4), by_way["difference"].text(4))
            for at, by_way in bundle.net_benefits().items()
        ],
    }


def _capacities(found: Comparison) -> list[dict[str, Any]]:
    """Return a row for each number of places and each bundle that has it."""
    by_bundle = [(one, one.at_capacities()) for one in found.bundles]
    rows = []
    for places in sorted({places for _, by in by_bundle for places in by}):
        for bundle, by in by_bundle:
            if places in by:
                own = {name: one.text(1 if name == "number_needed" else 3) for name, one in by[places]["model"].items()}
                best = by[places][BEST_POSSIBLE]["precision"].text()
                rows.append({"places": places, "digest": bundle.digest[:12], **own, "best": best})
    return rows


def _against(one: Against, small: SmallNumbers, *, alone: bool) -> dict[str, Any]:
    """Return what is said of a bundle beside the first; who enters its list, of two bundles alone.

    Of several, the first one's list would be told once for each.
    """
    said: dict[str, Any] = {"digest": one.bundle.digest[:12], "why_not": one.why_not, "alone": alone}
    if one.changed is None:
        return said
    everyone, levels = one.changed.told(small)
    return {
        **said,
        "differences": [(name.replace("_", " "), one.differences[name].text()) for name in ORDER_METRICS],
        "everyone": [text(everyone[kind]) for kind in KINDS],
        "levels": [
            (group.replace("_", " "), level, [text(numbers[kind]) for kind in KINDS if kind in numbers])
            for (group, level), numbers in levels.items()
        ],
    }


def _picture(svg: str) -> str:
    """Return a picture as an address that holds it whole: names inside two pictures cannot collide."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode("utf-8")).decode("ascii")
