"""The page for people: one HTML file that needs nothing else, drawn only from the evidence document.

What the page shows was already let out by `hub.disclosing`. No script, no request to anywhere, no font of its own.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from audits import phrases
from audits.limits import leakage
from audits.report import pictures
from hub import pages
from hub.dates import in_words
from hub.disclosing.disclosure import text
from models.measuring.metrics import HEADLINE

SHARES = {
    HEADLINE: "Offers that reach someone for whom the outcome followed",
    "recall_at_capacity": "Of those for whom the outcome followed, offered help",
}
"""Plain titles of the two figures in which the model stands beside the simple rule."""

DIGESTS = {
    "bundle": "Model bundle",
    "feature_set": "Feature set",
    "snapshot": "Snapshot of the hub",
    "use_case": "Use case",
}
"""What the digests are of, in the order in which they stand."""

PICTURED = {
    "false_negative_rate": ("fewer missed", "more missed"),
    "false_positive_rate": ("fewer wrongly", "more wrongly"),
}
"""The rates that are drawn for each group, and what the ends of the scale mean."""


def render(document: Mapping[str, Any]) -> str:
    """Return the page for an evidence document; equal documents give equal pages."""
    filters: dict[str, Callable[..., Any]] = {
        "stated": phrases.stated,
        "signed": phrases.signed,
        "whole": text,
        "number": phrases.number,
        "sentence": phrases.sentence,
        "inside": phrases.inside,
        "listed": phrases.listed,
        "day": lambda iso: in_words(datetime.date.fromisoformat(iso)),
        "tiny": phrases.tiny,
        "evidence": leakage.in_words,
        "slug": lambda text: "".join(one if one.isalnum() else "-" for one in text.lower()),
    }
    values = {
        "rates": phrases.RATES,
        "look": phrases.LOOK,
        "metric_names": phrases.METRICS,
        "shares": SHARES,
        "pictured": PICTURED,
        "digest_names": DIGESTS,
        "drawn": draw(document),
    }
    return pages.render("report.html.j2", "audits", filters, {**document, **values})


def draw(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the pictures by name: SVG of our own, in which every text is escaped already."""
    found: dict[str, str] = {}
    by_name = {one["name"]: one for one in document["performance"]["figures"]}
    for name, title in SHARES.items():
        models = by_name[name]["models"]
        ways = [one for one in document["performance"]["ways"] if one["figures"]]
        rows = [("The model", models["model"]), *((one["words"].capitalize(), models[one["name"]]) for one in ways)]
        found[name] = pictures.beside_the_rule(name.replace("_", "-"), rows, f"{title}, of 100")
    steps: Sequence[Mapping[str, Any]] = document["performance"]["calibration"]
    if steps:
        found["calibration"] = pictures.calibration("calibration", steps, "Expected and observed, of 100 looks")
    fairness = document["fairness"]
    for group in fairness["groups"]:
        for rate, ends in PICTURED.items():
            found[f"{group['name']}-{rate}"] = pictures.differences(
                f"{group['name']}-{rate}".replace("_", "-"),
                f"{phrases.RATES[rate][0]}, by {phrases.inside(group['plain'])}",
                group["levels"],
                rate,
                tolerance=fairness["tolerance"],
                ends=ends,
            )
    return found
