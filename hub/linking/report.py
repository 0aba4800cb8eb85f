"""What a linkage reports: counts and figures, never a person's value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.figures import Stated
from hub.linking.accuracy import NOT_MEASURED, Quality


@dataclass(frozen=True, slots=True)
class LinkageReport:
    """How a linkage went, in counts.

    Attributes:
        records: records linked, one for each record key of the newest extracts.
        people: people they belong to.
        method: "splink", or "none" when there was nothing to compare.
        why: in plain words, what was compared or why nothing was.
        threshold: probability from which two records are linked.
        refused: candidate pairs refused, by reason.
        people_by_records: how many people have so many records.
        changes: new person ids, merges and splits against the map before.
        left_out: sources whose extracts were not linked, with the reason.
        quality: precision, recall and F1 against truth, or "not computed".
        groups: the same by source, sex, ethnicity and deprivation.
        pairs_by_weight: how many pairs have which weight, and how many are linked (hub.linking.pair_counts).
        without_truth: what can be said of each group without truth (hub.linking.groups).
        set_aside: values that tell nobody apart and were left out (hub.linking.shared_values), in counts.
        expected: what the linkage is expected to have found, and a warning where it is too little
            (linking.expected_links).
        unlinked: for each source of which not one record is linked to another source, how many records it has.
        model: what was learnt (shares of pairs), for reviewers.
        extracts: digests of the extracts linked.
        blocks: for each block (weighing.blocks) `block, estimated, pairs, why, candidates`: the pairs that it would
            make as
            declared, those that it made, why these differ, and how many strong enough pairs it was the first to find.
        components: `components, largest, parted`: groups of connected records, the records of the largest, and how many
            groups are more than one person; `refused` says why.
        recalled: `records, pairs, why, batches`: what was used again of the linkage before (linking.earlier_pairs). It
            does not change who is one person and is no part of the JSON.
        map_digest: digest of the person map that holds now.
    """

    records: int
    people: int
    method: str
    why: str
    threshold: float
    refused: Mapping[str, int]
    people_by_records: Mapping[int, int]
    left_out: Mapping[str, str]
    quality: Quality = NOT_MEASURED
    groups: Sequence[Mapping[str, Any]] = ()
    pairs_by_weight: Sequence[Mapping[str, int]] = ()
    without_truth: Sequence[Mapping[str, Any]] = ()
    set_aside: Sequence[Mapping[str, Any]] = ()
    expected: Mapping[str, Any] = field(default_factory=dict)
    unlinked: Mapping[str, int] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    extracts: Sequence[str] = ()
    blocks: Sequence[Mapping[str, Any]] = ()
    components: Mapping[str, int] = field(default_factory=dict)
    recalled: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, int] = field(default_factory=dict)
    map_digest: str = ""

    @property
    def precision(self) -> Stated:
        """Share of linked pairs that are one person."""
        return self.quality.precision

    @property
    def recall(self) -> Stated:
        """Share of true pairs that were linked."""
        return self.quality.recall

    @property
    def f1(self) -> Stated:
        """Harmonic mean of precision and recall."""
        return self.quality.f1

    def as_json(self) -> dict[str, Any]:
        """Return the part that depends on the records alone: the same records give the same JSON."""
        return {
            "records": self.records,
            "people": self.people,
            "merged_records": self.records - self.people,
            "method": self.method,
            "why": self.why,
            "threshold": self.threshold,
            "refused": dict(self.refused),
            "people_by_records": {str(size): self.people_by_records[size] for size in sorted(self.people_by_records)},
            "left_out": dict(self.left_out),
            "quality": self.quality.as_json(),
            "groups": [dict(row) for row in self.groups],
            "pairs_by_weight": [dict(row) for row in self.pairs_by_weight],
            "without_truth": [dict(row) for row in self.without_truth],
            "set_aside": [dict(row) for row in self.set_aside],
            "expected": dict(self.expected),
            "unlinked": dict(self.unlinked),
            "model": dict(self.model),
            "extracts": list(self.extracts),
            "blocks": [{name: row[name] for name in row if name != "candidates"} for row in self.blocks],
            "components": dict(self.components),
        }
