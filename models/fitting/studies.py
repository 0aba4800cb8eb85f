"""Studies: the trials of one search, kept by Optuna in a file of their own, so that a search cut short goes on.

    with open_study(folder, bound) as study:      # no folder: kept in memory
        while len(study.trials) < 30:
            parameters = study.ask(seed=0, fixed=None)
            study.tell([(.31, .2, 80), (.29, .2, 75)], pruned=False)

A file belongs to one search alone: its name is the digest of all that decides what a trial finds. What a trial is given
depends on the seed, its number among the trials that ended, and what those found, never on when the process began: the
same search, interrupted or not, tries the same things. A trial during which it was interrupted is tried again.

A file that is not what it should be is refused; none of it is believed half.
"""

import fcntl
import math
import os
import sqlite3
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from hub import private_folders
from hub.digests import digest_of
from hub.disclosing.disclosure import FEWEST
from hub.errors import IntegrityError, RecordError, SentinelError, StateError

SPACE_VERSION = 1
"""To be raised whenever the space, the sampler or what a trial measures changes: another version is another search."""
SMALLEST_LEAF = 2 * FEWEST
"""Rows: a person may be looked at on several dates, so twice the fewest people of whom anything is told."""
_BOUND, _FOUND = "sentinel_bound", "sentinel_found"
_RANDOM_FIRST = 10

Found = tuple[float, float, int]
"""Of one fold: average precision, log loss, rounds."""


@dataclass(frozen=True, slots=True)
class StudyTrial:
    """A trial that ended.

    Attributes:
        parameters: where in the space it lies.
        found: what it found on each fold that it was tried on.
        pruned: it was not tried on the folds that are left.
    """

    parameters: Mapping[str, float]
    found: tuple[Found, ...]
    pruned: bool


def space() -> dict[str, Any]:
    """Return what a trial may be given, as Optuna's distributions. Each declared candidate lies in it."""
    from optuna.distributions import FloatDistribution, IntDistribution

    return {
        "num_leaves": IntDistribution(2, 63, log=True),
        "learning_rate": FloatDistribution(0.02, 0.2, log=True),
        "min_data_in_leaf": IntDistribution(SMALLEST_LEAF, 300, log=True),
        "lambda_l2": FloatDistribution(0.0, 30.0),
        "feature_fraction": FloatDistribution(0.3, 1.0),
        "bagging_fraction": FloatDistribution(0.5, 1.0),
    }


@dataclass
class Study:
    """The trials of one search, in the order in which they ended.

    Attributes:
        trials: those that ended; the rest is Optuna's.
    """

    where: str
    _study: Any
    trials: list[StudyTrial] = field(default_factory=list)
    _asked: Any = None

    def ask(self, *, seed: int, fixed: Mapping[str, float] | None) -> dict[str, float]:
        """Begin a trial and return what it is given.

        Args:
            seed: of the search.
            fixed: what it is given, where that is declared.
        """
        from optuna.samplers import TPESampler

        drawn = int(np.random.SeedSequence([seed, len(self.trials)]).generate_state(1)[0])
        with _written(self.where), warnings.catch_warnings(action="ignore"):  # "multivariate" is called an experiment
            self._study.sampler = TPESampler(
                seed=drawn, n_startup_trials=_RANDOM_FIRST, multivariate=True, constant_liar=False
            )
            if fixed is not None and not _in_state(self._study, "WAITING"):
                self._study.enqueue_trial(dict(fixed))
            self._asked = self._study.ask(space())
            return dict(self._asked.params)

    def tell(self, found: Sequence[Found], *, pruned: bool) -> None:
        """End the trial that was begun last.

        Args:
            found: of each fold that it was tried on.
            pruned: it was not tried on the folds that are left.
        """
        from optuna.trial import TrialState

        value = fmean(precision for precision, _, _ in found)
        with _written(self.where):
            self._asked.set_user_attr(_FOUND, [list(one) for one in found])
            if pruned:
                self._asked.report(value, step=len(found))
                self._study.tell(self._asked, state=TrialState.PRUNED)
            else:
                self._study.tell(self._asked, value)
        self.trials.append(StudyTrial(dict(self._asked.params), tuple(found), pruned))


@contextmanager
def open_study(folder: Path | None, bound: Mapping[str, Any]) -> Iterator[Study]:
    """Open the study of a search; it is made where there is none, and goes on where there is one.

    Args:
        folder: where studies lie, for their owner alone; None keeps it in memory.
        bound: all that decides what a trial finds, as JSON: feature set, use case, seed, libraries.

    Raises:
        StateError: another process searches the same, or others may change the folder.
        IntegrityError: the file is damaged, or is no study of this search.
        RecordError: the file cannot be written.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if folder is None:
        yield _study_of(optuna.storages.InMemoryStorage(), "memory", "in memory", bound)
        return
    name = digest_of({**bound, "space": SPACE_VERSION})[:32]
    path = private_folders.make(folder) / f"{name}.db"
    with private_folders.lock_file(folder / f"{name}.lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StateError("Another training does the same search.", "Wait until it has ended, then train.") from None
        _make_private(path)
        with _refusing(path):
            _require_tables(path)
            storage = optuna.storages.RDBStorage(_address(path))
        try:
            with _refusing(path):
                study = _study_of(storage, name, str(path), bound)
            yield study
        finally:
            storage.remove_session()
            storage.engine.dispose()


def _study_of(storage: Any, name: str, where: str, bound: Mapping[str, Any]) -> Study:
    """Return the study, with what ended before; a trial during which its process ended counts as not begun."""
    import optuna
    from optuna.trial import TrialState

    known = [one.study_name for one in storage.get_all_studies()]
    if known not in ([], [name]):
        raise ValueError("it holds another search")
    study = optuna.create_study(storage=storage, study_name=name, direction="maximize", load_if_exists=True)
    if _BOUND not in study.user_attrs and not study.trials:  # new, or ended before it was said
        study.set_user_attr(_BOUND, dict(bound))
    if study.user_attrs.get(_BOUND) != dict(bound):
        raise ValueError("it is of another feature set, use case or seed")
    for one in _in_state(study, "RUNNING"):
        study.tell(one.number, state=TrialState.FAIL)
    ended = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
    return Study(where, study, [_ended(one) for one in ended])


def _ended(one: Any) -> StudyTrial:
    """Return a trial as it was kept.

    Raises:
        ValueError: it does not say what it was given or found, or it says something else than its value.
    """
    pruned = one.state.name == "PRUNED"
    found = tuple((float(at[0]), float(at[1]), int(at[2])) for at in one.user_attrs[_FOUND])
    value = one.value if not pruned else one.intermediate_values[len(found)]
    usable = all(0 <= at[0] <= 1 and math.isfinite(at[1]) and at[2] >= 1 for at in found)
    if one.params.keys() != space().keys() or not found or not usable or value != fmean(at[0] for at in found):
        raise ValueError(f"its trial {one.number} does not say what it found")
    return StudyTrial(dict(one.params), found, pruned)


def _in_state(study: Any, state: str) -> list[Any]:
    from optuna.trial import TrialState

    return list(study.get_trials(deepcopy=False, states=(TrialState[state],)))


def _make_private(path: Path) -> None:
    """Make an empty file for its owner alone; SQLite gives its journal the same rights.

    Raises:
        IntegrityError: a link, or something that is no file, lies there.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        raise _damaged(path, "it is no file that can be written") from None
    try:
        os.fchmod(handle, 0o600)
    finally:
        os.close(handle)


def _require_tables(path: Path) -> None:
    """Check that a file is empty or has Optuna's tables, before Optuna makes its own in somebody else's.

    Raises:
        ValueError: it has others.
    """
    with closing(sqlite3.connect(path)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and "studies" not in tables:
        raise ValueError("it holds other tables")


def _address(path: Path) -> str:
    # Only what an address gives a meaning to is quoted, as for MLflow's store.
    return "sqlite:///" + str(path.absolute()).replace("%", "%25").replace("?", "%3F").replace("#", "%23")


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Turn whatever Optuna or its database says of a file into one sentence."""
    try:
        yield
    except SentinelError:
        raise
    except Exception as error:  # noqa: BLE001 - of Optuna, Alembic, SQLAlchemy and JSON
        said = str(error) if type(error) is ValueError else type(error).__name__
        raise _damaged(path, said) from None


def _damaged(path: Path, why: str) -> IntegrityError:
    return IntegrityError(
        f"{path} is damaged, or is not the file of this search ({why}).",
        "Move it away, and train again: the search then begins anew.",
    )


@contextmanager
def _written(where: str) -> Iterator[None]:
    """Turn a refusal of the database into one sentence."""
    from optuna.exceptions import OptunaError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, OptunaError, sqlite3.Error, OSError) as error:
        raise RecordError(
            f"The search, {where}, cannot be written ({type(error).__name__}).",
            "Make room or mend the file's rights, and train again: the search goes on where it was.",
        ) from error
