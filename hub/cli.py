"""`sentinel hub`: extracts in, people linked, snapshots out."""

import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from hub import linkage_cli, quality_cli, reading_cli
from hub.command_line import (
    JsonOption,
    PartnershipOption,
    Place,
    SparkOption,
    WorkspaceOption,
    place,
    progress,
    say,
    show,
    show_json,
    warn,
)

app = typer.Typer(help="Extracts in, people linked, snapshots out.", no_args_is_help=True)
app.add_typer(reading_cli.app)
app.add_typer(linkage_cli.app)
app.add_typer(quality_cli.app)

DataArgument = Annotated[Path, typer.Argument(help="Folder with the delivered files; they are only read.")]
DeliveredOption = Annotated[
    datetime.datetime | None,
    typer.Option(
        "--delivered-on", formats=["%Y-%m-%d"], help="Day of delivery: nothing was known after it. Else today (UTC)."
    ),
]


@app.command("ingest")
def ingest_(
    data: DataArgument,
    delivered_on: DeliveredOption = None,
    source: Annotated[
        list[str] | None, typer.Option("--source", help="Only this source of the delivery; may be repeated.")
    ] = None,
    spark: SparkOption = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read and check a delivery: good rows become extracts, bad rows go to the quarantine."""
    from hub import ingest

    here = place(workspace, partnership)
    with progress("Reading extracts") as tell:
        day = (delivered_on or datetime.datetime.now(datetime.UTC)).date()
        reports = ingest.ingest(here.workspace, here.partnership, data, day, source or None, tell, spark=spark)
    show([report.row() for report in reports], as_json, title="Extracts")
    for report in reports:
        for one in report.extract.facts.get("notices", ()):
            warn(f"{report.source}: {one['said']} {one['remedy']}".rstrip())


@app.command("extracts")
def extracts_(
    workspace: WorkspaceOption = None, partnership: PartnershipOption = None, as_json: JsonOption = False
) -> None:
    """List every extract, oldest delivery first, and say which one of each source holds now."""
    from hub import extracts

    here = place(workspace, partnership)
    current = {extract.digest for extract in extracts.current_extracts(here.workspace)}
    rows = [
        {
            "source": extract.facts["source"],
            "delivered_on": extract.facts["delivered_on"],
            "people": extract.facts["people"],
            "events": extract.facts["rows"]["event"],
            "rows_in": sum(file["rows"] for file in extract.facts["files"]),
            "quarantined": sum(one["quarantined"] for one in (*extract.facts["files"], *extract.facts["mapped"])),
            "holds_now": "yes" if extract.digest in current else "no",
            "extract": extract.digest if as_json else extract.digest[:12],
        }
        for extract in extracts.all_extracts(here.workspace)
    ]
    show(rows, as_json, title="Extracts", empty="No extract was ingested yet. Run `sentinel hub ingest`.")


@app.command("quarantine")
def quarantine_(
    by: Annotated[
        Literal["sex", "ethnicity"] | None,
        typer.Option("--by", help="Count by source, rule and this group of the rows' people; small numbers withheld."),
    ] = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count quarantined rows by source, file or mapping, and rule; a row that breaks two rules counts under both."""
    from hub import extracts

    here = place(workspace, partnership)
    if by is not None:
        _quarantine_by(here, by, as_json)
        return
    rows = [
        {
            "source": extract.facts["source"],
            "delivered_on": extract.facts["delivered_on"],
            "where": one.get("file") or one.get("title") or one.get("mapping"),
            "rule": rule,
            "rows": count,
        }
        for extract in extracts.current_extracts(here.workspace)
        for one in (*extract.facts["files"], *extract.facts["mapped"])
        for rule, count in sorted(one["rules"].items())
    ]
    show(rows, as_json, title="Quarantined rows", empty="No row is in quarantine.")


def _quarantine_by(here: Place, by: Literal["sex", "ethnicity"], as_json: bool) -> None:
    from hub import quarantine_groups

    found = quarantine_groups.by_group(here.workspace, here.partnership, by)
    if as_json:
        show_json(found)
        return
    rows = [{**row, "share": quarantine_groups.text_of(row["share"])} for row in found["rows"]]
    show(rows, False, title=f"Quarantined rows by {by}", empty="No row is in quarantine.")
    if rows:
        say(found["note"])


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
    from hub import publish

    here = place(workspace, partnership)
    with progress("Publishing") as tell:
        snapshot = publish.publish(here.workspace, here.partnership, purpose, tell, spark=spark)
    facts = snapshot.artefact.facts
    left_out = facts["linkage"]["sources_left_out"]
    for source, why in left_out.items():
        warn(f"left out: the source {source}. {why}")
    if as_json:
        shown = {"known_to": facts["known_to"], "rows": facts["rows"], "sources_left_out": left_out}
        show_json({"snapshot": snapshot.digest, **shown})
        return
    rows = [{"table": table, "rows": f"{rows:,}"} for table, rows in facts["rows"].items()]
    show(rows, False, title=f"Snapshot {snapshot.digest[:12]}, known to {facts['known_to']}")
    for left in facts["linkage"]["left_out"]:
        say(f"left out: {left['rows']:,} rows of {left['table']} from {left['source']}: {left['reason']}")


@app.command("snapshots")
def snapshots_(
    workspace: WorkspaceOption = None, partnership: PartnershipOption = None, as_json: JsonOption = False
) -> None:
    """List published snapshots and say which one is current."""
    from hub import artefacts
    from hub.snapshots import CURRENT, open_snapshot

    here = place(workspace, partnership)
    digests = artefacts.digests_in(here.workspace.snapshots)
    current = open_snapshot(here.workspace).digest if (here.workspace.snapshots / CURRENT).exists() else ""
    found = sorted((open_snapshot(here.workspace, one) for one in digests), key=lambda one: (one.known_to, one.digest))
    rows = [
        {
            "snapshot": one.digest if as_json else one.digest[:12],
            "known_to": one.known_to.isoformat(),
            "people": one.artefact.facts["rows"]["person"],
            "events": one.artefact.facts["rows"]["event"],
            "sources": ", ".join(sorted(one.artefact.facts["sources"])),
            "current": "yes" if one.digest == current else "no",
        }
        for one in found
    ]
    show(rows, as_json, title="Snapshots", empty="No snapshot was published yet. Run `sentinel hub publish`.")


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
