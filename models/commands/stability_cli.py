"""`sentinel models instability` and `sensitivity`: a model learned anew from others, or with less."""

from collections.abc import Mapping
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
    from models.figures import NotComputed
    from models.stability.instability import Instability
    from models.stability.leaving_out import Strangers, WithoutAgency
    from models.stability.left_districts import LeftDistrict
    from models.stability.subjects import Subject

app = typer.Typer()


def subject_of(here: Place, digest: str) -> "Subject":
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
        subject = subject_of(here, digest)
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


@app.command("sensitivity")
def sensitivity(
    digest: DigestArgument,
    group: Annotated[
        str | None,
        typer.Option(
            "--group",
            help="The use case's group that is the district; else the one made of local authorities.",
            show_default=False,
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn a bundle's model anew with something left out: a child's own family, each district, each agency's data."""
    from models.stability import left_districts
    from models.stability.leaving_out import agencies, strangers

    here = place(workspace, partnership)
    with progress("Leaving out") as tell:
        tell("Loading the model", 0, 1)
        subject = subject_of(here, digest)
        name = left_districts.group_of_districts(subject, group)
        alone = strangers(subject, tell)
        apart = {} if name is None else left_districts.districts(subject, name, tell)
        without = agencies(subject, tell)
    if as_json:
        none = {"not_computed": _NO_DISTRICT, "n": 0}
        by_district = {district: one.as_json() for district, one in apart.items()}
        show_json(
            {
                "digest": subject.bundle.digest,
                "strangers": alone.as_json(),
                "districts": none if name is None else {"group": name, "by_district": by_district},
                "agencies": {agency: one.as_json() for agency, one in without.items()},
            }
        )
        return
    _show_strangers(alone, subject)
    if name is None:
        say(f"Districts: not computed, {_NO_DISTRICT}.")
    else:
        _show_districts(name, apart)
    _show_agencies(without)


_NO_DISTRICT = "the use case has no group made of area.local_authority, and --group names no other"


def _show_strangers(found: "Strangers | NotComputed", subject: "Subject") -> None:
    from models.figures import NotComputed
    from models.measuring.metrics import HEADLINE, ORDER_METRICS

    if isinstance(found, NotComputed):
        say(f"Without a child's own family: {found.text()}.")
        return
    rows = [
        {
            "figure": metric.replace("_", " "),
            "family never seen": found.figures[metric].text(),
            "the model": subject.bundle.figure(metric).text(),
            "less the model's": found.less_than_model[metric].text(),
            "less as few families": found.less_than_acquainted[metric].text(),
        }
        for metric in ORDER_METRICS
    ]
    show(rows, False, title="Each test family asked of a model that learned from nobody of it")
    say(
        f"The model learned from the families of {found.known:,} of {found.rows:,} test rows. Its verdict rests on "
        f"{HEADLINE.replace('_', ' ')}; the last column is what it is to be known, and nothing else."
    )


def _show_districts(group: str, found: "Mapping[str, LeftDistrict]") -> None:
    from models.figures import NotComputed
    from models.stability.left_districts import FIGURES

    rows = []
    for district, one in found.items():
        for figure in FIGURES:
            told = {"district": district, "places": f"{one.places:,}", "figure": figure.replace("_", " ")}
            rows.append({**told, "left out": one.without[figure].text(), "all": one.with_everybody[figure].text()})
    show(rows, False, title=f"Each {group} left out of training, then tested on")
    tests = {name: one.apart for name, one in found.items() if not isinstance(one.apart, NotComputed)}
    for district, test in tests.items():
        if test.named:
            say(
                f"{district} differs from all others: {test.ratio:.2f} times as many have the outcome as expected, "
                f"elsewhere {test.others:.2f} times (p {test.p:.4f} with Holm's correction). Ask how it codes."
            )
    if not any(test.named for test in tests.values()):
        say(f"No {group} of {len(tests)} that could be tested differs from the others by more than chance.")


def _show_agencies(found: "Mapping[str, WithoutAgency]") -> None:
    from models.measuring.metrics import HEADLINE

    rows = [
        {
            "without": agency,
            "indicators left out": f"{len(one.indicators):,}",
            "its figure then": one.figures[HEADLINE].text(),
            "what its data is worth": one.worth[HEADLINE].text(),
            "in AUC": one.worth["auc"].text(),
        }
        for agency, one in found.items()
    ]
    show(rows, False, title=f"Without each agency's data: {HEADLINE.replace('_', ' ')}")
