"""What a decision's entry in the ledger says of its row: digests in place of words."""

from typing import Any

from ethics.record.records import DecisionRow
from hub.digests import digest_of

_PLAIN = (
    "outcome",
    "purpose",
    "bundle",
    "audit",
    "snapshot",
    "use_case_digest",
    "canvas_digest",
    "policy_digest",
    "supersedes",
)


def of_decision(row: DecisionRow) -> dict[str, Any]:
    """Return what a decision's entry in the ledger says."""
    conditions = [[condition.position, condition.words, condition.owner, condition.due] for condition in row.conditions]
    return {name: getattr(row, name) for name in _PLAIN} | {
        "expires_on": row.expires_on.isoformat() if row.expires_on else None,
        "reasons": digest_of(row.reasons),
        "against_advice": None if row.against_advice is None else digest_of(row.against_advice),
        "conditions": digest_of(conditions),
    }
