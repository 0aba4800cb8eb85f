"""Feature sets written anew when a person was erased from the hub (hub.erasing.erasure)."""

import shutil
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from features.rows.feature_sets import FOLLOWED_FILE, KIND, MATRIX_FILE, STAGING
from features.rows.followed import counts
from hub import artefacts
from hub.erasing.rewriting import copy_without, holds
from hub.ledger import publications
from hub.workspace import Workspace


def rewrite(workspace: Workspace, people: Collection[str], snapshots: Mapping[str, str]) -> dict[str, str]:
    """Write every feature set that holds one of `people` anew without them; the old ones are removed.

    Manifests are taken as they stand, and not as checked facts: also those of earlier code are reached.

    What an interrupted build left behind is removed too, and so is all that single scores read (`forget`).

    Args:
        workspace: where feature sets lie.
        people: person ids.
        snapshots: old digest → new digest of each snapshot that was written anew.

    Returns:
        Old digest → new digest of each feature set that was written anew.
    """
    for staging in workspace.features.glob(f"{STAGING}*"):
        shutil.rmtree(staging)
    forget(workspace)
    done = {}
    for digest in artefacts.digests_in(workspace.features):
        found = artefacts.open_artefact(workspace.features, digest, KIND)
        tables = sorted(name for name in found.files if name.endswith(".parquet"))
        facts = dict(found.facts)
        with found.held() as held:
            if not any(holds(held.artefact.path / name, people) for name in tables):
                continue
        recorder = publications.recorder(workspace, KIND, {"rewritten_from": digest}, code=facts["code_digest"])
        with (
            artefacts.publish(workspace.features, KIND, facts, before=recorder) as draft,
            found.held() as held,
        ):
            for name in tables:
                copy_without(held.artefact.path / name, draft.path / name, people)
            matrix = pq.read_table(draft.path / MATRIX_FILE, columns=["as_of_date", "outcome"]).to_pydict()
            rows = Counter(day.isoformat() for day in matrix["as_of_date"])
            outcomes = Counter(
                day.isoformat() for day, outcome in zip(matrix["as_of_date"], matrix["outcome"], strict=True) if outcome
            )
            draft.facts |= {
                "snapshot": snapshots.get(facts["snapshot"], facts["snapshot"]),
                "rows": {day: rows[day] for day in facts["rows"]},
                "outcomes": {
                    day: None if counted is None else outcomes[day] for day, counted in facts["outcomes"].items()
                },
                **_not_followed(draft.path / FOLLOWED_FILE),
                "rewritten_from": [*facts.get("rewritten_from", ()), digest],
            }
        done[digest] = draft.digest
        shutil.rmtree(workspace.features / digest)
    return done


def _not_followed(path: Path) -> dict[str, Any]:
    """Return the fact about looks that were not followed; nothing of a feature set from before it was written."""
    if not path.exists():
        return {}
    counted = counts(pq.read_table(path))
    return {"not_followed": {day.isoformat(): reasons for day, reasons in counted.items()}}


def forget(workspace: Workspace) -> None:
    """Delete all online sources (features.online.source) and what is left of making one; they are made again."""
    shutil.rmtree(workspace.online, ignore_errors=True)
