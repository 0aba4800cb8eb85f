"""Whether the sources that a use case reads may be used for its purpose."""

import datetime
from collections.abc import Sequence

from features.declarations.catalogue import EventFilter, Indicator
from features.declarations.conditions import event_condition
from features.declarations.use_cases import UseCase
from hub import sql
from hub.declarations.partnership import Partnership
from hub.publishing.snapshots import Snapshot


def require_gateways(
    snapshot: Snapshot,
    partnership: Partnership,
    use_case: UseCase,
    indicators: Sequence[Indicator],
    *,
    on: datetime.date,
) -> tuple[str, ...]:
    """Check that every source that is read may be used for the use case's purpose on the day `on`.

    Read are the sources of the indicators and those whose events make the cohort and the outcome. Each needs a gateway
    as it was when it entered the snapshot, and one as gateways are declared now: the stricter wins.

    Returns:
        The names of those sources, sorted.

    Raises:
        GatewayError: a source has no valid gateway, then or now; the message names it.
    """
    filters = [use_case.outcome.events]
    cohort = use_case.cohort
    if cohort.with_recent_event is not None:
        filters.append(cohort.with_recent_event.events)
    if cohort.without_event_ever is not None:
        filters.append(cohort.without_event_ever)
    spells = [spell for spell in (cohort.with_open_spell, cohort.without_open_spell) if spell is not None]
    filters += [EventFilter(types=(*spell.starts, *spell.ends)) for spell in spells]
    condition = " OR ".join(f"({event_condition(one)})" for one in filters)
    with sql.connect() as connection:
        rows = connection.execute(
            f"SELECT DISTINCT source FROM {sql.parquet(snapshot.path('event'))} WHERE {condition}"
        ).fetchall()
    sources = sorted({row[0] for row in rows} | {source for indicator in indicators for source in indicator.sources})
    for source in sources:
        snapshot.require_gateway(source, purpose=use_case.purpose, on=on)
        partnership.require_gateway(source, purpose=use_case.purpose, on=on)
    return tuple(sources)
