"""`sentinel hub quality, review`: how good the linkage is, and clerks who judge a sample of its pairs."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub import regular_files
from hub.commands.command_line import (
    JsonOption,
    PartnershipOption,
    Place,
    WorkspaceOption,
    place,
    progress,
    say,
    show,
    show_json,
)
from hub.commands.linkage_cli import TruthOption

if TYPE_CHECKING:
    from hub.quality.review import ReviewSample

app = typer.Typer()
HtmlOption = Annotated[Path | None, typer.Option("--html", help="Write the page here: one file that needs nothing.")]


@app.command("quality")
def quality_(
    truth: TruthOption = None,
    html: HtmlOption = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how good the linkage is: against truth or clerks' answers, by group, and what was not linked and why."""
    from hub import figures
    from hub.quality import map_quality, quality_report

    here = place(workspace, partnership)
    found = map_quality.document(here.workspace, here.partnership, truth)
    if html is not None:
        regular_files.write(html, quality_report.render(found))
    if as_json:
        show_json(found)
        return

    def said(value: Mapping[str, Any]) -> str:
        return str(value["withheld"]) if "withheld" in value else figures.from_json(value).text()

    clerical = found["clerical"]
    rows = [("people", f"{found['about']['people']:,} from {found['about']['records']:,} records")]
    rows += [(name, said(value)) for name, value in found["quality"].items()]
    rows += [(f"{name}, by clerks", said(clerical.get(name, clerical))) for name in ("precision", "recall")]
    for group in found["groups"]:
        for level in group["levels"]:
            figure = "recall" if "value" in found["quality"]["recall"] else "alone"
            rows.append((f"{figure}, {group['title'].lower()} {level['level']}", said(level[figure])))
    rows += [(f"not linked: {one['reason']}", f"{one['pairs']:,} pairs") for one in found["refused"]]
    show([{"what": what, "result": result} for what, result in rows], False, title="Linkage quality")
    for note in clerical.get("notes", ()):
        say(note)


@app.command("review")
def review_(
    sample: Annotated[int | None, typer.Option("--sample", min=1, help="Draw a new sample of so many pairs.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Another number draws other pairs.")] = 1,
    answers: Annotated[
        Path | None, typer.Option("--answers", help="CSV with pair and answer: same, different, cannot say.")
    ] = None,
    by: Annotated[str | None, typer.Option("--as", help="Your id; it is stored with every answer.")] = None,
    unmask: Annotated[
        str | None, typer.Option("--unmask", help="Show names and dates, for this reason; it is stored.")
    ] = None,
    html: HtmlOption = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show pairs of records to a clerk, masked, and store whether they are one person: evidence, never training."""
    from hub.quality import clerical_answers, review

    here = place(workspace, partnership)
    if sample is not None:
        judged = sorted(clerical_answers.newest(here.workspace))
        with progress("Drawing pairs") as tell:
            drawn = review.draw(here.workspace, here.partnership, sample, seed, judged, tell)
    else:
        drawn = review.open_sample(here.workspace)
    day = here.day_of_use
    if answers is not None:
        clerical_answers.store(here.workspace, drawn, clerical_answers.read(answers), by, day)
    if unmask is not None:
        clerical_answers.unmasked(here.workspace, drawn, unmask, by, day)
    if html is not None:
        _page(here, drawn, html, masked=unmask is None)
    interactive = sys.stdin.isatty() and not as_json and html is None and answers is None and sample is None
    if interactive:
        _ask(here, drawn, by, masked=unmask is None)
    _state(here, drawn, as_json=as_json)


def _pairs(here: Place, drawn: "ReviewSample", *, masked: bool) -> Sequence[Mapping[str, Any]]:
    from hub import sql
    from hub.quality import clerical_answers, review_page
    from hub.staging import admitted, extracts

    pairs = clerical_answers.open_pairs(here.workspace, drawn)
    if masked:
        return pairs
    kept, _ = admitted.admitted_extracts(here.workspace, here.partnership)
    with sql.connect() as connection, extracts.held(here.workspace, kept) as read:
        admitted.open_identity(connection, here.workspace, read)
        return review_page.with_names(connection, pairs)


def _page(here: Place, drawn: "ReviewSample", html: Path, *, masked: bool) -> None:
    from hub.quality import review_page

    regular_files.write(
        html, review_page.render(drawn, _pairs(here, drawn, masked=masked), masked=masked), private=True
    )


def _ask(here: Place, drawn: "ReviewSample", by: str | None, *, masked: bool) -> None:
    """Ask about one pair after the other; each answer is stored at once."""
    from hub.quality import clerical_answers, review_page

    day = here.day_of_use
    for pair in _pairs(here, drawn, masked=masked):
        say("\n" + review_page.text(pair, len(drawn.pairs)))
        answer = ""
        while answer not in ("q", *clerical_answers.ANSWERS):
            answer = typer.prompt("same (s), different (d), cannot say (c), or stop (q)").strip().lower()
        if answer == "q":
            return
        clerical_answers.store(here.workspace, drawn, {int(pair["number"]): answer}, by, day)


def _state(here: Place, drawn: "ReviewSample", *, as_json: bool) -> None:
    from hub import figures
    from hub.quality import clerical_answers

    found = clerical_answers.estimates(here.workspace)
    still = len(clerical_answers.open_pairs(here.workspace, drawn))
    facts = {"sample": drawn.artefact.digest, "pairs": len(drawn.pairs), "without_answer": still}
    if as_json:
        show_json({**facts, "estimates": found or {"not_computed": "no pair was judged", "n": 0}})
        return
    rows = [
        ("pairs", f"{len(drawn.pairs):,}, {still:,} without an answer"),
        *(
            (
                f"{name}, estimated",
                figures.from_json(found[name]).text() if found else "not computed: no pair was judged",
            )
            for name in ("precision", "recall")
        ),
    ]
    show([{"what": what, "result": result} for what, result in rows], False, title="Clerical review")
    for note in found["notes"] if found else ():
        say(note)
