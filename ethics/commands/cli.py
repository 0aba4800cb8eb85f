"""`sentinel ethics`: a proposal's way through the data ethics group, from the command line."""

import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ethics.commands import canvas_cli
from ethics.commands.arguments import ProposalArgument, open_record
from hub.commands.command_line import (
    AsOption,
    JsonOption,
    PartnershipOption,
    WorkspaceOption,
    place,
    say,
    show,
    show_json,
)
from hub.errors import InputError

if TYPE_CHECKING:
    from ethics.acts.approvals import Condition

app = typer.Typer(help="Proposals, canvas, recommendations and decisions of the ethics group.", no_args_is_help=True)
app.add_typer(canvas_cli.app, name="canvas")

ReasonsOption = Annotated[str, typer.Option("--reasons", help="Why, in words that everybody in the group understands.")]


class VerdictChoice(StrEnum):
    """What a reviewer may recommend."""

    SUPPORT = "support"
    SUPPORT_WITH_CONDITIONS = "support_with_conditions"
    OPPOSE = "oppose"


class OutcomeChoice(StrEnum):
    """What the accountable owner may decide."""

    APPROVED = "approved"
    DECLINED = "declined"
    RETURNED = "returned"


@app.command()
def propose(
    bundle: Annotated[str, typer.Option("--bundle", help="Digest of the model bundle, or its beginning.")],
    audit: Annotated[str, typer.Option("--audit", help="Digest of the audit of that bundle, or its beginning.")],
    by: AsOption,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose to use one audited model for its purpose; for an analyst."""
    from ethics.acts import proposals

    here = place(workspace, partnership)
    with open_record(here) as store:
        number = proposals.propose(store, here.workspace, here.partnership, bundle=bundle, audit=audit, by=by)
    if as_json:
        show_json({"proposal": number})
    else:
        say(f"Proposal {number} is a draft. Next: answer the canvas (`sentinel ethics canvas load {number}`).")


@app.command()
def submit(
    number: ProposalArgument, by: AsOption, workspace: WorkspaceOption = None, partnership: PartnershipOption = None
) -> None:
    """Hand a draft with a complete canvas to the group; for the analyst who proposed it."""
    from ethics.acts import proposals

    here = place(workspace, partnership)
    with open_record(here) as store:
        proposals.submit(store, here.workspace, here.partnership, number, by=by)
    say(f"Proposal {number} is submitted. Next: a reviewer takes it up (`sentinel ethics review {number}`).")


@app.command()
def review(
    number: ProposalArgument, by: AsOption, workspace: WorkspaceOption = None, partnership: PartnershipOption = None
) -> None:
    """Take a submitted proposal up; for a reviewer who neither proposed nor trained."""
    from ethics.acts import proposals

    here = place(workspace, partnership)
    with open_record(here) as store:
        proposals.start_review(store, here.workspace, here.partnership, number, by=by)
    say(f"Proposal {number} is under review. Next: recommendations (`sentinel ethics recommend {number}`).")


@app.command()
def recommend(
    number: ProposalArgument,
    verdict: Annotated[VerdictChoice, typer.Option("--verdict", help="What you recommend.")],
    words: Annotated[str, typer.Option("--words", help="Why, and any conditions. Name no child or family.")],
    by: AsOption,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
) -> None:
    """Give a recommendation, or replace your own; for a reviewer who neither proposed nor trained."""
    from ethics.acts import proposals
    from ethics.dossier import dossier

    here = place(workspace, partnership)
    chosen = proposals.Recommendation(verdict)
    with open_record(here) as store:
        proposals.recommend(store, here.workspace, here.partnership, number, verdict=chosen, words=words, by=by)
        found = dossier.read(store, here.partnership, number)
    say(f"Recorded. Proposal {number} is {found['state']}; next: {found['acts_next']}.")


@app.command()
def decide(
    number: ProposalArgument,
    outcome: Annotated[OutcomeChoice, typer.Option("--outcome", help="What you decide.")],
    reasons: ReasonsOption,
    by: AsOption,
    expires_on: Annotated[
        datetime.datetime | None,
        typer.Option("--expires-on", formats=["%Y-%m-%d"], help="For an approval: first day (UTC) without it."),
    ] = None,
    condition: Annotated[
        list[str] | None,
        typer.Option("--condition", help="For an approval, as often as needed: 'what; which role; YYYY-MM-DD'."),
    ] = None,
    against_advice: Annotated[
        str | None,
        typer.Option("--against-advice", help="For an approval that fewer than the quorum support: why nevertheless."),
    ] = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
) -> None:
    """Approve, decline or return a recommended proposal; for an accountable owner with no part in it."""
    from ethics.acts import decisions

    here = place(workspace, partnership)
    conditions = [_condition(text) for text in condition or []]
    with open_record(here) as store:
        decision = decisions.decide(
            store,
            here.workspace,
            here.partnership,
            number,
            outcome=decisions.DecisionOutcome(outcome),
            reasons=reasons,
            by=by,
            expires_on=expires_on.date() if expires_on else None,
            conditions=conditions,
            against_advice=against_advice,
        )
    until = f" It holds until {expires_on.date()} begins (UTC)." if expires_on else ""
    say(f"Decision {decision}: proposal {number} is {outcome}.{until}")


@app.command()
def withdraw(
    number: ProposalArgument,
    reasons: ReasonsOption,
    by: AsOption,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
) -> None:
    """Stop the use of an approved model at once; for the accountable owner or any reviewer."""
    from ethics.acts import decisions

    here = place(workspace, partnership)
    with open_record(here) as store:
        decisions.withdraw(store, here.partnership, number, reasons=reasons, by=by)
    say(f"The approval of proposal {number} is withdrawn. Nothing is scored with it from now on.")


@app.command("list")
def list_(
    workspace: WorkspaceOption = None, partnership: PartnershipOption = None, as_json: JsonOption = False
) -> None:
    """List all proposals: where each stands and who acts next."""
    from ethics.dossier import dossier

    here = place(workspace, partnership)
    with open_record(here) as store:
        rows = dossier.listed(store, here.partnership)
    show(rows, as_json, title="Proposals", empty="There are no proposals yet.")


@app.command("show")
def show_one(
    number: ProposalArgument,
    by: Annotated[str | None, typer.Option("--as", help="Also show what this person may do now.")] = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one proposal: state, who acts next, digests, canvas, recommendations, decisions."""
    from ethics.dossier import dossier
    from ethics.dossier import text as dossier_text
    from ethics.rules.panel import member

    here = place(workspace, partnership)
    person = member(here.partnership, by) if by else None
    with open_record(here) as store:
        found = dossier.read(store, here.partnership, number, person=person, workspace=here.workspace)
    if as_json:
        show_json(found)
    else:
        say(dossier_text.text(found))


@app.command()
def states(
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the table of states and allowed moves, which is all that can happen to a proposal."""
    from ethics.rules.workflow import MOVES, in_words, owner_of

    rows = [
        {
            "from": in_words(move.start),
            "acts_next": owner_of(move.start).value,
            "what": in_words(move.action),
            "to": in_words(move.end),
            "who": f"follows {in_words(move.follows)}" if move.follows else " or ".join(move.roles),
            "what_must_be_true": "; ".join(move.needs) or None,
        }
        for move in MOVES
    ]
    show(rows, as_json, title="Every allowed move")


def _condition(text: str) -> "Condition":
    from ethics.acts.approvals import Condition

    parts = [part.strip() for part in text.rsplit(";", 2)]
    try:
        words, owner, due = parts
        return Condition(words, owner, datetime.date.fromisoformat(due))
    except ValueError:
        raise InputError(
            "A condition has three parts, with semicolons between them.",
            "Such as --condition 'Families are told in writing; Early help lead; 2026-05-01'.",
        ) from None
