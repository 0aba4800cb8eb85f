"""`sentinel models train --matrix`: its options, and what it prints."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.commands.command_line import progress, say, show, show_json
from hub.errors import ConfigurationError
from models.commands.asked import AlgorithmChoice, SearchAskedFor

MatrixOption = Annotated[
    Path | None,
    typer.Option(
        "--matrix", help="A table to learn from, .parquet or .csv, in place of a use case.", show_default=False
    ),
]
TestOption = Annotated[
    Path | None, typer.Option("--test", help="The table on which every figure is worked out.", show_default=False)
]
OutcomeOption = Annotated[
    str | None,
    typer.Option("--outcome", help="Its column of 0 and 1; a row where it is empty is left out.", show_default=False),
]
PersonOption = Annotated[
    str | None, typer.Option("--person", help="The column that says who it is; never an indicator.", show_default=False)
]
FamilyOption = Annotated[
    str | None,
    typer.Option("--family", help="The column of who belongs together: intervals resample these.", show_default=False),
]
DateOption = Annotated[
    str | None,
    typer.Option(
        "--date", help="The column with the date of looking: the newest are to choose on.", show_default=False
    ),
]
GroupsOption = Annotated[
    str | None,
    typer.Option(
        "--groups", help="Columns for figures by group, with commas between; no model sees them.", show_default=False
    ),
]
HorizonOption = Annotated[
    int | None,
    typer.Option(
        "--horizon",
        min=1,
        max=36_600,
        help="Days after a date in which the outcome counts; needs --date.",
        show_default=False,
    ),
]
CapacityOption = Annotated[
    int | None,
    typer.Option(
        "--capacity",
        min=1,
        max=1_000_000_000,
        help="Places at each date; else for a tenth of its rows.",
        show_default=False,
    ),
]
FewerOption = Annotated[
    str,
    typer.Option(
        "--fewer-because", help="Why fewer than 50 rows with the outcome will do; it is kept.", show_default=False
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", help="Folder for models of tables, outside the workspace; new, or made by this.", show_default=False
    ),
]


def required(name: str, value: Any, why: str) -> Any:
    """Return the value of an option that must be given.

    Raises:
        ConfigurationError: it is not.
    """
    if value is None:
        raise ConfigurationError(f"{name} is missing. {why}", f"Give {name}.")
    return value


def require_alone(name: str, others: Mapping[str, Any]) -> None:
    """Check that options of the other kind of training are not given.

    Raises:
        ConfigurationError: it names them.
    """
    given = [other for other, value in others.items() if value not in (None, "")]
    if given:
        raise ConfigurationError(
            f"{', '.join(given)} does not go with {'a use case' if name == '--use-case' else name}.",
            "A training is for a use case (--use-case, --as), or on a table (--matrix, --test, --outcome, --out).",
        )


def train_table(
    matrix: Path,
    options: Mapping[str, Any],
    *,
    algorithm: AlgorithmChoice,
    search: SearchAskedFor,
    seed: int,
    as_json: bool,
) -> None:
    """Train on a table and print what came of it.

    Args:
        matrix: the table to learn from.
        options: the others, by their names on the command line.
        algorithm: what is fitted.
        search: which candidates are tried, how many, and for how many minutes; none of it outlives the command.
        seed: equal seeds give the same model.
        as_json: print JSON.
    """
    from hub.settings import Settings
    from models.bundle.table_models import publish_table_model, require_folder
    from models.fitting.chosen import Algorithm
    from models.fitting.table_training import TableTraining, fit_table
    from models.tables.table_columns import ColumnRoles

    test, outcome, out = (required(name, options[name], "") for name in ("--test", "--outcome", "--out"))
    groups = tuple(name.strip() for name in (options["--groups"] or "").split(",") if name.strip())
    roles = ColumnRoles(outcome, options["--person"], options["--family"], options["--date"], groups)
    wanted = search.checked(algorithm, None)
    require_folder(out, workspace=Settings().workspace)
    asked = TableTraining(
        matrix,
        test,
        roles,
        options["--horizon"],
        options["--capacity"],
        options["--fewer-because"],
        seed,
        Algorithm(algorithm.value),
        wanted,
    )
    with progress("Training") as tell:
        model = publish_table_model(out, fit_table(asked, progress=tell))
    if as_json:
        facts = {name: value for name, value in model.facts.as_json().items() if name != "schema_version"}
        whole = {"digest": model.digest, "folder": str(model.artefact.path), **facts, "columns": list(model.columns)}
        show_json({**whole, "metrics": model.metrics, "thresholds": model.thresholds.as_json()})
    else:
        _show(model)


def _show(model: Any) -> None:
    from models.commands.worth import show_worth
    from models.figures import from_json
    from models.splits import PARTS

    facts = model.facts
    show_worth(model, f"Model {model.digest[:12]} of {facts.outcome}. Test rows, with 95 % intervals")
    rows = [
        {"group": f"{name}: {label}", **{key: from_json(by[key]).text() for key in _SHOWN}}
        for name, groups in model.metrics["by_group"].items()
        for label, by in groups.items()
    ]
    if rows:
        show(rows, False, title="By group, which the model never saw")
    for name in PARTS:
        part = model.metrics["parts"][name]
        people = f", {part['people']:,} people" if "people" in part else ""
        say(f"{name}: {part['rows']:,} rows{people}, {part['with_outcome']:,} with the outcome.")
    say(f"The rows to learn from were divided {facts.split}. Intervals resample {facts.resampled}.")
    say(f"The best single indicator: {facts.best_indicator}. Places at each date: {facts.capacity:,}.")
    for sentence in facts.said:
        say(sentence)
    say(facts.why_not_servable)
    say(f"Written to {model.artefact.path}")


_SHOWN = ("auc", "calibration_intercept", "offers_with_outcome", "offers_of_outcomes")
