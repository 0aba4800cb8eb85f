"""Learning: all that a trainer works out of rows whose parts are known, whichever table they come from.

    learned = learn(matrix, rows, Task(...), seed=0, progress=silent)

What each part is for: trees are grown on `train`; when to stop, which candidate, the calibration and the cuts of the
bands come from `choose`; every number that is reported comes from `test`, which decides nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from features.declarations.use_cases import Floor, SimpleRule
from hub.progress import Progress
from models.bundle.model import Model
from models.fitting import baselines, calibrating, chosen, golden
from models.fitting.baselines import Opponents
from models.fitting.chosen import Algorithm, Candidates, Chosen
from models.fitting.judging import ExplainedRows, measure
from models.fitting.parted import counts_of, not_followed, require_numbers
from models.matrices import Matrix
from models.measuring import (
    thresholds,
)
from models.measuring.calibration import Calibration
from models.measuring.metrics import JudgedRows, ModelAnswers
from models.measuring.thresholds import Thresholds
from models.one_thread import on_one_thread
from models.sample_size import SampleSize, sample_size
from models.splits import PARTS, NotEnoughError, Rows


@dataclass(frozen=True, slots=True)
class Task:
    """What a trainer has to be told beside the rows.

    Attributes:
        name: what asks for it, for messages.
        capacity: places at each date of looking.
        rule: the simple rule that the model must beat, where one is declared.
        floor: how few rows with the outcome are too few.
        floor_said_in: where somebody may say why fewer will do.
        constraints: 1, -1 or 0 for each indicator: it may only raise, only lower, or is free.
        capacity_on_choose: places at each date to choose on, where such a date has other numbers of rows; None: alike.
        algorithm: what is fitted.
        candidates: which of LightGBM's candidates are tried.
    """

    name: str
    capacity: int
    rule: SimpleRule | None
    floor: Floor
    floor_said_in: str
    constraints: Sequence[int]
    capacity_on_choose: int | None = None
    algorithm: Algorithm = Algorithm.LIGHTGBM
    candidates: Candidates = None


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of it, before anything is written.

    Attributes:
        chosen: what was fitted; its text is the model.
        model: the model in memory, with its calibration and its bands.
        metrics: the record: figures on `test`, and how everything was chosen.
        golden: made-up rows and what the model says of them.
        never_missing: indicators that have a number in every row of `train`.
        case: the test rows.
        judged: what each model answered for them.
        opponents: the simpler ways among them.
        explained: some of the test rows, and what each indicator adds.
    """

    chosen: Chosen
    model: Model
    metrics: Mapping[str, Any]
    golden: Mapping[str, Any]
    never_missing: tuple[str, ...]
    case: JudgedRows
    judged: dict[str, ModelAnswers]
    opponents: Opponents
    explained: ExplainedRows

    @property
    def calibration(self) -> Calibration:
        """From margin to probability."""
        return self.model.calibration

    @property
    def thresholds(self) -> Thresholds:
        """From probability to band."""
        return self.model.thresholds


@on_one_thread
def learn(
    matrix: Matrix,
    rows: Mapping[str, Rows],
    task: Task,
    *,
    folds: Sequence[tuple[Rows, Rows]] = (),
    seed: int,
    progress: Progress,
) -> Learned:
    """Train, calibrate, set the bands and measure. Nothing is written.

    Args:
        matrix: all rows; families and people are known across the parts.
        rows: the rows of "train", "choose" and "test"; each has an outcome.
        task: what else there is to know.
        folds: of `train`, the rows to learn from and those that are held out, to compare candidates over time.
        seed: of sampling rows and indicators, of the resamples and of the golden rows.
        progress: told of each step.

    Raises:
        NotEnoughError: there are fewer rows with the outcome than the floor asks for.
        StateError: a number is missing in a later part that was never missing in what was learned from.
    """
    train, choose, test = (matrix.take(rows[name]) for name in PARTS)
    enough = _enough(task, train)
    never_missing = _never_missing(train, choose, test)

    over = [(matrix.take(learn_), matrix.take(held)) for learn_, held in folds]
    progress("Fitting the simpler ways", 0, 1)
    opponents = baselines.fit(train, choose, task.constraints, task.rule)
    found = chosen.choose(
        task.algorithm,
        train,
        choose,
        task.constraints,
        opponents,
        folds=over,
        candidates=task.candidates,
        seed=seed,
        progress=progress,
    )
    progress("Choosing the calibration", 0, 1)
    calibrated = calibrating.choose(found.margins, choose.outcomes, choose.families, seed=seed)
    places = task.capacity_on_choose or task.capacity
    model = Model.parse(found.text, matrix.names, calibrated.calibration, Thresholds(1.0, 1.0, task.capacity, {}))
    bands = replace(fit_bands(model, matrix, rows["choose"], places), capacity=task.capacity)
    model = replace(model, thresholds=bands)

    answers, figures = measure(
        matrix, rows, opponents, task.capacity, model, learned="train", seed=seed, progress=progress
    )
    numbers = {
        **figures,
        "sample_size": enough.as_json(),
        "parts": {name: _part(matrix, rows, name) for name in PARTS},
        "choice": dict(found.record),
        "calibration_choice": dict(calibrated.record),
    }
    rows_of_nobody = golden.rows(train, seed=seed)
    said_of_them = golden.as_json(rows_of_nobody, model.probabilities(rows_of_nobody))
    return Learned(
        found, model, numbers, said_of_them, never_missing, answers.case, answers.judged, opponents, answers.explained
    )


def fit_bands(model: Model, matrix: Matrix, choose: Rows, capacity: int) -> Thresholds:
    """Return the bands, set on `choose` and on the looks of its dates that were not followed to their end.

    The places of a date are for everybody in the cohort.
    """
    looked = matrix.take(np.union1d(choose, not_followed(matrix, choose)))
    return thresholds.fit(model.probabilities(looked.values), looked.day_count, capacity)


def _enough(task: Task, train: Matrix) -> SampleSize:
    """Return what there is to learn from.

    Raises:
        NotEnoughError: fewer rows with the outcome than the floor, and it does not say why that is right.
    """
    found, floor = sample_size(len(train.values), train.positives, len(train.names)), task.floor
    if train.positives < floor.outcomes and not floor.fewer_because.strip():
        raise NotEnoughError(
            f"There are {train.positives} rows with the outcome to train on; {task.name} asks for "
            f"{floor.outcomes}. "
            f"With {len(train.names)} indicators {max(found.needed.values()):,} rows would be enough; there are "
            f"{len(train.values):,}.",
            f"Look on more dates, use fewer indicators, or say in `{task.floor_said_in}` why fewer will do.",
        )
    return found


def _never_missing(train: Matrix, choose: Matrix, test: Matrix) -> tuple[str, ...]:
    """Return the indicators that have a number in every row of `train`.

    Raises:
        StateError: as `require_numbers`.
    """
    always = np.isfinite(train.values).all(axis=0)
    found = tuple(train.names[at] for at in np.flatnonzero(always))
    require_numbers({"choose": choose, "test": test}, found)
    return found


def _part(matrix: Matrix, rows: Mapping[str, Rows], name: str) -> dict[str, int]:
    counts = counts_of(matrix, rows[name])
    shared = np.intersect1d(matrix.people[rows["train"]], matrix.people[rows[name]])
    return counts if name == "train" else {**counts, "people_also_in_train": len(shared)}
