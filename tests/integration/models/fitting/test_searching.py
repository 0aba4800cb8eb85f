"""A search in a whole training: killed and gone on with it gives the same bundle, and the test rows decide nothing."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.rows.feature_sets import FeatureSet
from hub.progress import silent
from hub.workspace import Workspace
from models import splits
from models.fitting.candidates import directions
from models.fitting.chosen import Algorithm
from models.fitting.fitting import Fitted, fit
from models.fitting.learning import Learned, Task, learn
from models.fitting.parted import Parted
from models.fitting.rebuilding import rebuild
from models.fitting.search import SearchAsked
from tests.factories.bundles import published
from tests.factories.feature_sets import feature_set

ROOT = Path(__file__).parents[4]
PLAN = {
    "train": {"first": "2021-01-01", "until": "2022-06-01"},
    "folds": {"number": 2},
    "choose": {"first": "2022-06-01", "until": "2023-01-01"},
    "test": {"first": "2023-01-01", "until": "2024-01-01"},
}
TRIALS = 7


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace for the module."""
    return Workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def features(place: Workspace) -> FeatureSet:
    """Return a small feature set with two folds."""
    return feature_set(place, people=500, floor={"outcomes": 10}, validation=PLAN)


@pytest.fixture(scope="module")
def fitted(features: FeatureSet) -> Fitted:
    """Return what a training with an uninterrupted search finds out."""
    return fit(features, candidates=SearchAsked(TRIALS))


@pytest.mark.prove  # interrupted in any fold is always shown by unit tests of the search
def test_killed_between_and_within_trials_it_gives_the_same_bundle(
    place: Workspace, features: FeatureSet, fitted: Fitted
) -> None:
    """One process is killed when its third trial ended, the next in the second fold of its fifth."""
    code = (
        "import os, signal, sys; from pathlib import Path; from hub.workspace import Workspace\n"
        "from features.rows.feature_sets import open_feature_set\n"
        "from models.fitting import search; from models.fitting.fitting import fit\n"
        "from models.fitting.search import SearchAsked\n"
        "here, fits, grow = Workspace(Path(sys.argv[1])), int(sys.argv[3]), search.train\n"
        "def train(*args, **said):\n"
        "    global fits\n"
        "    fits -= 1\n"
        "    return grow(*args, **said) if fits >= 0 else os.kill(os.getpid(), signal.SIGKILL)\n"
        "search.train = train\n"
        f"fit(open_feature_set(here, sys.argv[2]), candidates=SearchAsked({TRIALS}, folder=here.searches))\n"
    )
    for fits in ("6", "3"):
        ended = subprocess.run(
            [sys.executable, "-c", code, str(place.root), features.digest, fits],
            cwd=ROOT, env={**os.environ}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (ended.returncode, ended.stderr) == (-signal.SIGKILL, "")
    again = fit(features, candidates=SearchAsked(TRIALS, folder=place.searches))
    assert published(place, again.contents).digest == published(place, fitted.contents).digest
    assert len([*place.searches.glob("*.db")]) == 1


def learned_from(features: FeatureSet, parted: Parted) -> Learned:
    """Return what a trainer with a search finds out of rows."""
    asked = features.use_case
    folds = splits.folds_of(parted.dates.train, asked.validation.folds, asked.horizon_days)
    task = Task(
        asked.name, asked.capacity, asked.simple_rule, asked.floor, "floor", directions(asked.indicators),
        algorithm=Algorithm.LIGHTGBM, candidates=SearchAsked(TRIALS),
    )  # fmt: skip
    of_folds = splits.rows_of_folds(folds, parted.rows["train"], parted.matrix.days)
    return learn(parted.matrix, parted.rows, task, folds=of_folds, seed=0, progress=silent)


def test_the_test_rows_change_no_trial_and_no_choice(features: FeatureSet, fitted: Fitted) -> None:
    """All that is known of the test rows is turned round: outcomes, and every number of every indicator."""
    parted = Parted.of(features)
    values, outcomes = parted.matrix.values.copy(), parted.matrix.outcomes.copy()
    test = parted.rows["test"]
    values[test], outcomes[test] = np.nan_to_num(-3.0 * values[test]), 1 - outcomes[test]
    turned = learned_from(features, replace(parted, matrix=replace(parted.matrix, values=values, outcomes=outcomes)))
    assert turned.metrics["figures"] != fitted.contents.metrics["figures"]
    assert turned.chosen.record == fitted.contents.metrics["choice"]
    assert turned.chosen.text == fitted.contents.text


def test_a_row_to_learn_from_does(features: FeatureSet, fitted: Fitted) -> None:
    """What the test above looks at can change: of one row in twenty to learn from the outcome is turned round."""
    parted = Parted.of(features)
    outcomes = parted.matrix.outcomes.copy()
    some = parted.rows["train"][::20]
    outcomes[some] = 1 - outcomes[some]
    other = learned_from(features, replace(parted, matrix=replace(parted.matrix, outcomes=outcomes)))
    assert other.chosen.record != fitted.contents.metrics["choice"]


def test_facts_say_the_candidate_and_the_record_how_it_was_searched(fitted: Fitted) -> None:
    facts, choice = fitted.contents.facts, fitted.contents.metrics["choice"]
    assert facts.candidate == choice["chosen"]
    assert choice["search"]["trials"] == TRIALS == len(choice["tried"])
    assert set(choice["search"]["libraries"]) == {"lightgbm", "numpy", "optuna"}
    chosen = next(one for one in choice["tried"] if one["candidate"] == choice["chosen"])
    assert {name: facts.parameters[name] for name in chosen["parameters"]} == chosen["parameters"]


def test_a_figure_that_somebody_changed_in_the_file_is_shown_by_searching_again(
    tmp_path: Path, features: FeatureSet, fitted: Fitted
) -> None:
    """Both places in which the last trial's figures stand are changed, so that the file holds together."""
    place = Workspace(tmp_path)
    shutil.copytree(features.artefact.path, place.features / features.digest)
    fit(features, candidates=SearchAsked(TRIALS, folder=place.searches))
    (path,) = place.searches.glob("*.db")
    with closing(sqlite3.connect(path)) as connection, connection:
        (last,) = connection.execute("SELECT max(trial_id) FROM trials WHERE state = 'COMPLETE'").fetchone()
        changed = json.dumps([[0.9, 0.2, 50], [0.9, 0.2, 50]])
        connection.execute("UPDATE trial_user_attributes SET value_json = ? WHERE trial_id = ?", (changed, last))
        connection.execute("UPDATE trial_values SET value = 0.9 WHERE trial_id = ?", (last,))
    forged = published(place, fit(features, candidates=SearchAsked(TRIALS, folder=place.searches)).contents)
    assert forged.facts.candidate != fitted.contents.facts.candidate
    assert rebuild(place, forged).same, "the candidate gives this model: that it was chosen is not looked at"
    again = rebuild(place, forged, search_again=True)
    assert not again.same
    assert {"facts", "model.txt"} <= {one.name for one in again.differs}
