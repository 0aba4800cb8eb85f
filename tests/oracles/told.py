"""Every table of people that leaves a workspace, and what somebody finds out who reads one of them, or all.

    tables = of(workspace, partnership, audit.digest)
    recovered(tables)             # {"quality": [], ..., "all together": []}

Whoever reads all tables together knows all that a pair of them tells, and more: what he cannot find out, nobody finds
out who reads two.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from audits.audit.audit import open_audit
from features.leakage import leaks
from features.levels import outcome_record
from features.rows.feature_sets import open_feature_set
from hub.declarations.partnership import Partnership
from hub.identity import persons
from hub.linking import disclosed
from hub.publishing.snapshots import Snapshot, open_snapshot
from hub.quality import map_quality, quarantine_groups
from hub.quality.quarantine_groups import Grouping
from hub.staging import extracts, recorded_groups
from hub.workspace import Workspace
from models.bundle.bundles import open_bundle
from tests.oracles import published
from tests.oracles.attacker import Attacker, Recovered

ALL = "all together"
Reader = Callable[[Attacker], None]


def of(workspace: Workspace, partnership: Partnership, audit: str) -> dict[str, Reader]:
    """Return for each table what an attacker reads in it.

    Args:
        workspace: extracts, person map, snapshot, feature set and audit lie there.
        partnership: whose they are.
        audit: its digest.
    """
    return of_hub(workspace, partnership) | of_audit(workspace, partnership, audit)


def of_hub(workspace: Workspace, partnership: Partnership) -> dict[str, Reader]:
    """Return what leaves the hub: quality, `hub link`, the quarantine by group, what deliveries take away."""
    linked = disclosed.document(partnership.small_numbers, persons.open_map(workspace).report)
    tables: dict[str, Reader] = {
        "quality": partial(_quality, map_quality.document(workspace, partnership)),
        "hub link": partial(_quality, linked),
        **{f"quarantine by {by}": _quarantine(workspace, partnership, by) for by in _GROUPINGS},
    }
    taken_away = [extract for extract in extracts.all_extracts(workspace) if extract.facts.taken_away]
    return tables | ({"taken away": partial(_losses, taken_away)} if taken_away else {})


def of_audit(workspace: Workspace, partnership: Partnership, audit: str) -> dict[str, Reader]:
    """Return what leaves about a model and its snapshot: audit, leaks, levels of outcomes."""
    judged = open_audit(workspace, audit)
    features = open_feature_set(workspace, open_bundle(workspace, judged.facts.bundle).facts.feature_set)
    snapshot = open_snapshot(workspace, features.facts.snapshot)
    tables: dict[str, Reader] = {
        "levels": _levels(snapshot, partnership),
        "audit": partial(_audit, judged.document()),
    }
    leakage = features.facts.leakage
    if leakage is not None:
        tables["leaks"] = partial(_leaks, leaks.told(partnership.small_numbers, leakage.as_json()))
    return tables


_GROUPINGS: tuple[Grouping, ...] = ("sex", "ethnicity")


def attacker_of(readers: Iterable[Reader], fewest: int) -> Attacker:
    """Return an attacker who has read these tables."""
    attacker = Attacker(fewest)
    for read in readers:
        read(attacker)
    return attacker


def recovered(tables: Mapping[str, Reader], fewest: int) -> dict[str, list[Recovered]]:
    """Return what is found out in each table alone, and in all of them together."""
    alone = {name: attacker_of([read], fewest).recovered() for name, read in tables.items()}
    return alone | {ALL: attacker_of(tables.values(), fewest).recovered()}


def _quality(document: Mapping[str, Any], attacker: Attacker) -> None:
    published.quality(attacker, document)


def _audit(document: Mapping[str, Any], attacker: Attacker) -> None:
    published.audit(attacker, document)


def _leaks(document: Mapping[str, Any], attacker: Attacker) -> None:
    for finding in document["findings"]:
        published.evidence(attacker, published.leak(finding), finding["evidence"])


def _losses(found: Iterable[extracts.Extract], attacker: Attacker) -> None:
    for extract in found:
        told = [one.as_json() for one in extract.facts.taken_away]
        published.losses(attacker, f"{extract.source} {extract.digest[:12]}", told)


def _quarantine(workspace: Workspace, partnership: Partnership, by: Grouping) -> Reader:
    document = quarantine_groups.by_group(workspace, partnership, by)
    totals: Counter[tuple[str, str]] = Counter()
    for extract in extracts.current_extracts(workspace):
        for one in (*extract.facts.files, *extract.facts.mapped):
            totals.update({(extract.source, rule): rows for rule, rows in one.rules.items()})
    codes = {row["level"] for row in persons.open_map(workspace).report["without_truth"] if row["group"] == "ethnicity"}
    groups = {code: recorded_groups.ethnicity(code) for code in codes}
    return lambda attacker: published.quarantine(attacker, document, totals, groups)


def _levels(snapshot: Snapshot, partnership: Partnership) -> Reader:
    day = snapshot.known_to
    document = outcome_record.as_json(outcome_record.tell(snapshot, partnership, on=day), districts=True)
    return lambda attacker: published.levels(attacker, document, {})
