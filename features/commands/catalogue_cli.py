"""`sentinel features list` and `show`: the catalogue of indicators for people. `service` adds them to the group."""

import datetime
import difflib
from typing import Annotated

import typer

from features.declarations.catalogue import IndicatorKind
from hub.commands.command_line import JsonOption, PartnershipOption, WorkspaceOption, place, show, show_json
from hub.errors import NotFoundError

app = typer.Typer()


@app.command("list")
def list_(
    theme: Annotated[
        str | None,
        typer.Option("--theme", help="Only this theme: a source's name, several_sources, area or coverage."),
    ] = None,
    source: Annotated[str | None, typer.Option("--source", help="Only those that read this source.")] = None,
    kind: Annotated[
        IndicatorKind | None, typer.Option("--kind", help="Only needs, only strengths, or only context.")
    ] = None,
    use_case: Annotated[str | None, typer.Option("--use-case", help="Only those that this use case uses.")] = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the indicators of the partnership's catalogue, in plain words."""
    from features.dictionary import dictionary
    from features.dictionary import record as dictionary_record

    here = place(workspace, partnership).partnership
    every = dictionary.entries(here)
    found = dictionary.choose(here, every, theme=theme, source=source, kind=kind, use_case=use_case)
    if as_json:
        show_json([dictionary_record.as_json(entry) for entry in found])
        return
    counted = str(len(every)) if len(found) == len(every) else f"{len(found)} of {len(every)}"
    rows = [dictionary_record.row(entry) for entry in found]
    show(rows, False, title=f"Indicators: {counted}", empty="No indicator is like that.")


@app.command("show")
def show_(
    name: Annotated[str, typer.Argument(help="The indicator's name, as `sentinel features list` says it.")],
    as_of: Annotated[
        datetime.datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="Date of looking in the example. Else 1 January 2025."),
    ] = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one indicator whole, in plain words: what it counts, when, why it is fair, and under which law."""
    from features.dictionary import dictionary
    from features.dictionary import record as dictionary_record
    from features.dictionary.words import EXAMPLE

    here = place(workspace, partnership)
    every = {entry.indicator.name: entry for entry in dictionary.entries(here.partnership)}
    if name not in every:
        near = difflib.get_close_matches(name, every, n=1)
        raise NotFoundError(
            f"There is no indicator called {name}.",
            f"Did you mean {near[0]}?" if near else "`sentinel features list` names them.",
        )
    day = EXAMPLE if as_of is None else as_of.date()
    entry = every[name]
    if as_json:
        show_json(dictionary_record.as_json(entry) | {"example": dictionary_record.example(entry, as_of_date=day)})
        return
    facts = dictionary_record.facts(entry, as_of_date=day)
    facts += dictionary_record.permissions(here.partnership, entry, on=here.day_of_use)
    show([{"what": what, "in words": said} for what, said in facts], False, title=f"{name}: {entry.indicator.plain}")
