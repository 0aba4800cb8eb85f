"""`sentinel models`: train, update, list, show and compare; MLflow's record and pages."""

import datetime
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.commands.command_line import (
    AsOption,
    JsonOption,
    PartnershipOption,
    Place,
    UseCaseOption,
    WorkspaceOption,
    place,
    progress,
    say,
    show,
    show_json,
)
from hub.errors import InputError, NotFoundError
from models.commands.table_cli import (
    CapacityOption,
    DateOption,
    FamilyOption,
    FewerOption,
    GroupsOption,
    HorizonOption,
    MatrixOption,
    OutcomeOption,
    OutOption,
    PersonOption,
    TestOption,
    require_alone,
    required,
    train_table,
)

app = typer.Typer(help="Models: train and update them, see what they are worth, compare them.", no_args_is_help=True)


class UpdateChoice(StrEnum):
    """How much of a model an update changes: what a closed test says, or a step of its ladder."""

    AUTO = "auto"
    NOTHING = "nothing"
    INTERCEPT = "intercept"
    SLOPE = "slope"
    REFIT = "refit"


SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Equal seeds give the same bundle.")]
FeaturesOption = Annotated[
    str | None,
    typer.Option("--features", help="Digest of the feature set; else the current snapshot's.", show_default=False),
]
DigestArgument = Annotated[str, typer.Argument(help="Digest of a bundle, or its beginning.", show_default=False)]
DigestsArgument = Annotated[
    list[str], typer.Argument(help="Digests of bundles, or their beginnings.", show_default=False)
]


@app.command("train")
def train(
    use_case: Annotated[
        str | None,
        typer.Option("--use-case", help="Name of a file in use_cases/, without .yaml.", show_default=False),
    ] = None,
    trained_by: Annotated[
        str | None, typer.Option("--as", help="Your id in partnership.yaml.", show_default=False)
    ] = None,
    seed: SeedOption = 0,
    features: FeaturesOption = None,
    matrix: MatrixOption = None,
    test: TestOption = None,
    outcome: OutcomeOption = None,
    person: PersonOption = None,
    family: FamilyOption = None,
    date: DateOption = None,
    groups: GroupsOption = None,
    horizon: HorizonOption = None,
    capacity: CapacityOption = None,
    fewer_because: FewerOption = "",
    out: OutOption = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a model for a use case, or on any table, with two simpler ones beside it.

    For a use case its bundle is published. With --matrix, --test and --outcome a table is learned from instead, without
    a partnership; what comes of it is put in the folder --out and never answers for anybody.
    """
    of_table = {
        "--test": test, "--outcome": outcome, "--out": out, "--person": person, "--family": family, "--date": date,
        "--groups": groups, "--horizon": horizon, "--capacity": capacity, "--fewer-because": fewer_because,
    }  # fmt: skip
    if matrix is not None:
        require_alone("--matrix", {"--use-case": use_case, "--as": trained_by, "--features": features})
        train_table(matrix, of_table, seed=seed, as_json=as_json)
        return
    require_alone("--use-case", of_table)
    _train_use_case(
        required("--use-case", use_case, "A training is for a use case, or on a table (--matrix)."),
        required("--as", trained_by, "Whoever trains a model does not judge it, so it must be known who does."),
        seed,
        features,
        place(workspace, partnership),
        as_json,
    )


def _train_use_case(
    use_case: str, trained_by: str, seed: int, features: str | None, here: Place, as_json: bool
) -> None:
    from models.fitting import training

    analyst = require_analyst(here.partnership, trained_by)
    feature_set = find_features(here.workspace, here.partnership, use_case, features)
    feature_set.require_gateways(here.partnership, on=here.day_of_use)
    make = partial(training.train, here.workspace, feature_set, trained_by=analyst, seed=seed)
    _make_and_show(here.workspace, "Training", make, as_json)


@app.command("plan")
def plan_(
    use_case: UseCaseOption,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Also draw the plan, to this SVG file.", show_default=False)
    ] = None,
    features: FeaturesOption = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which dates of looking are for what: the folds, to choose, to test; and which are left out, and why."""
    from features.declarations import use_cases
    from models import plan

    here = place(workspace, partnership)
    asked = use_cases.read(here.partnership, use_case)
    known: dict[datetime.date, bool] = dict.fromkeys(asked.scheduled(), True)
    try:
        built = find_features(here.workspace, here.partnership, use_case, features)
        known = {day: many is not None for day, many in built.facts.outcomes.items()}
    except NotFoundError:
        if features is not None:
            raise
        say("No feature set was built yet: every scheduled date is taken as one whose outcomes are known.")
    found = plan.plan(
        asked, [day for day, done in known.items() if done], [day for day, done in known.items() if not done]
    )
    if picture is not None:
        try:
            picture.write_text(plan.picture(found), encoding="utf-8")
        except OSError as error:
            raise InputError(
                f"{picture}: cannot be written ({type(error).__name__}).", "Give a file in a folder that is there."
            ) from None
        say(f"The picture is {picture}.")
    if as_json:
        show_json(plan.as_json(found))
        return
    show(plan.rows(found), as_json, title=f"The plan of dates of {asked.name}", empty="")
    for one in found.splits.dropped:
        say(f"left out: {one.as_of_date}, {one.reason}.")


@app.command("update")
def update(
    digest: DigestArgument,
    trained_by: AsOption,
    to: Annotated[
        UpdateChoice, typer.Option("--to", help="What to change: auto is what a closed test says (docs/models.md).")
    ] = UpdateChoice.AUTO,
    seed: SeedOption = 0,
    features: FeaturesOption = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hold a bundle against newer outcomes, change as little of it as they call for, and publish a new bundle."""
    from models.bundle.bundles import open_bundle
    from models.fitting import training
    from models.fitting.updating import Asked
    from models.measuring.closed_test import LadderStep

    here = place(workspace, partnership)
    analyst = require_analyst(here.partnership, trained_by)
    old = open_bundle(here.workspace, digest)
    feature_set = find_features(here.workspace, here.partnership, old.facts.use_case, features)
    feature_set.require_gateways(here.partnership, on=here.day_of_use)
    step: Asked = "auto" if to is UpdateChoice.AUTO else LadderStep(to.value)
    make = partial(training.update, here.workspace, old, feature_set, to=step, trained_by=analyst, seed=seed)
    _make_and_show(here.workspace, "Updating", make, as_json)


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
    from models.bundle.bundles import open_bundle
    from models.bundle.trainings import trainings

    here = place(workspace, partnership)
    found = [open_bundle(here.workspace, digest) for digest in digests_in(here.workspace.bundles)]
    rows = [
        {
            "digest": one.digest if as_json else one.digest[:12],
            "use_case": one.facts.use_case,
            "known_to": one.facts.known_to.isoformat(),
            "auc": one.figure("auc").as_json() if as_json else one.figure("auc").text(),
            **{f"against_{other}": says for other, says in one.verdicts.items()},
            "trained_by": sorted({entry["trained_by"] for entry in trainings(here.workspace, one.digest)}),
        }
        for one in found
    ]
    if not as_json:
        rows = [{**row, "trained_by": ", ".join(row["trained_by"])} for row in rows]
    show(rows, as_json, title="Bundles")


@app.command("show")
def show_(
    digest: DigestArgument,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a bundle is worth on the test dates, its bands and its dates."""
    from models.bundle.bundles import open_bundle
    from models.bundle.trainings import trainings
    from models.measuring.metrics import METRICS

    here = place(workspace, partnership)
    bundle = open_bundle(here.workspace, digest)
    if as_json:
        show_json({**_whole(bundle), "trainings": trainings(here.workspace, bundle.digest)})
        return
    _show(bundle)
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
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show several bundles beside each other, and whether they were tested on the same people."""
    from models.bundle.bundles import open_bundle
    from models.fitting.baselines import OPPONENTS
    from models.measuring.metrics import METRICS

    here = place(workspace, partnership)
    bundles = [open_bundle(here.workspace, digest) for digest in digests]
    if as_json:
        show_json([_whole(bundle) for bundle in bundles])
        return
    rows: list[dict[str, Any]] = [
        {"metric": name.replace("_", " "), **{one.digest[:12]: one.figure(name).text() for one in bundles}}
        for name in METRICS
    ]
    for other in OPPONENTS:
        said = {one.digest[:12]: one.verdicts[other] for one in bundles}
        rows.append({"metric": f"against the {other.replace('_', ' ')}", **said})
    show(rows, False, title="Bundles on their test dates")
    tests = {(one.facts.feature_set, one.facts.splits.test) for one in bundles}
    if len(tests) > 1:
        say("They were tested on different feature sets or dates: their numbers are not about the same people.")


def require_analyst(partnership: Any, person: str) -> str:
    """Return `person` when `partnership.yaml` names them as an analyst.

    Raises:
        ConfigurationError: there is no such person.
        StateError: the person has another role; whoever judges a model does not train it.
    """
    from hub.declarations.partnership import Role
    from hub.errors import ConfigurationError, StateError

    roles = {one.id: one.role for one in partnership.file.panel.people}
    if person not in roles:
        analysts = ", ".join(name for name, role in roles.items() if role is Role.ANALYST)
        raise ConfigurationError(f"partnership.yaml names nobody with the id {person}.", f"Analysts are: {analysts}.")
    if roles[person] is not Role.ANALYST:
        raise StateError(f"{person} is {roles[person].value}; only an analyst trains models.", "Ask an analyst.")
    return person


def find_features(workspace: Any, partnership: Any, name: str, digest: str | None) -> Any:
    """Return the feature set to train on: the one named, or the current snapshot's for the use case as it stands.

    Raises:
        ConfigurationError: the named one is of another use case.
        NotFoundError: there is none.
    """
    from features.declarations import use_cases
    from features.rows.feature_sets import current_feature_set, open_feature_set
    from hub.errors import ConfigurationError
    from hub.publishing.snapshots import open_snapshot

    use_case = use_cases.read(partnership, name)
    if digest is None:
        return current_feature_set(workspace, use_case, open_snapshot(workspace).digest)
    found = open_feature_set(workspace, digest)
    if found.use_case.name != name:
        raise ConfigurationError(
            f"The feature set {found.digest[:12]} is of the use case {found.use_case.name}, not {name}."
        )
    return found


def _whole(bundle: Any) -> dict[str, Any]:
    facts = {name: value for name, value in bundle.facts.as_json().items() if name != "schema_version"}
    return {"digest": bundle.digest, **facts, "metrics": bundle.metrics, "thresholds": bundle.thresholds.as_json()}


def _show(bundle: Any) -> None:
    from models.commands.worth import show_worth

    show_worth(bundle, f"Bundle {bundle.digest[:12]}: {bundle.use_case.title}. Test dates, with 95 % intervals")
    _show_update(bundle)
    say(f"Bundle {bundle.digest}")


def _make_and_show(workspace: Any, label: str, make: Callable[..., Any], as_json: bool) -> None:
    """Make a bundle and show it, also where MLflow refuses the record of it, which is then raised.

    Raises:
        NotRecordedError: the bundle is published, and was shown.
    """
    from models.bundle.bundles import open_bundle
    from models.bundle.trainings import trainings
    from models.record.tracking import NotRecordedError

    refused = None
    with progress(label) as tell:
        try:
            bundle = make(progress=tell)
        except NotRecordedError as error:
            bundle, refused = open_bundle(workspace, error.bundle), error
    last = trainings(workspace, bundle.digest)[-1]
    if as_json:
        show_json({**_whole(bundle), "run_id": last["run_id"], "experiment": last["experiment"]})
    else:
        _show(bundle)
    if refused is not None:
        raise refused
    if not as_json:
        say(f"MLflow run {last['run_id']} in the experiment {last['experiment']}.")


_CHANGED = {
    "nothing": "nothing was changed",
    "intercept": "the level alone was fitted anew",
    "slope": "level and spread were fitted anew",
    "refit": "all was fitted anew",
}


def _show_update(bundle: Any) -> None:
    """Say from which bundle an update came, what was changed, why, and what became of the order."""
    from models.figures import from_json

    update, old = bundle.facts.update, bundle.facts.updated_from
    if update is None or old is None:
        return
    say(f"An update of the bundle {old[:12]}: {_CHANGED[update.step.value]}. {update.why}")
    order, people = update.order, bundle.use_case.people
    if order.unchanged:
        say(f"The order of {people} is unchanged on all {order.rows:,} rows of {order.dates:,} dates.")
    else:
        say(
            f"The order of {people} changed: {order.moved:,} of {order.rows:,} rows have another place on their date; "
            f"{order.places_kept:,} of {order.places:,} places go to whom they went to."
        )
    saved = from_json(bundle.metrics["update"]["after_minus_before"]["log_loss"]).text()
    say(f"Log loss on the test dates, less that of the old bundle (below 0 is better): {saved}.")
    say(f"It needs an approval of its own; that of {old[:12]} stands or falls as before.")
