"""Models: a whole training, with its opponents, figures and intervals, against the bare fits that it is made of."""

from collections.abc import Iterator, Mapping

from models import splits
from models.fitting.candidates import CANDIDATES, directions
from models.fitting.fitting import Fitted, fit
from models.fitting.parted import Parted
from tests.bench import (
    Measured,
    Part,
    contributions,
    coverage,
    districts,
    instability,
    known_function,
    ladder,
    ratio,
    searching,
)


def _training(tiny: bool) -> Iterator[Measured]:
    """Yield how long a training of the generated county takes, beside its own LightGBM fits alone."""
    found = known_function.rows_of(tiny)
    parted, case = Parted.of(found), found.use_case
    folds = splits.folds_of(parted.dates.train, case.validation.folds, case.horizon_days)
    rows = splits.rows_of_folds(folds, parted.rows["train"], parted.matrix.days)
    over = [(parted.matrix.take(learn), parted.matrix.take(held)) for learn, held in rows]
    signs = directions(case.indicators)
    made: list[Fitted] = []

    def whole() -> None:
        made.append(fit(found, seed=7))

    def bare() -> None:
        chosen = next(one for one in CANDIDATES if one.name == made[-1].contents.facts.candidate)
        for candidate in CANDIDATES:
            for learn, held in over or [(parted.train, parted.choose)]:
                searching.bare(candidate, learn, held, signs)
        for given in (signs, [0] * len(signs)):
            searching.bare(chosen, parted.train, parted.choose, given)

    whole()
    yield ratio("train_ratio", whole, bare, "<= 4", runs=2, tiny=tiny)


PARTS: Mapping[str, Part] = {
    "training": _training,
    "coverage": coverage.figures,
    "ladder": ladder.figures,
    "known_function": known_function.figures,
    "instability": instability.figures,
    "districts": districts.figures,
    "contributions": contributions.figures,
    "searching": searching.figures,
}
