"""`sentinel audits`: run an audit, list them, show one."""

from typing import Annotated, Any

import typer

from hub.commands.command_line import (
    AsOption,
    JsonOption,
    PartnershipOption,
    WorkspaceOption,
    place,
    progress,
    say,
    show,
    show_json,
)

app = typer.Typer(help="Audits: the evidence about one model, for people who must decide.", no_args_is_help=True)

NEWEST = "newest"
BundleArgument = Annotated[
    str, typer.Argument(help="Digest of a bundle, or its beginning; or newest: the one that was trained last.")
]
AuditArgument = Annotated[str, typer.Argument(help="Digest of an audit, or its beginning.", show_default=False)]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Equal seeds give the same audit.")]


@app.command("run")
def run(
    by: AsOption,
    bundle: BundleArgument = NEWEST,
    seed: SeedOption = 0,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Audit a bundle on its test dates: fairness by group, explanations, limits, and a report for people."""
    from audits.audit import audit
    from models.bundle import trainings

    here = place(workspace, partnership)
    digest = trainings.newest(here.workspace) if bundle == NEWEST else bundle
    with progress("Auditing") as tell:
        made = audit.run(
            here.workspace,
            here.partnership,
            digest,
            by=here.partnership.person(by).id,
            seed=seed,
            progress=tell,
        )
    if as_json:
        show_json(_whole(made))
        return
    _show(made)
    say(made.note)


@app.command("list")
def list_(
    workspace: WorkspaceOption = None, partnership: PartnershipOption = None, as_json: JsonOption = False
) -> None:
    """List the audits in the workspace."""
    from audits.audit.audit import open_audit
    from hub.artefacts import digests_in

    here = place(workspace, partnership)
    found = [open_audit(here.workspace, digest) for digest in digests_in(here.workspace.audits)]
    rows = [
        {
            "digest": one.digest if as_json else one.digest[:12],
            "bundle": one.facts.bundle if as_json else one.facts.bundle[:12],
            "purpose": one.facts.purpose,
            "seed": one.facts.seed,
            "verdict": one.facts.verdict.value,
        }
        for one in found
    ]
    show(rows, as_json, title="Audits")


@app.command("show")
def show_(
    digest: AuditArgument,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the verdict by group, the answer in five sentences, and where the report lies."""
    from audits.audit.audit import open_audit

    found = open_audit(place(workspace, partnership).workspace, digest)
    if as_json:
        show_json({**_whole(found), "document": found.document()})
        return
    _show(found)


def _whole(found: Any) -> dict[str, Any]:
    return {"digest": found.digest, "report": str(found.report_path), **found.facts.as_json()}


def _show(found: Any) -> None:
    from audits.limits import leakage
    from audits.phrases import IN_SHORT

    document = found.document()
    for sentence in document["answer"]:
        say(f"- {sentence}")
    for words in leakage.in_sentences(document["leakage"]):
        say(f"- {words}")
    rows = [
        {"group": group["name"], **{words: group["by_rate"][rate] for rate, words in IN_SHORT.items()}}
        for group in document["fairness"]["groups"]
    ]
    show(rows, False, title="Verdict by group: the worst of its levels")
    say(f"Audit {found.digest}")
    say(f"Report {found.report_path}")
