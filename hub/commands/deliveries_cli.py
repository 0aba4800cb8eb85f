"""`sentinel hub ingest, extracts, withdraw-delivery, who`: what came in, and what became of it."""

import datetime
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.commands.command_line import (
    AsOption,
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
    warn_rows,
)

if TYPE_CHECKING:
    from hub.intake.confirmations import Question

app = typer.Typer()

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
    whole: Annotated[
        bool,
        typer.Option(
            "--whole",
            help="The delivery is whole: an optional file that is not there has no rows. Else what it told stays.",
        ),
    ] = False,
    withdraw: Annotated[
        bool,
        typer.Option(
            "--withdraw", help="It may take away much of what the delivery before said, or tell of deaths in vain."
        ),
    ] = False,
    confirm: Annotated[
        bool,
        typer.Option(
            "--confirm", help="A day of delivery to come, or content of another year than its name, is right."
        ),
    ] = False,
    spark: SparkOption = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read and check a delivery: good rows become extracts, bad rows go to the quarantine.

    What it takes away of what the delivery before it said is shown first. Exit code 14 when much would go, or when its
    day or year is odd, and nobody said that this is right: nothing is taken then.
    """
    from hub.intake import ingest

    here = place(workspace, partnership)
    with progress("Reading extracts") as tell:
        day = (delivered_on or datetime.datetime.now(datetime.UTC)).date()
        reports = ingest.ingest(
            here.workspace,
            here.partnership,
            data,
            day,
            source or None,
            tell,
            spark=spark,
            whole=whole,
            confirmed=confirm,
            withdraw=withdraw,
            ask=_ask,
        )
    taken_away = [row for report in reports if report.is_new for row in report.taken_away()]
    if taken_away and not as_json:
        show(taken_away, False, title="Taken away: what the delivery before said, and this one does not")
    if as_json:
        show_json(
            [
                report.row()
                | {
                    "taken_away": [one.as_json() for one in report.facts.taken_away],
                    "lost_deaths": [one.as_json() for one in report.facts.lost_deaths],
                }
                for report in reports
            ]
        )
    else:
        show([report.row() for report in reports], False, title="Extracts")
    for report in reports:
        for one in report.facts.notices:
            warn(f"{report.source}: {one.said} {one.remedy}".rstrip())


def _ask(questions: "Sequence[Question]") -> bool:
    """Say on standard error what is unusual about a delivery; ask whoever sits at a terminal whether it is right."""
    for one in questions:
        warn(one.plain)
        if one.rows:
            warn_rows(one.rows, title="It would take away")
    if not sys.stdin.isatty():
        return False
    return typer.confirm("Is that right, and shall it be taken?", default=False, err=True)


@app.command("extracts")
def extracts_(
    workspace: WorkspaceOption = None, partnership: PartnershipOption = None, as_json: JsonOption = False
) -> None:
    """List every extract, oldest delivery first: its period, the rules that rows broke, and whether it holds now."""
    from hub.staging import extract_reports, extracts

    here = place(workspace, partnership)
    gone = extracts.withdrawn(here.workspace)
    current = {extract.digest for extract in extracts.current_extracts(here.workspace, gone)}
    rows: list[dict[str, Any]] = [
        {
            "source": extract.source,
            "period": extract.period or "",
            "delivered_on": extract.delivered_on.isoformat(),
            "people": extract.facts.people,
            "events": extract.facts.rows.event,
            "rows_in": extract_reports.rows_in(extract),
            "quarantined": extract_reports.quarantined(extract),
            "rules": extract_reports.rules_of(extract),
            "holds_now": "withdrawn" if extract.digest in gone else "yes" if extract.digest in current else "no",
            "extract": extract.digest if as_json else extract.digest[:12],
        }
        for extract in extracts.all_extracts(here.workspace)
    ]
    if not as_json:
        rows = [{**row, "rules": _rules(row["rules"])} for row in rows]
    show(rows, as_json, title="Extracts", empty="No extract was ingested yet. Run `sentinel hub ingest`.")


def _rules(broken: dict[str, int]) -> str:
    return "; ".join(f"{rule} ({rows:,})" for rule, rows in broken.items())


@app.command("withdraw-delivery")
def withdraw_delivery(
    extract: Annotated[str, typer.Argument(help="Digest of its extract, or the beginning; `sentinel hub extracts`.")],
    by: AsOption,
    reasons: Annotated[
        str, typer.Option("--reasons", help="Why; nothing personal: it is kept in the ledger for good.")
    ],
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Deaths that no other delivery of the source tells may go with it.")
    ] = False,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a wrong delivery back: it is used no more, and the one before it holds again. The ledger keeps it."""
    from hub.disclosing.disclosure import in_table
    from hub.erasing import withdrawal
    from hub.errors import ConfigurationError

    here = place(workspace, partnership)
    here.partnership.person(by)
    if not reasons.strip():
        raise ConfigurationError("A withdrawal is recorded with its reasons.", "Give --reasons.")
    small = here.partnership.small_numbers
    done = withdrawal.withdraw(here.workspace, extract, by=by, reasons=reasons.strip(), confirmed=confirm, small=small)
    if as_json:
        show_json(done.as_json(small))
        return
    taken = done.extract
    say(f"The delivery of {taken.source} of {taken.delivered_on} ({taken.digest[:12]}) is used no more.")
    if done.instead is None:
        say("No other delivery of it is there; the source stays out until one comes.")
    else:
        say(f"The one of {done.instead.delivered_on} ({done.instead.digest[:12]}) holds again.")
    if done.deaths.records:
        lost = done.deaths.as_json(small)
        many, of = in_table(lost["records"]), in_table(lost["of"])
        warn(f"Deaths went with it that no other delivery tells: {many} of {of}.")
    for digest in done.snapshots:
        say(f"used by the snapshot {digest[:12]}")
    if done.current:
        warn("The newest snapshot used it: nothing is scored on it until you link and publish again.")
    elif not done.snapshots:
        say("No published snapshot used it.")
    say(f"Recorded in the ledger as entry {done.ledger_entry}. Next: `sentinel hub link`, then `sentinel hub publish`.")


@app.command("who")
def who_(
    source: Annotated[str, typer.Option("--source", help="The source that --id belongs to.")],
    own_id: Annotated[str, typer.Option("--id", help="The agency's own identifier of the person.")],
    by: AsOption,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which person_id an agency's own identifier is, for a clerk; that somebody looked stands in the ledger."""
    from hub.erasing import lookup

    here = place(workspace, partnership)
    found = lookup.who(here.workspace, here.partnership, source=source, own_id=own_id, by=by)
    if as_json:
        show_json(found.as_json())
        return
    show(found.rows(), False, title="Records linked to this person; names are masked")
    for person_id in found.person_ids:
        say(f"person_id {person_id}")
    if not found.person_ids:
        say("No person_id yet: run `sentinel hub link` first.")
    say(f"Recorded in the ledger as entry {found.ledger_entry}.")
