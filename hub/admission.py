"""Admission: which of the newest extracts a linkage or a snapshot may use, and which stay out because of their gateway.

A source needs a gateway that holds on the last day covered and on the day of use. Whatever has none stays out, whole:
its people, events, households and involvements, and its part in saying who is who.
"""

import datetime
from collections.abc import Sequence

from hub.artefacts import Artefact
from hub.errors import GatewayError
from hub.partnership import Partnership


def admit(
    partnership: Partnership, extracts: Sequence[Artefact], *, on: datetime.date
) -> tuple[list[Artefact], dict[str, str]]:
    """Return the extracts that may be used, and for each source that may not its gateway, last day, owner and remedy.

    Args:
        partnership: declares sources and gateways.
        extracts: one extract of each declared source, at least one.
        on: the day of use.

    Raises:
        GatewayError: no extract is left; the error is that of the first source in sources.yaml.
    """
    covered = last_day(extracts)
    refused: dict[str, GatewayError] = {}
    for extract in extracts:
        name = str(extract.facts["source"])
        try:
            require_both(partnership, name, purpose=None, covered=covered, on=on)
        except GatewayError as error:
            refused[name] = error
    admitted = [extract for extract in extracts if extract.facts["source"] not in refused]
    if not admitted:
        raise next(refused[source.name] for source in partnership.sources if source.name in refused)
    return admitted, {name: str(error) for name, error in sorted(refused.items())}


def require_both(
    partnership: Partnership, source: str, *, purpose: str | None, covered: datetime.date, on: datetime.date
) -> None:
    """Raise GatewayError unless `source` has a gateway on the last day covered and one on the day of use."""
    for day in (covered, on):
        partnership.require_gateway(source, purpose=purpose, on=day)


def last_day(extracts: Sequence[Artefact]) -> datetime.date:
    """Return the last day that extracts cover: the newest day of delivery."""
    return max(datetime.date.fromisoformat(extract.facts["delivered_on"]) for extract in extracts)
