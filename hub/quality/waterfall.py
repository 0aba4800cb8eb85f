"""Splink's waterfall of one pair: which comparison level gave how many bits, from what is usual to the weight.

Each step adds log2(m / u) of the level at which the pair stands. Splink's weight has one more part, how common the two
names are (term frequencies); then come the chance that the two are of one family (weighing.siblings) and that of other
candidates (hub.linking.pair_table). So the steps always add up to the weight.
"""

import math
from collections.abc import Mapping
from typing import Any

from hub import sql
from hub.linking.engine import FoundPeople
from hub.weighing import comparisons, siblings


def levels(found: FoundPeople) -> dict[str, str]:
    """Return for each comparison made SQL over records `l` and `r`: the label of the level at which a pair stands."""
    return {name: _level(name) for name in found.model["compared"]}


def _level(comparison: str) -> str:
    labels = [label for label, *_ in comparisons.COMPARISONS[comparison]]
    whens = " ".join(f"WHEN {comparisons.condition(comparison, label)} THEN {sql.text(label)}" for label in labels[:-1])
    return f"CASE {whens} ELSE {sql.text(labels[-1])} END"


def evidence(found: FoundPeople) -> str:
    """Return SQL for the evidence of a pair that has `strangers` (Splink's weight), over records `l` and `r`."""
    if found.memory is None:
        return "strangers"
    family = siblings.Ratio(found.model["sibling_ratio"], found.model["parent_ratio"])
    sibling = siblings.likelihood(found.memory.shares, family)
    return f"round(-log2(pow(2, -strangers) + {sibling}), 4)"


def steps(
    found: FoundPeople, at: Mapping[str, str], strangers: float, evidence_of: float, weight: float
) -> list[dict[str, Any]]:
    """Return the steps of a pair: `what`, `level` and `bits`; the bits add up to the weight.

    Args:
        found: the linkage, with what was learnt.
        at: the level of each comparison made.
        strangers: Splink's weight.
        evidence_of: after brothers and sisters were thought of.
        weight: after other candidates were thought of.
    """
    if found.memory is None:
        return []
    prior, shares = found.memory.prior, found.memory.shares
    rows = [_step("before anything is compared", "two records out of all", math.log2(prior / (1 - prior)))]
    for name, label in at.items():
        known = label != "null"
        bits = math.log2(shares.m[name][label] / shares.u[name][label]) if known else 0.0
        rows.append(_step(name.replace("_", " "), label if known else "not recorded", bits))
    left = strangers - sum(row["bits"] for row in rows)
    rows.append(_step("how common the names are", "rare names say more", left))
    rows.append(_step("a relative", "they would share this too", evidence_of - strangers))
    rows.append(_step("other candidates", "at most one is right", weight - evidence_of))
    return [row for row in rows if abs(row["bits"]) >= 0.05 or row["what"] in {name.replace("_", " ") for name in at}]


def _step(what: str, level: str, bits: float) -> dict[str, Any]:
    return {"what": what, "level": level, "bits": round(bits, 2) + 0.0}


def bar(bits: float, width: int = 16) -> str:
    """Return a bar of text for a step: to the left against one person, to the right for it; two bits a sign."""
    signs = min(round(abs(bits) / 2), width)
    return f"{'█' * signs:>{width}}|{'':<{width}}" if bits < 0 else f"{'':>{width}}|{'█' * signs:<{width}}"
