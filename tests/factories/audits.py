"""What an audit needs, made up: a bundle of a feature set, a partnership, and looks at people."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from audits.looks import Looks
from features.leakage.leaks import Check, Finding, Leakage, LeakKind, Severity
from features.rows.feature_sets import (
    FAMILIES_FILE,
    FOLLOWED_FILE,
    GROUPS_FILE,
    KIND,
    MATRIX_FILE,
    FeatureSet,
    groups_table,
    matrix_table,
    open_feature_set,
)
from hub import artefacts
from hub.declarations.partnership import Partnership, PartnershipFile
from hub.figures import share
from hub.workspace import Workspace
from models.bundle.bundles import Bundle
from models.fitting.fitting import fit
from models.matrices import Matrix
from models.measuring.thresholds import BANDS
from tests.factories import snapshots
from tests.factories.bundles import published

PERFECT = {"value": 0.9991, "low": 0.998, "high": 0.9996, "n": 4321, "unit": ""}
LINKAGE = snapshots.LINKAGE | {
    "records": 9000,
    "people": 3000,
    "merged_records": 6000,
    "method": "splink",
    "refused": {"two records of one source": 17, "a clear contradiction": 3},
    "quality": {"precision": PERFECT, "recall": PERFECT, "f1": PERFECT},
    "groups": [
        {
            "group": "sex",
            "level": "female",
            **dict.fromkeys(("precision", "recall", "f1"), PERFECT),
            "people": {"precision": 1500, "recall": 1500},
        }
    ],
    "left_out": [{"source": "police", "table": "event", "reason": "no such person", "rows": 4}],
    "sources_left_out": {},
}
LEAKAGE = {
    **Leakage.of(
        [
            (
                Check(LeakKind.READS_OUTCOME, True, "6 indicators for 450 children with the outcome"),
                [
                    Finding(
                        LeakKind.READS_OUTCOME,
                        Severity.REFUSE,
                        "incidents",
                        "“Incidents” counts records of the outcome's own episode for 120 of 450 children.",
                        {"children": 120, "children_with_outcome": 450, "share": share(120, 450, "children")},
                        "Ask the agency how these dates came about.",
                        "children_with_outcome",
                        ("children",),
                    ),
                    Finding(
                        LeakKind.READS_OUTCOME,
                        Severity.WARN,
                        "moves",
                        "“Moves” counts records of the outcome's own episode for fewer than 10 of 450 children.",
                        {"children": 4, "children_with_outcome": 450, "share": share(4, 450, "children")},
                        "Ask the agency how these dates came about.",
                        "children_with_outcome",
                        ("children",),
                    ),
                ],
            ),
            (Check(LeakKind.VALUE_CHANGES, False, why_not="There is no earlier snapshot to compare with."), []),
        ]
    ).as_json(),
    "despite": "The dates of <these> records were checked & are right",
}
"""Two leaks that were found, one of them about few, a check that was not done, and why it was built nevertheless."""
SOURCES = {
    "police": snapshots.source_facts(
        "police",
        title="Police records",
        agency="police",
        assumed_recording={"lag_days": 14, "because": "The service's own check found two weeks to be enough"},
    )
}


def partnership() -> Partnership:
    """Return a partnership that has only a name: audits read nothing else of it."""
    people = [
        {"id": f"person_{number}", "title": "Somebody", "role": role}
        for number, role in enumerate(("analyst", "reviewer", "reviewer", "owner"))
    ]
    said = {
        "name": "lancashire",
        "title": "Example county partnership",
        "agencies": [{"name": "police", "title": "Police", "sector": "police"}],
        "panel": {"quorum": 2, "people": people},
    }
    return Partnership(Path(), PartnershipFile.model_validate(said), (), ())


def bundle_of(workspace: Workspace, feature_set: FeatureSet) -> Bundle:
    """Train on a feature set and publish the bundle, without MLflow."""
    return published(workspace, fit(feature_set).contents)


def changed(
    workspace: Workspace, feature_set: FeatureSet, *, unseen: tuple[str, str] | None = None, **facts: Any
) -> FeatureSet:
    """Publish a feature set again with something changed.

    Args:
        workspace: where.
        feature_set: the original.
        unseen: (group, level) of people of whom nothing was ever recorded on the test dates: all their numbers are 0.
        facts: facts that differ.
    """
    matrix, groups = feature_set.matrix(), feature_set.groups()
    if unseen is not None:
        late = np.array([day.year >= 2023 for day in matrix["as_of_date"].to_pylist()])
        theirs = late & (np.array(groups[unseen[0]].to_pylist()) == unseen[1])
        for name in feature_set.use_case.indicator_names:
            column = np.where(theirs, 0.0, matrix[name].to_numpy())
            matrix = matrix.set_column(matrix.column_names.index(name), name, pa.array(column, from_pandas=True))
    with artefacts.publish(workspace.features, KIND, dict(feature_set.artefact.facts) | facts) as draft:
        pq.write_table(matrix_table(feature_set.indicators).conform(matrix), draft.path / MATRIX_FILE)
        pq.write_table(groups_table(feature_set.use_case).conform(groups), draft.path / GROUPS_FILE)
        pq.write_table(feature_set.families(), draft.path / FAMILIES_FILE)
        pq.write_table(feature_set.not_followed(), draft.path / FOLLOWED_FILE)
    return open_feature_set(workspace, draft.digest)


def looks(
    people: Sequence[int],
    values: Mapping[str, Sequence[float]],
    *,
    outcome: Sequence[int] | None = None,
    bands: Sequence[str] | None = None,
    probabilities: Sequence[float] | None = None,
    groups: Mapping[str, list[str]] | None = None,
) -> Looks:
    """Return looks, one a row, each person's on dates after one another."""
    rows = len(people)
    earlier: Counter[int] = Counter()
    nth = []
    for person in people:
        nth.append(earlier[person])
        earlier[person] += 1
    matrix = Matrix(
        tuple(values),
        np.column_stack([np.asarray(column, dtype=np.float64) for column in values.values()]),
        np.asarray(outcome if outcome is not None else [0] * rows, dtype=np.float64),
        np.datetime64("2024-01-01") + np.asarray(nth, dtype="timedelta64[D]"),
        np.asarray(people, dtype=np.intp),
        np.asarray(people, dtype=np.intp),
        np.ones(rows, dtype=np.bool_),
    )
    return Looks(
        matrix,
        groups or {},
        np.asarray(probabilities if probabilities is not None else [0.1] * rows, dtype=np.float64),
        np.array(bands if bands is not None else [BANDS[-1]] * rows),
    )
