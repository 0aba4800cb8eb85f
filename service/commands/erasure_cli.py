"""`sentinel hub erase`: a person is taken out of everything that is held, and stays out."""

from typing import Annotated

import typer

from hub.commands.command_line import (
    JsonOption,
    PartnershipOption,
    WorkspaceOption,
    place,
    progress,
    say,
    show,
    show_json,
)
from hub.errors import ConfigurationError

app = typer.Typer()


@app.command("erase")
def erase_(
    person: Annotated[str | None, typer.Option("--person", help="The person_id.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="The source that --id belongs to.")] = None,
    own_id: Annotated[str | None, typer.Option("--id", help="The agency's own identifier of the person.")] = None,
    reference: Annotated[
        str, typer.Option("--reference", help="Number of the request; nothing personal: it is kept for good.")
    ] = "",
    by: Annotated[str, typer.Option("--as", help="Your id in partnership.yaml.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this it is only said what would be done.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Only end an erasure that was interrupted.")] = False,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase one person everywhere, keep them out of later extracts, and list models and approvals that used them."""
    from ethics.record.store import open_store
    from hub.erasing import erasure, lookup
    from hub.ledger import publications
    from service.erasing import erasure as everywhere

    here = place(workspace, partnership)
    by_id = source is not None and own_id is not None
    if not resume and (person is not None) == by_id:
        raise ConfigurationError("Say whom to erase.", "Give --person, or --source with --id.")
    subject = None if resume else erasure.find(here.workspace, person_id=person, source=source, own_id=own_id)
    if subject is not None and not yes:
        rows = [{"source": name, "records": records} for name, records in sorted(subject.sources.items())]
        entry = lookup.record(
            here.workspace, by=by or publications.OPERATOR, source=source, person_ids=subject.person_ids
        )
        if as_json:
            show_json({"person_ids": list(subject.person_ids), "records": rows, "ledger_entry": entry})
            return
        named = ", ".join(subject.person_ids) or "nobody who was linked yet"
        show(rows, False, title=f"Records linked to this person: {named}")
        say("Nothing was erased. Check that these are one person's records, then run it again with --yes.")
        say(f"That somebody looked is recorded in the ledger as entry {entry}.")
        return
    if not resume and not (reference and by):
        raise ConfigurationError("An erasure is recorded.", "Give --reference and --as.")
    if not resume and by not in {one.id for one in here.partnership.file.panel.people}:
        raise ConfigurationError(f"{by} is nobody in partnership.yaml.", "Give your id in `panel.people`.")
    with open_store(here.workspace) as store, progress("Erasing") as tell:
        done = everywhere.erase(
            here.workspace, store, subject, by=by or "resumed", reference=reference or "resumed", progress=tell
        )
    if as_json:
        show_json(done.as_json())
        return
    removed = [{"table": table, "rows removed": f"{rows:,}"} for table, rows in sorted(done.hub.rows.items()) if rows]
    show(removed, False, title="Erased", empty="No row was left to erase.")
    for kind, renamed in (("extract", done.hub.extracts), ("snapshot", done.hub.snapshots)):
        for old, new in renamed.items():
            say(f"{kind} {old[:12]} was written anew as {new[:12]}")
    for old, new in done.feature_sets.items():
        say(f"feature set {old[:12]} was written anew as {new[:12]}")
    say(f"{done.hub.tombstones} identifiers are kept out of later extracts (keyed tombstones).")
    if done.hub.of_others_too:
        say(f"{done.hub.of_others_too} shared identifiers stand on other people's records too and got no tombstone.")
    if done.hub.files:
        say(f"{len(done.hub.files)} files of the copied delivery in the workspace were removed.")
    show(done.bundles, False, title="Models whose training saw the person", empty="No model used the person.")
    show(done.approvals, False, title="Approvals of those models", empty="No approval rests on such a model.")
    if any(one["state"] == "stands" for one in done.approvals):
        say("An approval stands until its owner withdraws it: `sentinel ethics withdraw`.")
    say(f"Recorded in the ledger as entry {done.ledger_entry}.")
