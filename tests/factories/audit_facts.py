"""What an audit says of itself, for tests that need no model."""

from typing import Any

from audits.audit.evidence import SCHEMA_VERSION


def audit_facts(**said: Any) -> dict[str, Any]:
    """Return what an audit says of itself, and what is `said` otherwise."""
    ordinary = {
        "schema_version": SCHEMA_VERSION,
        "partnership": "example",
        "bundle": "9" * 64,
        "feature_set": "6" * 64,
        "snapshot": "5" * 64,
        "use_case_digest": "7" * 64,
        "purpose": "early_help",
        "seed": 0,
        "verdict": "too few to say",
        "verdicts": {"sex": {"female": "too few to say", "male": "no difference that matters"}},
        "leakage": {"known": False, "refusing": 0, "warning": 0, "despite": None, "not_done": []},
    }
    return ordinary | said
