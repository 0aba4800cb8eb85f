"""Training on any table: the same trainer, the same figures, and a model that belongs to no use case.

    python -m models train --matrix train.parquet --test test.parquet --outcome y --person id --out models_of_y

Nobody has said here which way an indicator points, so none is held to a direction. No simple rule is declared either:
the model must beat the one column that orders the rows to choose on best.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.declarations.use_cases import Floor
from hub.digests import sha256_file
from hub.errors import ConfigurationError, InputError
from hub.figures import NotComputed
from hub.progress import Progress, silent
from models.bundle.table_models import (
    NOT_SERVABLE,
    SCHEMA_VERSION,
    TableContents,
    TableFacts,
    TableModelFacts,
)
from models.fitting.chosen import Algorithm, Candidates
from models.fitting.judging import MODEL
from models.fitting.learning import Learned, Task, learn
from models.fitting.libraries import libraries
from models.measuring import metrics, thresholds
from models.measuring.metrics import SMALLEST_CLASS, JudgedRows, ModelAnswers
from models.measuring.observed_expected import EVERYBODY
from models.measuring.thresholds import OFFER_HELP
from models.resampling import METHOD, Codes, codes
from models.tables import table_columns
from models.tables.table_coding import TableCoding
from models.tables.table_columns import ColumnRoles
from models.tables.table_guards import too_good
from models.tables.table_rows import TablePair, TableSplit, coded_rows, split_rows

CAPACITY_SHARE = 0.1
"""Places for this share of an average date's rows, where nobody says how many there are."""
MOST_GROUPS = 30
_BY_GROUP = ("auc", "brier", "calibration_slope", "calibration_intercept")
_OF_OFFERS = ("with_outcome", "of_outcomes")
_FIGURES = (*_BY_GROUP, *(f"offers_{name}" for name in _OF_OFFERS))


@dataclass(frozen=True, slots=True)
class TableTraining:
    """What is asked for.

    Attributes:
        learn: the file to learn from.
        test: the file whose rows decide nothing and give every figure.
        roles: what their columns are.
        horizon: days after a date in which the outcome counts; None where nobody says.
        capacity: places at each date; None takes a tenth of an average date's rows.
        fewer_because: why it is right to learn from fewer rows with the outcome than 50.
        seed: equal seeds give the same model.
        algorithm: what is fitted.
        candidates: which of LightGBM's candidates are tried.
    """

    learn: Path
    test: Path
    roles: ColumnRoles
    horizon: int | None = None
    capacity: int | None = None
    fewer_because: str = ""
    seed: int = 0
    algorithm: Algorithm = Algorithm.LIGHTGBM
    candidates: Candidates = None


def fit_table(asked: TableTraining, *, progress: Progress = silent) -> TableContents:
    """Train, calibrate, set the bands and measure. Nothing is written.

    Raises:
        ConfigurationError: a flag goes with no other.
        InputError: a file or a column is not as it must be; it names the file, the column and the remedy.
        NotEnoughError: a part has no rows, nobody with (or without) the outcome, or fewer than are asked for.
        StateError: a number is missing in a later part that was never missing in what was learned from.
    """
    roles = asked.roles
    if asked.horizon is not None and roles.date is None:
        raise ConfigurationError("--horizon needs dates.", "Name their column with --date.")
    progress("Reading the files", 0, 1)
    tables = TablePair.read(asked.learn, asked.test, roles)
    groups = _groups(tables)
    split = split_rows(tables, horizon=asked.horizon, seed=asked.seed)
    coding, matrix = coded_rows(tables, split)
    sizes = {name: _per_date(tables, split, name) for name in ("choose", "test")}
    capacity = asked.capacity or max(1, round(CAPACITY_SHARE * sizes["test"]))
    on_choose = max(1, round(capacity / sizes["test"] * sizes["choose"]))
    free = [0] * len(coding.names)
    floor = Floor(fewer_because=asked.fewer_because)
    how = (on_choose, asked.algorithm, asked.candidates)
    task = Task("a training on a table", capacity, None, floor, "--fewer-because", free, *how)
    learned = learn(matrix, split.rows, task, seed=asked.seed, progress=progress)
    good = too_good(matrix.take(split.rows["train"]))
    progress("Measuring by group", 0, 1)
    return TableContents(
        facts=_facts(asked, tables, split, coding, learned, good),
        text=learned.chosen.text,
        calibration=learned.calibration,
        thresholds=learned.thresholds,
        metrics={**_metrics(tables, learned), "by_group": _by_group(learned, groups, asked.seed)},
        golden=learned.golden,
        columns=coding.as_json(),
    )


def _per_date(tables: TablePair, split: TableSplit, name: str) -> float:
    """Return how many rows of a part an average date has."""
    rows = split.rows[name]
    return len(rows) / len(np.unique(tables.days[rows]))


def _metrics(tables: TablePair, learned: Learned) -> dict[str, Any]:
    """Return the record without what nobody knows where no column says it."""
    numbers = dict(learned.metrics)
    numbers["interval"] = {**numbers["interval"], "method": METHOD.replace("families", tables.unit)}
    if tables.roles.person is None:
        numbers["parts"] = {
            name: {key: count for key, count in part.items() if not key.startswith("people")}
            for name, part in numbers["parts"].items()
        }
        everybody = numbers["observed_over_expected"][EVERYBODY]
        numbers["observed_over_expected"] = {EVERYBODY: everybody}
    if tables.roles.date is None:
        numbers["offers_by_date"] = [{**one, "as_of_date": None} for one in numbers["offers_by_date"]]
    return numbers


def _groups(tables: TablePair) -> dict[str, NDArray[np.object_]]:
    """Return the groups of the test rows.

    Raises:
        InputError: a column has more groups than can be told of.
    """
    path, table = tables.paths[1], tables.test
    found = {name: table_columns.labels(path, table[name], name) for name in tables.roles.groups}
    for name, labels in found.items():
        count = len({*labels})
        if count > MOST_GROUPS:
            raise InputError(
                f"{path}: the group {name} has {count:,} different values; {MOST_GROUPS} are the most.",
                "Make bands of them.",
            )
    return found


def _by_group(learned: Learned, groups: Mapping[str, NDArray[np.object_]], seed: int) -> dict[str, Any]:
    """Return figures of the model for each group of the test rows: columns, groups, figures.

    Groups of fewer than 10 people are counted together and have no figures.
    """
    found: dict[str, Any] = {}
    for name, labels in groups.items():
        found[name], few = {}, 0
        for label in sorted({*labels}):
            rows = np.flatnonzero(labels == label)
            if len(np.unique(learned.case.people[rows])) < SMALLEST_CLASS:
                few += 1
            else:
                found[name][label] = _of_group(learned, rows, seed)
        if few:
            too_few = NotComputed(0, f"fewer than {SMALLEST_CLASS} people in each").as_json()
            found[name][f"groups of fewer than {SMALLEST_CLASS} people: {few}"] = dict.fromkeys(_FIGURES, too_few)
    return found


def _of_group(learned: Learned, rows: Codes, seed: int) -> dict[str, Any]:
    case, answers = learned.case, learned.judged[MODEL]
    people, families, dates = (codes(one[rows]) for one in (case.people, case.families, case.dates))
    inside = JudgedRows(case.outcomes[rows], people, families, dates, case.capacity)
    probabilities = answers.certain[rows]
    measured = metrics.measure(
        inside, {MODEL: ModelAnswers(answers.scores[rows], probabilities)}, against={}, seed=seed
    )
    bands = thresholds.measure(inside, learned.thresholds, probabilities, seed=seed)[OFFER_HELP]
    figures = {name: measured.figures[MODEL][name].as_json() for name in _BY_GROUP}
    offers = {f"offers_{name}": bands[name].as_json() for name in _OF_OFFERS}
    return {"rows": len(rows), "with_outcome": int(inside.outcomes.sum()), **figures, **offers}


def _facts(
    asked: TableTraining,
    tables: TablePair,
    split: TableSplit,
    coding: TableCoding,
    learned: Learned,
    good: Mapping[str, float],
) -> TableModelFacts:
    roles, chosen, rule = asked.roles, learned.chosen, learned.opponents.best
    files = {
        name: TableFacts(name=path.name, sha256=sha256_file(path), rows=table.num_rows)
        for name, path, table in (("train", asked.learn, tables.learn), ("test", asked.test, tables.test))
    }
    rare = [
        f"{path.name}: {column} has a text without a column of its own in {count:,} rows."
        for path, table in zip(tables.paths, (tables.learn, tables.test), strict=True)
        for column, count in coding.without_column(table).items()
    ]
    alone = [
        f"{asked.learn.name}: {coding.words(name)} alone orders the outcome nearly perfectly (AUC {area:.3f}). Was it "
        "known on the date of looking?"
        for name, area in good.items()
    ]
    return TableModelFacts(
        schema_version=SCHEMA_VERSION,
        servable=False,
        why_not_servable=NOT_SERVABLE,
        **files,
        outcome=roles.outcome,
        person=roles.person,
        family=roles.family,
        date=roles.date,
        groups=roles.groups,
        resampled=tables.unit,
        split=split.how,
        horizon_days=asked.horizon,
        capacity=learned.thresholds.capacity,
        best_indicator=f"{coding.words(rule.indicator)}, {'highest' if rule.highest_first else 'lowest'} first",
        seed=asked.seed,
        algorithm=chosen.algorithm.value,
        candidate=chosen.candidate,
        parameters=chosen.parameters,
        rounds=chosen.rounds,
        never_missing=learned.never_missing,
        libraries=libraries(),
        said=(*tables.said, *split.said, *rare, *alone),
    )
