"""Whether every source that a use case reads may be used for its purpose, then and now."""

import datetime

from features.declarations.needs import Need, in_snapshot, needs
from features.declarations.use_cases import UseCase
from hub.declarations.partnership import Partnership
from hub.errors import GatewayError
from hub.publishing.snapshots import Snapshot


def require_gateways(
    snapshot: Snapshot,
    partnership: Partnership,
    use_case: UseCase,
    *,
    on: datetime.date,
) -> tuple[str, ...]:
    """Check that every source that is read (`needs`) may be used for the use case's purpose on the day `on`.

    Each needs a gateway as it was when it entered the snapshot, and one as gateways are declared now: the stricter
    wins. One that is declared and was never delivered needs one, too: it may come tomorrow.

    Returns:
        The names of the sources that are read from the snapshot, sorted.

    Raises:
        GatewayError: a source has no valid gateway, then or now; the message names it.
        NotFoundError: an indicator reads a source of which the snapshot holds nothing.
    """
    read = needs(partnership, use_case, snapshot)
    inside = in_snapshot(snapshot, read)
    for need in read:
        _require(snapshot if need.source in inside else None, partnership, need, use_case.purpose, on)
    return tuple(sorted(inside))


def require_gateways_to_compare(
    earlier: Snapshot, partnership: Partnership, use_case: UseCase, *, on: datetime.date
) -> None:
    """Check the same of what an earlier snapshot holds of the sources that are read; it need not hold all of them.

    Raises:
        GatewayError: a source in it has no valid gateway, then or now; the message names it.
    """
    for need in needs(partnership, use_case, earlier):
        if need.source in earlier.facts.sources:
            _require(earlier, partnership, need, use_case.purpose, on)


def _require(snapshot: Snapshot | None, partnership: Partnership, need: Need, purpose: str, on: datetime.date) -> None:
    try:
        if snapshot is not None:
            snapshot.require_gateway(need.source, purpose=purpose, on=on)
        partnership.require_gateway(need.source, purpose=purpose, on=on)
    except GatewayError as error:
        raise need.refused(error) from None
