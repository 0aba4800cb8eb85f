"""When a figure about an area may stand beside a person: a truth table over level, sector and the gateway's law."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from hub.errors import GatewayError
from hub.workspace import Workspace
from tests.factories import snapshots

OPEN = {"law": "agreement", "level": "area"}
DUTY = {"law": "PCSC Act 2022 s16", "level": "area"}
PERSON = {"law": "Children Act 2004 s10", "level": "person"}


@pytest.mark.parametrize(
    ("level", "sector", "gateways", "refused"),
    [
        ("area", "open_data", [OPEN], None),
        ("area", "local_authority", [OPEN], None),
        ("area", "police", [DUTY], None),
        ("area", "health", [DUTY], "Serious Violence Duty"),
        ("area", "social_care", [DUTY], "Serious Violence Duty"),
        ("area", None, [DUTY], "sector is not known"),
        ("area", "health", [DUTY, OPEN], None),
        ("person", "open_data", [OPEN], "for areas only"),
        ("person", "education", [PERSON], None),
    ],
)
def test_an_area_figure_beside_a_person(
    tmp_path: Path, level: str, sector: str | None, gateways: list[dict[str, Any]], refused: str | None
) -> None:
    said: dict[str, Any] = {"title": "Figures", "agency": "council", "level": level, "sector": sector}
    said["gateways"] = [snapshots.GATEWAY | one | {"name": f"gateway_{n}"} for n, one in enumerate(gateways)]
    facts = {"sources": {"figures": said}}
    snapshot = snapshots.snapshot(Workspace(tmp_path), facts=facts)
    day = datetime.date(2024, 1, 1)
    if refused is None:
        assert snapshot.require_gateway("figures", purpose="early_help", on=day)
        with pytest.raises(GatewayError, match="not for this purpose"):
            snapshot.require_gateway("figures", purpose="something_else", on=day)
    else:
        with pytest.raises(GatewayError, match=refused):
            snapshot.require_gateway("figures", purpose="early_help", on=day)
