"""`sentinel hub`: extracts in, people linked, snapshots out."""

from typing import TYPE_CHECKING, Annotated

import typer

from hub.commands import deliveries_cli, linkage_cli, quality_cli, quarantine_cli, reading_cli
from hub.commands.command_line import (
    JsonOption,
    PartnershipOption,
    SparkOption,
    WorkspaceOption,
    place,
    progress,
    say,
    show,
    show_json,
    warn,
)

if TYPE_CHECKING:
    from hub.publishing.snapshots import Snapshot
    from hub.staging.reporting import Reported

app = typer.Typer(help="Extracts in, people linked, snapshots out.", no_args_is_help=True)
app.add_typer(reading_cli.app)
app.add_typer(deliveries_cli.app)
app.add_typer(quarantine_cli.app)
app.add_typer(linkage_cli.app)
app.add_typer(quality_cli.app)


@app.command("publish")
def publish_(
    purpose: Annotated[
        str | None, typer.Option("--purpose", help="Every source must have a gateway for this purpose.")
    ] = None,
    spark: SparkOption = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish a snapshot: linked events, people and households without names, as immutable Parquet tables."""
    from hub.publishing import publish

    here = place(workspace, partnership)
    with progress("Publishing") as tell:
        snapshot = publish.publish(here.workspace, here.partnership, purpose, tell, spark=spark)
    facts = snapshot.facts
    left_out = facts.linkage.sources_left_out
    for source, why in left_out.items():
        warn(f"left out: the source {source}. {why}")
    if as_json:
        shown = {"known_to": facts.known_to.isoformat(), "rows": dict(facts.rows), "sources_left_out": left_out}
        show_json({"snapshot": snapshot.digest, **shown})
        return
    rows = [{"table": table, "rows": f"{rows:,}"} for table, rows in sorted(facts.rows)]
    show(rows, False, title=f"Snapshot {snapshot.digest[:12]}, known to {facts.known_to}")
    for source, told in _reported(snapshot).items():
        say(f"{source} has told up to {told.last or 'no day'}")
    for left in facts.linkage.left_out:
        say(f"left out: {left.rows:,} rows of {left.table} from {left.source}: {left.reason}")


@app.command("snapshots")
def snapshots_(
    workspace: WorkspaceOption = None, partnership: PartnershipOption = None, as_json: JsonOption = False
) -> None:
    """List published snapshots: up to which day each source told in it, and which one is current."""
    from hub import artefacts
    from hub.publishing.snapshots import CURRENT, open_snapshot

    here = place(workspace, partnership)
    digests = artefacts.digests_in(here.workspace.snapshots)
    current = open_snapshot(here.workspace).digest if (here.workspace.snapshots / CURRENT).exists() else ""
    found = sorted((open_snapshot(here.workspace, one) for one in digests), key=lambda one: (one.known_to, one.digest))
    rows = [
        {
            "snapshot": one.digest if as_json else one.digest[:12],
            "known_to": one.known_to.isoformat(),
            "people": one.facts.rows.person,
            "events": one.facts.rows.event,
            "sources": ", ".join(sorted(one.facts.sources)) if as_json else _told(one),
            "current": "yes" if one.digest == current else "no",
        }
        for one in found
    ]
    show(rows, as_json, title="Snapshots", empty="No snapshot was published yet. Run `sentinel hub publish`.")


def _reported(snapshot: "Snapshot") -> "dict[str, Reported]":
    return {name: snapshot.reported(name) for name in sorted(snapshot.facts.sources)}


def _told(snapshot: "Snapshot") -> str:
    return ", ".join(f"{name} {told.last or 'of no day'}" for name, told in _reported(snapshot).items())


@app.command("gateways")
def gateways_(
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the legal gateway of each source: the power it rests on, its purposes and its last day."""
    here = place(None, partnership)
    rows = [
        {
            "source": source.name,
            "gateway": gateway.name,
            "law": gateway.law.value,
            "level": gateway.level.value,
            "purposes": list(gateway.purposes) if as_json else ", ".join(gateway.purposes),
            "valid_from": gateway.valid_from.isoformat(),
            "valid_to": gateway.valid_to.isoformat(),
            "owner": gateway.owner,
        }
        for source in here.partnership.sources
        for gateway in here.partnership.gateways_of(source)
    ]
    show(rows, as_json, title="Gateways of sources")
