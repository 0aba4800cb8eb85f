"""`sentinel models instability`: how far a model's scores would move, had it been learned from other families."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from models.commands.asked import DigestArgument

if TYPE_CHECKING:
    from models.stability.instability import Instability
    from models.stability.subjects import Subject

app = typer.Typer()


def _subject(here: Place, digest: str) -> "Subject":
    """Return a bundle with its rows, where its sources may still be used."""
    from features.rows.feature_sets import open_feature_set
    from models.bundle.bundles import open_bundle
    from models.stability.subjects import Subject

    bundle = open_bundle(here.workspace, digest)
    feature_set = open_feature_set(here.workspace, bundle.facts.feature_set)
    feature_set.require_gateways(here.partnership, on=here.day_of_use)
    return Subject.of(bundle, feature_set)


@app.command("instability")
def instability(
    digest: DigestArgument,
    resamples: Annotated[
        int, typer.Option("--resamples", min=10, max=100_000, help="How often it is learned anew.")
    ] = 50,
    minutes: Annotated[
        float | None,
        typer.Option("--minutes", min=0.0, help="Begin no refit after so many minutes.", show_default=False),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", help="Also draw how far scores move, to this SVG file.", show_default=False),
    ] = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn a bundle's model anew from resampled families: how far scores move, and how much of the list stays."""
    from models.measuring.stability import LikelyRanges
    from models.stability.instability import instability as measure
    from models.stability.pictures import picture as draw

    here = place(workspace, partnership)
    with progress("Learning anew") as tell:
        tell("Loading the model", 0, 1)
        subject = _subject(here, digest)
        found = measure(subject, resamples=resamples, minutes=minutes, progress=tell)
    if picture is not None and isinstance(found.ranges, LikelyRanges):
        cut, people = subject.bundle.thresholds.offer_help, subject.bundle.use_case.people
        regular_files.write(picture, draw(found.ranges, cut=cut, people=people))
    if as_json:
        show_json({"digest": subject.bundle.digest, **found.as_json()})
        return
    _show(found, subject)
    if picture is not None and isinstance(found.ranges, LikelyRanges):
        say(f"The picture is {picture}.")


def _show(found: "Instability", subject: "Subject") -> None:
    from models.figures import NotComputed
    from models.measuring.stability import SAYS

    people = subject.bundle.use_case.people
    fewer = f" of {found.asked:,} asked for" if found.refits < found.asked else ""
    say(
        f"{found.refits:,} refits{fewer}, each from a resample of the families of train and choose; "
        f"{found.rows:,} test rows of {found.people:,} people. Bounds hold 95 of 100 pairs of refits."
    )
    say(f"Places that two refits give to the same of the {people}: {found.moved['kept'].text()}.")
    say(f"How far a probability moves from one refit to another, on average: {found.moved['mean_move'].text(1)}.")
    say(f"For 19 of 20 it moves less than {found.moved['move_of_19_in_20'].text(1)}.")
    near = found.near_the_cut
    if isinstance(near, NotComputed):
        say(f"Who is near the cut: {near.text()}.")
    else:
        say(
            f"Of {near['offered']:,} with a place, {near['offered_in_doubt']:,} have none in more than one refit of "
            f"twenty; of {near['not_offered']:,} without one, {near['not_offered_in_doubt']:,} have one in as many. "
            "These are counts of these rows and refits, without an interval."
        )
    if isinstance(found.ranges, NotComputed):
        say(f"How far probabilities of each level move: {found.ranges.text()}.")
    else:
        levels = reversed(found.ranges.as_json()["levels"])
        rows = [
            {
                "probability from": f"{one['from']:.3f}",
                "to": f"{one['to']:.3f}",
                "people": f"{one['people']:,}",
                "looks": f"{one['rows']:,}",
                "moves, in log-odds": f"{one['lower']:+.2f} to {one['upper']:+.2f}",
            }
            for one in levels
        ]
        show(rows, False, title=f"How far probabilities move, by level ({found.ranges.refits} refits)")
        say(SAYS)
    several = found.multiplicity
    if isinstance(several, NotComputed):
        say(f"Candidates as good as the chosen one: {several.text()}.")
        return
    counts = several.counts
    say(
        f"Within one standard error of the best are {', '.join(several.candidates)}. Of {counts['places']:,} places "
        f"all give {counts['offered_by_all']:,} to the same; on {counts['contradicted']:,} of {counts['rows']:,} rows "
        "they contradict each other."
    )
