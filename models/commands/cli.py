"""`sentinel models`: train, update, rebuild, list, show and compare; MLflow's record and pages."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
from models.commands import card_cli, membership_cli, rebuild_cli, stability_cli, training_cli
from models.commands.asked import DigestArgument
from models.commands.worth import show_bundle, whole

if TYPE_CHECKING:
    from hub.commands.command_line import Place
    from models.bundle.bundles import Bundle

app = typer.Typer(help="Models: train and update them, see what they are worth, compare them.", no_args_is_help=True)
app.add_typer(training_cli.app)
app.add_typer(card_cli.app)
app.add_typer(rebuild_cli.app)
app.add_typer(stability_cli.app)
app.add_typer(membership_cli.app)


DigestsArgument = Annotated[
    list[str], typer.Argument(help="Digests of bundles, or their beginnings.", show_default=False)
]


@app.command("record")
def record(
    digest: DigestArgument,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell MLflow of a bundle that it did not record, or whose run was cut short or deleted."""
    from models.fitting import training

    here = place(workspace, partnership)
    with progress("Recording") as tell:
        about = training.record(here.workspace, digest, progress=tell)
    if as_json:
        show_json(about)
        return
    say(f"MLflow run {about['run_id']} in the experiment {about['experiment']}.")


@app.command("ui")
def ui(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one and prints it.")
    ] = 5000,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
) -> None:
    """Show the runs in MLflow's own pages on 127.0.0.1, until Ctrl-C."""
    from models.record import viewer

    here = place(workspace, partnership)
    viewer.show(
        here.workspace,
        port=port,
        environment=here.settings.as_environment(),
        ready=lambda address: say(f"MLflow's pages are at {address}. Ctrl-C ends them."),
    )


@app.command("list")
def list_(
    workspace: WorkspaceOption = None, partnership: PartnershipOption = None, as_json: JsonOption = False
) -> None:
    """List the bundles in the workspace."""
    from hub.artefacts import digests_in
    from hub.errors import IntegrityError
    from models.bundle.bundles import open_bundle
    from models.bundle.openings import Openings
    from models.bundle.trainings import trainings

    here = place(workspace, partnership)
    openings = Openings.read(here.workspace)
    found: list[Bundle] = []
    damaged: list[str] = []
    for digest in digests_in(here.workspace.bundles):
        try:
            found.append(open_bundle(here.workspace, digest))
        except IntegrityError as error:
            damaged.append(f"{error.message} {error.remedy}")
    rows: list[dict[str, Any]] = [
        {
            "digest": one.digest if as_json else one.digest[:12],
            "use_case": one.facts.use_case,
            "known_to": one.facts.known_to.isoformat(),
            "auc": one.figure("auc").as_json() if as_json else one.figure("auc").text(),
            **{f"against_{other}": says for other, says in one.verdicts.items()},
            "test_dates_looked_at": openings.of(one).as_json() if as_json else openings.of(one).times,
            "trained_by": sorted({entry["trained_by"] for entry in trainings(here.workspace, one.digest)}),
        }
        for one in found
    ]
    if not as_json:
        rows = [{**row, "trained_by": ", ".join(row["trained_by"])} for row in rows]
    show(rows, as_json, title="Bundles", empty="None that is whole." if damaged else "Nothing yet.")
    if damaged:
        told = "; ".join(one.rstrip(".") for one in damaged)
        raise IntegrityError(f"Not listed: {told}.", "The others are whole." if found else "")


@app.command("show")
def show_(
    digest: DigestArgument,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a bundle is worth on the test dates, its bands and its dates."""
    from models.bundle.bundles import open_bundle
    from models.bundle.openings import Openings
    from models.bundle.trainings import trainings
    from models.measuring.metrics import METRICS

    here = place(workspace, partnership)
    bundle = open_bundle(here.workspace, digest)
    opened = Openings.read(here.workspace).of(bundle)
    if as_json:
        known = trainings(here.workspace, bundle.digest)
        show_json({**whole(bundle), "trainings": known, "test_dates_looked_at": opened.as_json()})
        return
    show_bundle(bundle)
    say(opened.text)
    for metric, plain in METRICS.items():
        say(f"{metric.replace('_', ' ')}: {plain[0].lower()}{plain[1:]}.")
    for name in ("train", "choose", "test"):
        part = bundle.metrics["parts"][name]
        dates = bundle.facts.splits.part(name)
        say(f"{name}: {part['rows']:,} rows, {part['people']:,} people, {len(dates)} dates, {dates[0]} to {dates[-1]}.")
        if part["not_followed"]:
            say(f"{name}: {part['not_followed']:,} looks are left out, since nobody can say how they ended.")
    for one in bundle.facts.splits.dropped:
        say(f"left out: {one.as_of_date}, {one.reason}.")
    for entry in trainings(here.workspace, bundle.digest):
        run = f"MLflow run {entry['run_id']}" if entry["run_id"] else "not recorded in MLflow when it was trained"
        say(f"trained by {entry['trained_by']}, {run}.")


@app.command("compare")
def compare(
    digests: DigestsArgument,
    html: Annotated[
        Path | None,
        typer.Option("--html", help="Also write a page: figures, differences, who would be on which list."),
    ] = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show several bundles beside each other, and whether they were tested on the same people."""
    from models.bundle.bundles import open_bundle
    from models.measuring.metrics import METRICS
    from models.opponents import OPPONENTS, WORDS

    here = place(workspace, partnership)
    bundles = [open_bundle(here.workspace, digest) for digest in digests]
    if html is not None:
        _write_page(html, here, bundles)
    if as_json:
        show_json([whole(bundle) for bundle in bundles])
        return
    rows: list[dict[str, Any]] = [
        {"metric": name.replace("_", " "), **{one.digest[:12]: one.figure(name).text() for one in bundles}}
        for name in METRICS
    ]
    for other in OPPONENTS:
        said = {one.digest[:12]: one.verdicts.get(other, "itself") for one in bundles}
        rows.append({"metric": f"against {WORDS[other]}", **said})
    show(rows, False, title="Bundles on their test dates")
    tests = {(one.facts.feature_set, one.facts.splits.test) for one in bundles}
    if len(tests) > 1:
        say("They were tested on different feature sets or dates: their numbers are not about the same people.")
    if html is not None:
        say(f"The comparison as a page: {html}")


def _write_page(html: Path, here: "Place", bundles: "list[Bundle]") -> None:
    """Write what is compared as a page; small numbers of people are withheld as the partnership says."""
    from features.rows.feature_sets import open_feature_set
    from hub import regular_files
    from hub.errors import IntegrityError, NotFoundError
    from models.comparing import comparing, page

    for one in {bundle.facts.feature_set for bundle in bundles}:
        with suppress(NotFoundError, IntegrityError):  # erased or removed since: the page says so
            open_feature_set(here.workspace, one).require_gateways(here.partnership, on=here.day_of_use)
    with progress("Comparing on the test rows"):
        found = comparing.compare(here.workspace, bundles)
    regular_files.write(html, page.render(found, here.partnership.small_numbers))
