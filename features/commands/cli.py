"""`sentinel features`: the catalogue, and the feature sets built from it."""

from typing import Annotated

import typer

from hub.commands.command_line import (
    JsonOption,
    PartnershipOption,
    SparkOption,
    UseCaseOption,
    WorkspaceOption,
    place,
    progress,
    show,
    show_json,
    warn,
)
from hub.errors import IntegrityError

app = typer.Typer(help="Indicators: what a model may see, and the feature sets built from it.", no_args_is_help=True)

SnapshotOption = Annotated[str, typer.Option("--snapshot", help="Digest of the snapshot, or its beginning.")]
DespiteLeaksOption = Annotated[
    str | None,
    typer.Option("--despite-leaks", help="Why to build although leaks were found; every audit shows the reason."),
]


@app.command("build")
def build(
    use_case: UseCaseOption,
    snapshot: SnapshotOption = "current",
    despite_leaks: DespiteLeaksOption = None,
    spark: SparkOption = None,
    workspace: WorkspaceOption = None,
    partnership: PartnershipOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build the feature set of a use case: one row per person and date of looking."""
    from features.batch import matrix
    from features.declarations import use_cases
    from hub.publishing.snapshots import open_snapshot

    here = place(workspace, partnership)
    found = use_cases.read(here.partnership, use_case)
    with progress("Building indicators") as tell:
        built = matrix.build(
            here.workspace,
            open_snapshot(here.workspace, snapshot),
            found,
            partnership=here.partnership,
            on=here.day_of_use,
            despite_leaks=despite_leaks,
            progress=tell,
            spark=spark,
        )
    facts = built.facts
    if as_json:
        show_json(
            {
                "digest": built.digest,
                "indicators": len(built.indicators),
                "rows": {day.isoformat(): rows for day, rows in facts.rows.items()},
            }
        )
        return
    dates = [
        {
            "as of": day.isoformat(),
            "rows": rows,
            "with the outcome": "horizon not complete" if facts.outcomes[day] is None else facts.outcomes[day],
        }
        for day, rows in facts.rows.items()
    ]
    show(dates, False, title=f"Feature set {built.digest[:12]}: {len(built.indicators)} indicators")


@app.command("sets")
def sets(workspace: WorkspaceOption = None, partnership: PartnershipOption = None, as_json: JsonOption = False) -> None:
    """List the feature sets in the workspace."""
    from features.rows.feature_sets import open_feature_set
    from hub.artefacts import digests_in

    here = place(workspace, partnership)
    found = []
    for digest in digests_in(here.workspace.features):
        try:
            found.append(open_feature_set(here.workspace, digest))
        except IntegrityError as error:
            warn(error.message)
    rows = [
        {
            "digest": one.digest if as_json else one.digest[:12],
            "use_case": one.use_case.name,
            "snapshot": one.snapshot_digest if as_json else one.snapshot_digest[:12],
            "indicators": len(one.indicators),
            "rows": sum(one.facts.rows.values()),
        }
        for one in found
    ]
    show(rows, as_json, title="Feature sets")
