"""`sentinel models card`: a card of points as a table, and as a page for paper."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub import regular_files
from hub.commands.command_line import JsonOption, PartnershipOption, WorkspaceOption, place, say, show, show_json
from models.commands.asked import DigestArgument

if TYPE_CHECKING:
    from models.bundle.bundles import Bundle
    from models.bundle.card import Card

app = typer.Typer()


@app.command("card")
def card_(
    digest: DigestArgument,
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write a page to be printed here.", show_default=False)
    ] = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a card of points: the bands of each indicator, their points, and what each total says."""
    from models.bundle.bundles import open_bundle
    from models.bundle.card import card

    here = place(workspace, partnership)
    bundle = open_bundle(here.workspace, digest)
    found = card(bundle)
    if html is not None:
        regular_files.write(html, page(bundle, found))
    if as_json:
        show_json({"digest": bundle.digest, **found.as_json()})
        return
    rows: list[dict[str, Any]] = [
        {"indicator": row.indicator.plain if not at else "", "band": words, "points": points}
        for row in found.rows
        for at, (words, points) in enumerate(row.bands)
    ]
    show(rows, False, title=f"Card of points {bundle.digest[:12]}: {bundle.use_case.title}", empty="Nothing counts.")
    totals = [
        {"total": one.points, "probability": f"{one.probability:.3f}", "suggested": one.band} for one in found.totals
    ]
    show(totals, False, title="What a total says: the calibrated probability of the outcome")
    if html is not None:
        say(f"The page is {html}.")


def page(bundle: "Bundle", found: "Card") -> str:
    """Return the card as one HTML file that needs nothing else."""
    from hub import pages

    values = {
        "title": bundle.use_case.title,
        "people": bundle.use_case.people,
        "outcome": bundle.use_case.outcome.plain,
        "horizon": bundle.use_case.horizon_days,
        "rows": found.rows,
        "totals": found.totals,
        "bands": {band["name"]: band["plain"] for band in bundle.thresholds.as_json()["bands"]},
        "digest": bundle.digest[:12],
    }
    return pages.render("card.html.j2", "models", {"number": lambda value: f"{value:.1f}"}, values)
