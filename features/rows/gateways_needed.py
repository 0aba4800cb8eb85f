"""Whether every source that a use case reads may be used for its purpose, then and now."""

import datetime

from features.declarations.needs import in_snapshot, needs
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
    wins.

    Returns:
        The names of the sources that are read from the snapshot, sorted.

    Raises:
        GatewayError: a source has no valid gateway, then or now; the message names it.
        NotFoundError: an indicator reads a source of which the snapshot holds nothing.
    """
    read = needs(partnership, use_case, snapshot)
    inside = in_snapshot(snapshot, read)
    for need in read:
        try:
            if need.source in inside:
                snapshot.require_gateway(need.source, purpose=use_case.purpose, on=on)
            partnership.require_gateway(need.source, purpose=use_case.purpose, on=on)
        except GatewayError as error:
            raise need.refused(error) from None
    return tuple(sorted(inside))
