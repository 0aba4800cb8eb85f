"""A partnership in memory that declares sources and their gateways, and nothing else worth knowing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hub.declarations.gateways import Gateway
from hub.declarations.partnership import Partnership, PartnershipFile
from hub.declarations.sources import Source
from tests.factories.snapshots import GATEWAY

PEOPLE = [
    {"id": f"person_{number}", "title": "Someone", "role": role}
    for number, role in enumerate(("analyst", "owner", "reviewer", "reviewer"))
]


def source(name: str, agency: str = "council", **said: Any) -> dict[str, Any]:
    """Return a source as sources.yaml holds it; its events are incidents."""
    return {
        "name": name,
        "title": f"Records of {name}",
        "agency": agency,
        "gateways": ["working_together"],
        "files": [{"name": "rows", "file": f"{name}.csv", "columns": {"ref": {}, "day": {"type": "date"}}}],
        "events": [{"type": "incident", "table": "rows", "person": "ref", "occurred_on": "day"}],
    } | said


def declared(
    *gateways: dict[str, Any],
    sources: Sequence[dict[str, Any]] | None = None,
    agencies: Sequence[tuple[str, str]] = (("council", "local_authority"),),
    **said: Any,
) -> Partnership:
    """Return a partnership. `gateways`: what differs from an ordinary one; `said`: more of partnership.yaml."""
    return Partnership(
        Path("nowhere"),
        PartnershipFile.model_validate(
            {
                "name": "example",
                "title": "Example partnership",
                "agencies": [{"name": name, "title": name.title(), "sector": sector} for name, sector in agencies],
                "panel": {"quorum": 2, "people": PEOPLE},
            }
            | said
        ),
        tuple(Gateway.model_validate(GATEWAY | one) for one in gateways or ({},)),
        tuple(Source.model_validate(one) for one in (sources or [source("police")])),
    )
