"""`sentinel models train`, `plan` and `update`: what makes a bundle, and what is for what before one is made."""

import datetime
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub import regular_files
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
from hub.errors import NotFoundError
from models.commands.asked import (
    AlgorithmChoice,
    AlgorithmOption,
    DigestArgument,
    FeaturesOption,
    MinutesOption,
    SearchAskedFor,
    SearchChoice,
    SearchOption,
    SeedOption,
    TrialsOption,
    find_features,
    require_analyst,
)
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
from models.commands.worth import show_bundle, whole

if TYPE_CHECKING:
    from hub.workspace import Workspace
    from models.bundle.bundles import Bundle

app = typer.Typer()


class UpdateChoice(StrEnum):
    """How much of a model an update changes: what a closed test says, or a step of its ladder."""

    AUTO = "auto"
    NOTHING = "nothing"
    INTERCEPT = "intercept"
    SLOPE = "slope"
    REFIT = "refit"


@app.command("train")
def train(
    use_case: Annotated[
        str | None,
        typer.Option("--use-case", help="Name of a file in use_cases/, without .yaml.", show_default=False),
    ] = None,
    trained_by: Annotated[
        str | None, typer.Option("--as", help="Your id in partnership.yaml.", show_default=False)
    ] = None,
    algorithm: AlgorithmOption = AlgorithmChoice.LIGHTGBM,
    search: SearchOption = SearchChoice.QUICK,
    trials: TrialsOption = None,
    minutes: MinutesOption = None,
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
    """Train a model for a use case, or on any table, with simpler ways beside it.

    For a use case its bundle is published. With --matrix, --test and --outcome a table is learned from instead, without
    a partnership; what comes of it is put in the folder --out and never answers for anybody.
    """
    of_table = {
        "--test": test, "--outcome": outcome, "--out": out, "--person": person, "--family": family, "--date": date,
        "--groups": groups, "--horizon": horizon, "--capacity": capacity, "--fewer-because": fewer_because,
    }  # fmt: skip
    searched = SearchAskedFor(search, trials, minutes)
    if matrix is not None:
        require_alone("--matrix", {"--use-case": use_case, "--as": trained_by, "--features": features})
        train_table(matrix, of_table, algorithm=algorithm, search=searched, seed=seed, as_json=as_json)
        return
    require_alone("--use-case", of_table)
    _train_use_case(
        required("--use-case", use_case, "A training is for a use case, or on a table (--matrix)."),
        required("--as", trained_by, "Whoever trains a model does not judge it, so it must be known who does."),
        algorithm,
        searched,
        seed,
        features,
        place(workspace, partnership),
        as_json,
    )


def _train_use_case(
    use_case: str,
    trained_by: str,
    algorithm: AlgorithmChoice,
    search: SearchAskedFor,
    seed: int,
    features: str | None,
    here: Place,
    as_json: bool,
) -> None:
    from models.fitting import training
    from models.fitting.chosen import Algorithm

    wanted = search.checked(algorithm, here.workspace.searches)
    analyst = require_analyst(here.partnership, trained_by)
    feature_set = find_features(here.workspace, here.partnership, use_case, features)
    feature_set.require_gateways(here.partnership, on=here.day_of_use)
    make = partial(
        training.train,
        here.workspace,
        feature_set,
        trained_by=analyst,
        algorithm=Algorithm(algorithm.value),
        search=wanted,
        seed=seed,
    )
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
        regular_files.write(picture, plan.picture(found))
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


def _make_and_show(workspace: "Workspace", label: str, make: Callable[..., "Bundle"], as_json: bool) -> None:
    """Make a bundle and show it, also where MLflow refuses the record of it, which is then raised.

    Raises:
        NotRecordedError: the bundle is published, and was shown.
    """
    from models.bundle.bundles import open_bundle
    from models.bundle.openings import Openings
    from models.bundle.trainings import trainings
    from models.record.tracking import NotRecordedError

    refused = None
    with progress(label) as tell:
        try:
            bundle = make(progress=tell)
        except NotRecordedError as error:
            bundle, refused = open_bundle(workspace, error.bundle), error
    last, opened = trainings(workspace, bundle.digest)[-1], Openings.read(workspace).of(bundle)
    if as_json:
        about = {"run_id": last["run_id"], "experiment": last["experiment"]}
        show_json({**whole(bundle), **about, "test_dates_looked_at": opened.as_json()})
    else:
        show_bundle(bundle)
        say(opened.text)
    if refused is not None:
        raise refused
    if not as_json:
        say(f"MLflow run {last['run_id']} in the experiment {last['experiment']}.")
