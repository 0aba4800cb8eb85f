"""What an extract says of itself, for tests that need no delivery."""

from typing import Any

from hub.tables import SCHEMA_VERSION

_ROWS = ("identity", "event", "involvement", "family", "area", "area_event")
_RECORDED = ("mapped", "assumed", "delivery", "first_seen_earlier", "lifted", "after_delivery", "backdated")
_FATES = ("kept", "new", "corrected", "withdrawn", "withdrawn_before", "not_delivered", "absent", "left_out")


def extract_facts(**said: Any) -> dict[str, Any]:
    """Return the facts of an extract of the police without a row, and what is `said` otherwise."""
    times = {"backdated": 0, "gone": 0}
    ordinary = {
        "schema_version": SCHEMA_VERSION,
        "partnership": "example",
        "source": "police",
        "agency": "force",
        "gateway": "working_together",
        "delivered_on": "2024-01-10",
        "periods": [],
        "inputs": "0" * 64,
        "assumed_recording": None,
        "supersedes": [],
        "files": [],
        "mapped": [],
        "rows": dict.fromkeys(_ROWS, 0),
        "people": 0,
        "known_from": dict.fromkeys(_RECORDED, 0),
        "history": {
            "event": dict.fromkeys(_FATES, 0),
            "identity": {"backdated": 0},
            "involvement": times,
            "family": times,
            "area_event": {"backdated": 0},
        },
        "since": {},
        "days": [],
        "untold": [],
        "taken_away": [],
        "notices": [],
        "identity_sha256": "1" * 64,
        "quarantine_sha256": "2" * 64,
        "erased": {"people": 0, "rows": 0, "quarantined": 0},
    }
    return ordinary | said
