"""Admission: which of the newest extracts a linkage or a snapshot may use, and which stay out because of their gateway.

A source needs a gateway that holds on the last day covered and on the day of use. Whatever has none stays out, whole:
its people, events, households and involvements, and its part in saying who is who.
"""

import datetime
from collections.abc import Sequence
from typing import Protocol, TypeVar

from hub.declarations import gateways
from hub.declarations.partnership import Partnership
from hub.ledger import practice
from hub.workspace import Workspace


class Delivered(Protocol):
    """An extract, as far as admission looks at it."""

    @property
    def source(self) -> str:
        """Name of the source."""

    @property
    def delivered_on(self) -> datetime.date:
        """The day of delivery."""


DeliveredT = TypeVar("DeliveredT", bound=Delivered)


def day_of_use(workspace: Workspace, partnership: Partnership, now: datetime.datetime | None = None) -> datetime.date:
    """Return the day on which gateways must hold when something in a workspace is used; see `Partnership.day_of_use`.

    Args:
        workspace: its ledger says whether it is a demonstration's.
        partnership: declares the demonstration.
        now: the moment; the workspace's clock without it.
    """
    return partnership.day_of_use(now or workspace.clock(), practice=practice.is_practice(workspace))


def admit(
    partnership: Partnership, extracts: Sequence[DeliveredT], *, on: datetime.date
) -> tuple[list[DeliveredT], dict[str, str]]:
    """Return the extracts that may be used, and for each source that may not its gateway, last day, owner and remedy.

    Args:
        partnership: declares sources and gateways.
        extracts: one extract of each declared source, at least one.
        on: the day of use.

    Raises:
        GatewayError: no extract is left; the error is about the first source in sources.yaml.
    """
    covered = last_day(extracts)
    delivered = {extract.source for extract in extracts}
    left_out: dict[str, str] = {}
    for source in partnership.sources:
        if source.name in delivered:
            for day in (on, covered):
                gateway, refusals = partnership.judge(source, purpose=None, on=day)
                if gateway is None:
                    # Without the day of use, so that the same inputs give the same snapshot on every day.
                    left_out[source.name] = f"{gateways.reasons(refusals)}. {gateways.remedy(refusals)}"
                    break
    admitted = [extract for extract in extracts if extract.source not in left_out]
    if not admitted:
        for name in left_out:
            require_both(partnership, name, purpose=None, covered=covered, on=on)
    return admitted, left_out


def require_both(
    partnership: Partnership, source: str, *, purpose: str | None, covered: datetime.date, on: datetime.date
) -> None:
    """Raise GatewayError unless `source` has a gateway on the last day covered and one on the day of use."""
    for day in (covered, on):
        partnership.require_gateway(source, purpose=purpose, on=day)


def last_day(extracts: Sequence[Delivered]) -> datetime.date:
    """Return the last day that extracts cover: the newest day of delivery."""
    return max(extract.delivered_on for extract in extracts)
