"""Training on a made-up feature set: the same bundle again, every byte guarded, and what the numbers say."""

import datetime
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from features.declarations.use_cases import UseCase
from features.rows.feature_sets import FeatureSet, open_feature_set
from hub import artefacts
from hub.errors import IntegrityError, NotFoundError, StateError
from hub.workspace import Workspace
from models.bundle.bundles import Bundle, NoNumberError, open_bundle
from models.figures import Figure
from models.fitting import fitting
from models.fitting.candidates import directions
from models.fitting.fitting import Fitted, fit
from models.matrices import Matrix, floats, of_feature_set
from models.measuring.metrics import JudgedRows, ModelAnswers, measure
from models.measuring.thresholds import BANDS, OFFER_HELP
from models.measuring.verdicts import LOOKS
from models.opponents import OPPONENTS
from models.splits import NotEnoughError
from tests.factories.bundles import published
from tests.factories.feature_sets import DATES, TEST_DATES, feature_set

ROOT = Path(__file__).parents[4]
FILES = (
    "calibration.json",
    "golden.json",
    "metrics.json",
    "model.txt",
    "stability.json",
    "thresholds.json",
    "use_case.json",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace for the module."""
    return Workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def features(place: Workspace) -> FeatureSet:
    """Return an ordinary feature set."""
    return feature_set(place)


@pytest.fixture(scope="module")
def fitted(features: FeatureSet) -> Fitted:
    """Return what training finds out about it."""
    return fit(features)


@pytest.fixture(scope="module")
def bundle(place: Workspace, fitted: Fitted) -> Bundle:
    """Return its published bundle."""
    return published(place, fitted.contents)


def rows_of(features: FeatureSet) -> Matrix:
    """Return the matrix as numbers."""
    return of_feature_set(features)


def test_a_bundle_says_what_it_is(bundle: Bundle, features: FeatureSet) -> None:
    facts = bundle.artefact.facts
    assert tuple(sorted(bundle.artefact.files)) == FILES
    assert facts["feature_set"] == features.digest
    assert facts["snapshot"] == features.snapshot_digest
    assert facts["use_case_digest"] == bundle.use_case.digest == features.use_case.digest
    assert (facts["use_case"], facts["purpose"], facts["seed"]) == ("early_help_offer", "early_help", 0)
    assert set(facts["libraries"]) == {"python", "lightgbm", "numpy", "scipy"}
    assert facts["parameters"]["monotone_constraints"] == [1, 1, 1, -1, 0, 1] == directions(bundle.indicators)
    assert bundle.indicators == features.indicators
    dates = facts["splits"]
    assert dates["train"] == [day.isoformat() for day in DATES[:3]]
    assert (dates["choose"], dates["test"]) == ([DATES[3].isoformat()], [day.isoformat() for day in TEST_DATES])


def test_the_gap_is_kept_and_recorded(tmp_path: Path) -> None:
    close = datetime.date(2022, 8, 1)
    later = datetime.date(2023, 12, 1)
    built = feature_set(
        Workspace(tmp_path),
        people=600,
        dates=(*DATES, *TEST_DATES, close, later),
        validation={
            "train": {"first": "2021-01-01", "until": "2022-08-15"},
            "choose": {"first": "2022-08-15", "until": "2023-01-01"},
            "test": {"first": "2023-01-01", "until": "2024-01-01"},
        },
    )
    splits, rows = fitting.split(built, rows_of(built))
    assert {one.as_of_date: one.reason for one in splits.dropped} == {
        close: "its horizon of 90 days reaches past 2022-09-01, the first date of the part choose",
        later: "its horizon is not complete in the snapshot",
    }
    matrix = rows_of(built)
    used = np.concatenate(list(rows.values()))
    assert not np.isnan(matrix.outcomes[used]).any()
    assert close not in matrix.days[used].tolist()


def test_looks_that_were_not_followed_to_their_end_are_in_no_part_and_counted(tmp_path: Path) -> None:
    """On each date one in 20 grows up within the horizon: no figure is about them; the places are for them, too."""
    workspace = Workspace(tmp_path)
    whole = feature_set(workspace)
    looks = [
        (row["person_id"], row["as_of_date"]) for row in whole.matrix().select(["person_id", "as_of_date"]).to_pylist()
    ]
    ended = [look for look in looks if int(look[0][1:]) % 20 == 0]
    found = feature_set(workspace, ended=ended)
    matrix = rows_of(found)
    assert int((~matrix.followed).sum()) == len(ended)
    _, rows = fitting.split(found, matrix)
    assert matrix.followed[np.concatenate(list(rows.values()))].all()
    fitted_ = fit(found)
    for name, part in fitted_.contents.metrics["parts"].items():
        days = {str(day) for day in matrix.days[rows[name]]}
        left_out = sum(str(day) in days for _, day in ended)
        assert part["not_followed"] == left_out > 0
        assert part["rows"] == len(rows[name])
    bands = fitted_.contents.thresholds
    of_choose = np.isin(matrix.days, matrix.days[rows["choose"]])
    offered = sum(bands.on_choose.values())
    assert offered == pytest.approx(of_choose.sum() / len(np.unique(matrix.days[of_choose])), abs=0.01)


def test_candidates_are_compared_over_folds(tmp_path: Path) -> None:
    """Four dates to train on; the two last ones are held out in turn, and nothing that was open is learned from."""
    workspace = Workspace(tmp_path)
    plan = {
        "train": {"first": "2021-01-01", "until": "2022-06-01"},
        "folds": {"number": 2},
        "choose": {"first": "2022-06-01", "until": "2023-01-01"},
        "test": {"first": "2023-01-01", "until": "2024-01-01"},
    }
    found = feature_set(workspace, validation=plan)
    contents = fit(found).contents
    choice = contents.metrics["choice"]
    assert contents.metrics["folds"] == [
        {"learn": ["2021-01-01"], "held": ["2021-07-01"]},
        {"learn": ["2021-01-01", "2021-07-01"], "held": ["2022-01-01"]},
    ]
    assert "over 2 folds" in choice["by"]
    for one in choice["tried"]:
        assert len(one["folds"]) == 2
        assert one["average_precision"] == pytest.approx(sum(one["folds"]) / 2, abs=1e-6)
    assert choice["chosen"] in {one["candidate"] for one in choice["tried"]}
    again = published(workspace, fit(found).contents)
    assert again.digest == published(workspace, contents).digest


def test_the_same_training_gives_the_same_digest(
    place: Workspace, bundle: Bundle, features: FeatureSet, tmp_path: Path
) -> None:
    assert published(place, fit(features).contents).digest == bundle.digest
    code = (
        "import sys; from pathlib import Path; from hub.workspace import Workspace\n"
        "from features.rows.feature_sets import open_feature_set\n"
        "from models.fitting.fitting import fit; from tests.factories.bundles import published\n"
        "found = open_feature_set(Workspace(Path(sys.argv[1])), sys.argv[2])\n"
        "print(published(Workspace(Path(sys.argv[3])), fit(found).contents).digest)\n"
    )
    # Another process, another number of threads, another order of hashes.
    threads = "1" if os.cpu_count() != 1 else "2"
    others = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PYTHONHASHSEED"), threads)
    done = subprocess.run(
        [sys.executable, "-c", code, str(place.root), features.digest, str(tmp_path)],
        cwd=ROOT, env={**os.environ, **others}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == bundle.digest
    assert done.stderr == ""


def test_another_seed_gives_another_digest(place: Workspace, bundle: Bundle, features: FeatureSet) -> None:
    assert published(place, fit(features, seed=1).contents).digest != bundle.digest


def test_the_model_answers(bundle: Bundle, features: FeatureSet, fitted: Fitted) -> None:
    model = bundle.load()
    matrix = rows_of(features)
    probabilities = model.probabilities(matrix.values)
    assert probabilities.shape == (len(matrix.values),)
    assert np.all((probabilities > 0) & (probabilities < 1))
    contributions = model.contributions(matrix.values)
    assert contributions.shape == (len(matrix.values), len(features.indicators) + 1)
    np.testing.assert_allclose(contributions.sum(axis=1), model.margins(matrix.values), atol=1e-9)
    assert np.ptp(contributions[:, -1]) == 0.0
    bands = model.bands(probabilities)
    assert set(bands) <= set(BANDS)
    assert bands[int(probabilities.argmax())] == OFFER_HELP
    _, rows = fitting.split(features, matrix)
    said = fitted.judged["model"].probabilities
    assert said is not None
    np.testing.assert_array_equal(probabilities[rows["test"]], said)
    one = model.probabilities(matrix.values[:1])
    assert one[0] == probabilities[0], "one person alone gets the same answer"
    np.testing.assert_array_equal(floats(features.matrix(), features.use_case.indicator_names), matrix.values)


def test_a_declared_direction_is_kept(bundle: Bundle, features: FeatureSet) -> None:
    model = bundle.load()
    values = rows_of(features).values[:300]
    for column, direction in enumerate(directions(features.indicators)):
        if direction:
            steps = []
            for number in np.arange(0.0, 12.0):
                changed = values.copy()
                changed[:, column] = number
                steps.append(model.margins(changed))
            assert np.all(np.diff(np.array(steps), axis=0) * direction >= 0), features.indicators[column].name


@pytest.mark.parametrize("shape", [(3, 5), (3, 7), (6,)])
def test_a_matrix_of_another_shape_is_refused(bundle: Bundle, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="6 columns"):
        bundle.load().probabilities(np.zeros(shape))
    with pytest.raises(ValueError, match="infinite"):
        bundle.load().probabilities(np.full((1, 6), np.inf))


def test_places_and_bands_match_on_choose(bundle: Bundle) -> None:
    assert 30 <= bundle.thresholds.on_choose[OFFER_HELP] <= 40, "at most the places; level people may leave some free"
    first_two = bundle.thresholds.on_choose[OFFER_HELP] + bundle.thresholds.on_choose["talk_about_it"]
    assert 100 <= first_two <= 120


def test_the_smallest_group_is_the_one_with_the_fewest_outcomes(bundle: Bundle, features: FeatureSet) -> None:
    few = bundle.metrics["smallest_group"]
    matrix, table = rows_of(features), features.groups()
    days = np.array(bundle.facts.splits.train, dtype="datetime64[D]")
    train = np.isin(matrix.days, days)
    counts = {
        (group.name, level): int(matrix.outcomes[train & (np.array(table[group.name].to_pylist()) == level)].sum())
        for group in bundle.use_case.groups
        for level in {*table[group.name].to_pylist()}
    }
    counts = {key: count for key, count in counts.items() if key[1] != "not recorded"}
    assert few["outcomes"] == min(counts.values()) == counts[few["group"], few["level"]]
    assert 0 < few["expected_shrinkage"] < bundle.metrics["sample_size"]["expected_shrinkage"]


def test_a_learnable_outcome_is_learned(bundle: Bundle) -> None:
    auc = bundle.figure("auc")
    assert isinstance(auc, Figure)
    assert auc.low > 0.7
    assert bundle.verdicts["simple_rule"] == "beats"
    told = bundle.metrics["verdict"]
    assert (told["against"], told["on"]) == (dict(bundle.verdicts), "precision_at_capacity")
    assert set(told["resamples"]) == set(OPPONENTS)
    assert min(told["resamples"].values()) >= LOOKS[0]
    assert tuple(bundle.verdicts) == OPPONENTS
    chance = bundle.metrics["places_by_chance"]
    assert chance["simple_rule"]["places"] > chance["model"]["places"]
    slope = bundle.figure("calibration_slope")
    assert isinstance(slope, Figure)
    assert 0.7 < slope.value < 1.4
    assert len(bundle.metrics["choice"]["tried"]) == 4
    assert bundle.metrics["parts"]["test"]["people_also_in_train"] > 1000


def test_noise_is_not_called_better(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    noise = published(workspace, fit(feature_set(workspace, signal=0.0, seed=5)).contents)
    auc = noise.figure("auc")
    assert isinstance(auc, Figure)
    assert auc.low < 0.5 < auc.high
    assert noise.verdict in {"cannot tell", "does not beat"}


def test_one_indicator_and_one_that_never_changes(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    features = feature_set(workspace, people=500)
    table = features.matrix()
    for names in (["incidents"], ["incidents", "moves"]):
        case = features.use_case.reading(one for one in features.indicators if one.name in names)
        constant = table.set_column(
            table.column_names.index("moves"), table.schema.field("moves"), [np.full(table.num_rows, 2.0)]
        )
        narrow = _republished(workspace, features, case, constant)
        assert published(workspace, fit(narrow).contents).load().names == tuple(names)


def _republished(workspace: Workspace, features: FeatureSet, case: UseCase, table: Any) -> FeatureSet:
    import pyarrow.parquet as pq

    from features.kernel.code import code_digest
    from features.rows.feature_sets import FAMILIES_FILE, FOLLOWED_FILE, GROUPS_FILE, KIND, MATRIX_FILE, matrix_table

    changed = {
        "use_case": case.model_dump(mode="json"),
        "use_case_digest": case.digest,
        "code_digest": code_digest(),
    }
    with artefacts.publish(workspace.features, KIND, {**features.artefact.facts, **changed}) as draft:
        pq.write_table(matrix_table(case.indicators).conform(table), draft.path / MATRIX_FILE)
        pq.write_table(features.families(), draft.path / FAMILIES_FILE)
        pq.write_table(features.groups(), draft.path / GROUPS_FILE)
        pq.write_table(features.not_followed(), draft.path / FOLLOWED_FILE)
    return open_feature_set(workspace, draft.digest)


def test_a_part_without_the_outcome_stops_before_anything_is_written(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    rare = feature_set(workspace, people=8, signal=0.0)
    with pytest.raises(NotEnoughError, match="nobody with the outcome"):
        fit(rare)
    early = feature_set(workspace, people=300, known_to=datetime.date(2023, 5, 1))
    with pytest.raises(NotEnoughError, match="The part test has no date of looking"):
        fit(early)
    assert not workspace.bundles.exists()


def test_a_bundle_is_found_by_the_beginning_of_its_digest(place: Workspace, bundle: Bundle) -> None:
    assert open_bundle(place, bundle.digest[:10]).digest == bundle.digest
    with pytest.raises(NotFoundError):
        open_bundle(place, "0" * 64)


def test_too_few_with_the_outcome_are_refused_unless_somebody_says_why(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with pytest.raises(NotEnoughError, match=r"rows with the outcome to train on; early_help_offer asks for 400"):
        fit(feature_set(workspace, people=300, signal=0.2, floor={"outcomes": 400}))
    because = "A trial, to see how much is missing"
    fitted = fit(feature_set(workspace, people=300, signal=0.2, floor={"outcomes": 400, "fewer_because": because}))
    assert fitted.contents.metrics["sample_size"]["enough"] is False
    assert fitted.contents.use_case.floor.fewer_because == because


def test_a_number_that_is_missing_only_later_is_refused_by_name(tmp_path: Path, bundle: Bundle) -> None:
    workspace = Workspace(tmp_path)
    features = feature_set(workspace, people=500)
    table = features.matrix()
    late = np.array([day.year >= 2023 for day in table["as_of_date"].to_pylist()])
    moves = np.where(late & (np.arange(len(late)) % 7 == 0), np.nan, table["moves"].to_numpy())
    at = table.column_names.index("moves")
    holed = table.set_column(at, table.schema.field("moves"), [pa.array(moves, from_pandas=True)])
    with pytest.raises(StateError, match=r"In the part test of the split there is no number for moves in \d+ rows"):
        fit(_republished(workspace, features, features.use_case, holed))
    names = bundle.use_case.indicator_names
    assert set(bundle.facts.never_missing) == {*names} - {"days_since_contact"}
    row = np.zeros(len(names))
    row[names.index("days_since_contact")] = np.nan
    bundle.require_numbers(row)
    row[names.index("moves")] = np.nan
    with pytest.raises(NoNumberError, match="No number for moves, which everybody had"):
        bundle.require_numbers(row)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("moves", np.inf, "numbers without end: moves in 1 rows"),
        ("person_id", None, "1 rows repeat a person on a date"),
    ],
)
def test_rows_that_cannot_be_are_refused(tmp_path: Path, column: str, value: float | None, words: str) -> None:
    workspace = Workspace(tmp_path)
    features = feature_set(workspace, people=100)
    table = features.matrix()
    if value is None:
        table = pa.concat_tables([table, table.slice(0, 1)])
    else:
        numbers = table[column].to_numpy().copy()
        numbers[3] = value
        table = table.set_column(table.column_names.index(column), table.schema.field(column), [numbers])
    with pytest.raises(IntegrityError, match=words):
        of_feature_set(_republished(workspace, features, features.use_case, table))


def test_families_make_intervals_wider_where_fates_are_shared() -> None:
    """Rows of one family that are copies of each other are one witness, not three."""
    draw = np.random.default_rng(0)
    scores = np.repeat(draw.normal(size=300), 3)
    outcomes = np.repeat((draw.random(300) < 1 / (1 + np.exp(1 - scores[::3]))).astype(float), 3)
    alone, dates = np.arange(900), np.zeros(900, dtype=np.intp)
    case = JudgedRows(outcomes, alone, alone // 3, dates, 90)
    found = measure(case, {"model": ModelAnswers(scores), "rule": ModelAnswers(-scores)}, against={"model": ("rule",)})
    effect = found.design_effect["auc"]
    assert effect is not None
    assert 2 < effect < 4.5, "three copies: three times the variance"
    single = measure(replace(case, families=alone), {"model": ModelAnswers(scores)}, against={"model": ()})
    assert single.design_effect["auc"] == pytest.approx(1.0)
