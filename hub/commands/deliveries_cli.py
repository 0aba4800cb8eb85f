"""`sentinel hub ingest, extracts, quarantine, withdraw-delivery, who`: what came in, and what became of it."""

import datetime
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hub.commands.command_line import (
    AsOption,
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
    warn_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hub.intake.confirmations import Question
    from hub.staging.extracts import Extract

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
    from hub.staging import extracts

    here = place(workspace, partnership)
    gone = extracts.withdrawn(here.workspace)
    current = {extract.digest for extract in extracts.current_extracts(here.workspace, gone)}
    rows = [
        {
            "source": extract.source,
            "period": extract.period or "",
            "delivered_on": extract.delivered_on.isoformat(),
            "people": extract.facts.people,
            "events": extract.facts.rows.event,
            "rows_in": extracts.rows_in(extract),
            "quarantined": extracts.quarantined(extract),
            "rules": extracts.rules_of(extract) if as_json else _rules(extracts.rules_of(extract)),
            "holds_now": "withdrawn" if extract.digest in gone else "yes" if extract.digest in current else "no",
            "extract": extract.digest if as_json else extract.digest[:12],
        }
        for extract in extracts.all_extracts(here.workspace)
    ]
    show(rows, as_json, title="Extracts", empty="No extract was ingested yet. Run `sentinel hub ingest`.")


def _rules(broken: dict[str, int]) -> str:
    return "; ".join(f"{rule} ({rows:,})" for rule, rows in broken.items())


@app.command("quarantine")
def quarantine_(
    by: Annotated[
        Literal["sex", "ethnicity"] | None,
        typer.Option("--by", help="Count by source, rule and this group of the rows' people; small numbers withheld."),
    ] = None,
    rows_: Annotated[
        bool, typer.Option("--rows", help="List the rows: file, line, column, rule, what to do; values are masked.")
    ] = False,
    source: Annotated[str | None, typer.Option("--source", help="Only rows of this source.")] = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", help="Write the list as CSV, to send back to the agency that can mend its records."),
    ] = None,
    first: Annotated[int, typer.Option("--first", min=1, help="Print so many rows; the CSV and JSON have all.")] = 50,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count quarantined rows by source, file or mapping, and rule; a row that breaks two rules counts under both.

    With --rows or --csv each of them is told: where it stands, what is wrong with it and what to do.
    """
    from hub.staging import extracts

    here = place(workspace, partnership)
    if by is not None:
        _quarantine_by(here, by, as_json)
        return
    if rows_ or csv is not None:
        _quarantine_rows(here, source, csv, first, as_json)
        return
    rows = [
        {
            "source": extract.source,
            "delivered_on": extract.delivered_on.isoformat(),
            "where": where,
            "rule": rule,
            "rows": count,
        }
        for extract in extracts.current_extracts(here.workspace)
        if source in (None, extract.source)
        for where, rules in _broken(extract)
        for rule, count in sorted(rules.items())
    ]
    show(rows, as_json, title="Quarantined rows", empty="No row is in quarantine.")


def _broken(extract: "Extract") -> "Iterator[tuple[str, Mapping[str, int]]]":
    """Yield each file and mapping of an extract with how many of its rows break each rule."""
    yield from ((one.file, one.rules) for one in extract.facts.files)
    yield from ((one.title or one.mapping, one.rules) for one in extract.facts.mapped)


def _quarantine_by(here: Place, by: Literal["sex", "ethnicity"], as_json: bool) -> None:
    from hub.quality import quarantine_groups

    found = quarantine_groups.by_group(here.workspace, here.partnership, by)
    if as_json:
        show_json(found)
        return
    rows = [quarantine_groups.in_words(row) for row in found["rows"]]
    show(rows, False, title=f"Quarantined rows by {by}", empty="No row is in quarantine.")
    if rows:
        say(found["note"])


def _quarantine_rows(here: Place, source: str | None, csv: Path | None, first: int, as_json: bool) -> None:
    from hub.quality import quarantine_rows

    found = quarantine_rows.listed(here.workspace, here.partnership, source)
    if csv is not None:
        quarantine_rows.write_csv(found, csv)
    if as_json:
        show_json([one.as_json() for one in found])
        return
    rows = [one.as_json() for one in found[:first]]
    show(rows, False, title="Quarantined rows, one line for each rule", empty="No row is in quarantine.")
    if len(found) > first:
        say(f"{len(found) - first:,} more; give --first, --json or --csv to see them.")
    if csv is not None:
        say(f"wrote {csv}: {len(found):,} lines, without any value. Send it to the agency over a secure way.")


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
