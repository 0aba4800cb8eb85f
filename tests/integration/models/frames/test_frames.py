"""The face on pandas: the bundle's own numbers in the caller's order, and columns that are not its own are refused."""

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import get_scorer, roc_auc_score
from sklearn.utils.validation import check_is_fitted

from features.rows.feature_sets import FeatureSet
from hub.errors import InputError, StateError
from hub.workspace import Workspace
from models.bundle.bundles import NoNumberError
from models.figures import Figure
from models.fitting.candidates import CANDIDATES
from models.fitting.fitting import MODEL, Fitted, fit
from models.frames import frames
from models.frames.frames import BASE, BundleClassifier, FeatureFrames
from models.matrices import of_feature_set
from models.measuring.metrics import METRICS, measure
from tests.factories.bundles import published
from tests.factories.feature_sets import feature_set


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def features(place: Workspace) -> FeatureSet:
    return feature_set(place, people=900, siblings=2)


@pytest.fixture(scope="module")
def fitted(features: FeatureSet) -> Fitted:
    return fit(features)


@pytest.fixture(scope="module")
def model(place: Workspace, fitted: Fitted) -> BundleClassifier:
    return BundleClassifier(place, published(place, fitted.contents).digest)


@pytest.fixture(scope="module")
def rows(place: Workspace, features: FeatureSet) -> FeatureFrames:
    return frames.feature_set(place, features.digest)


def test_a_feature_set_is_the_matrix_that_was_trained_on(
    rows: FeatureFrames, features: FeatureSet, fitted: Fitted
) -> None:
    matrix, table = of_feature_set(features), features.matrix()
    np.testing.assert_array_equal(rows.indicators.to_numpy(), matrix.values)
    assert rows.indicators.index.names == ["person_id", "as_of_date"]
    assert rows.indicators.index.is_unique
    assert rows.indicators.index.get_level_values(0).tolist() == table["person_id"].to_pylist()
    assert [day.date() for day in rows.indicators.index.get_level_values(1)] == table["as_of_date"].to_pylist()
    assert rows.outcome.astype("object").where(rows.outcome.notna(), None).tolist() == table["outcome"].to_pylist()
    for other in (rows.outcome, rows.part, rows.groups, rows.families):
        assert other.index.equals(rows.indicators.index)
    assert set(rows.groups.columns).isdisjoint(rows.indicators.columns)
    counts = {name: part["rows"] for name, part in fitted.contents.metrics["parts"].items()}
    assert rows.part.value_counts().to_dict() == counts


def test_a_feature_set_on_which_nothing_can_be_trained_can_be_looked_at(place: Workspace) -> None:
    few = feature_set(place, people=8, signal=0.0, seed=3)
    rows = frames.feature_set(place, few.digest)
    assert len(rows.indicators) == few.matrix().num_rows
    assert (rows.part == "").all()


def test_probabilities_are_those_of_the_bundle_to_the_bit(model: BundleClassifier, rows: FeatureFrames) -> None:
    own = model.bundle.load().probabilities(rows.indicators.to_numpy())
    draw = np.random.default_rng(0)
    order, columns = draw.permutation(len(own)), draw.permutation(rows.indicators.columns)
    shuffled = rows.indicators[columns].iloc[order]
    np.testing.assert_array_equal(model.predict_proba(shuffled)[:, 1], own[order])
    np.testing.assert_array_equal(model.predict_proba(shuffled).sum(axis=1), 1.0)
    for at in order[:5]:  # one row alone, which another way of LightGBM and of the kernel answers
        alone = rows.indicators.iloc[[at]]
        assert model.predict_proba(alone)[0, 1] == own[at]
        np.testing.assert_allclose(model.explain(alone), model.explain(rows.indicators).iloc[[at]], atol=1e-12)


def test_other_types_of_numbers_give_the_same(model: BundleClassifier, rows: FeatureFrames) -> None:
    some = rows.indicators.head(50)
    expected = model.predict_proba(some)
    for other in (
        some.convert_dtypes(),
        some.astype({"incidents": "int32", "days_since_contact": "Float64"}),
        some.astype("float64[pyarrow]"),
    ):
        np.testing.assert_array_equal(model.predict_proba(other), expected)


def test_an_explanation_adds_up(model: BundleClassifier, rows: FeatureFrames) -> None:
    shuffled = rows.indicators.sample(frac=1, random_state=1)[rows.indicators.columns[::-1]]
    said = model.explain(shuffled)
    assert said.index.equals(shuffled.index)
    assert [*said.columns] == [*model.feature_names_in_, BASE]
    assert said[BASE].nunique() == 1
    np.testing.assert_allclose(said.sum(axis=1), model.decision_function(shuffled), atol=1e-9)
    own = model.bundle.load().contributions(shuffled[[*model.feature_names_in_]].to_numpy())
    np.testing.assert_array_equal(said.to_numpy(), own)


def test_no_rows_have_no_answers(model: BundleClassifier, rows: FeatureFrames) -> None:
    none = rows.indicators.head(0)
    assert model.predict_proba(none).shape == (0, 2)
    assert model.explain(none).shape == (0, len(none.columns) + 1)
    assert model.predict(none).shape == (0,)
    assert len(frames.at_capacity(model, none)) == 0


def test_columns_that_are_not_the_models_are_named(model: BundleClassifier, rows: FeatureFrames) -> None:
    some = rows.indicators.head(4)
    twice = pd.concat([some, some[["moves"]]], axis=1)
    endless = some.assign(moves=[np.inf, 1.0, -np.inf, 0.0])
    for wrong, words in (
        (some.drop(columns=["moves", "incidents"]), "missing: incidents, moves"),
        (some.assign(sex=1.0), "unknown to the model: sex"),
        (some.rename(columns={"moves": "Moves"}), r"missing: moves; unknown to the model: Moves"),
        (twice, "twice: moves"),
        (some.assign(moves="3"), "Not columns of numbers: moves"),
        (some.assign(moves=pd.Timestamp("2024-01-01")), "Not columns of numbers: moves"),
        (some.assign(moves=1j), "Not columns of numbers: moves"),
        (endless, "Numbers without end: moves in 2 rows"),
        (some.to_numpy(), "not a pandas DataFrame"),
    ):
        for asked in (model.predict_proba, model.explain, model.decision_function, model.predict, model.bands):
            with pytest.raises(InputError, match=words):
                asked(wrong)


def test_a_number_missing_where_none_ever_was_is_refused_as_elsewhere(
    model: BundleClassifier, rows: FeatureFrames
) -> None:
    assert "moves" in model.bundle.facts.never_missing
    assert "days_since_contact" not in model.bundle.facts.never_missing
    some = rows.indicators.head(4)
    model.predict_proba(some.assign(days_since_contact=np.nan))
    for empty in (np.nan, pd.NA):
        wrong = some.assign(moves=pd.array([1.0, empty, 2.0, empty], dtype="Float64"))
        with pytest.raises(NoNumberError, match="No number for moves in 2 rows"):
            model.predict_proba(wrong)
    with pytest.raises(NoNumberError, match="No number for moves, which"):
        model.bundle.require_numbers(some.assign(moves=np.nan).to_numpy()[0])


def test_scikit_learn_takes_it_for_a_classifier(model: BundleClassifier, rows: FeatureFrames) -> None:
    test = rows.part == "test"
    asked, outcomes = rows.indicators[test], rows.outcome[test].astype("int64")
    assert is_classifier(model)
    check_is_fitted(model)
    assert model.classes_.tolist() == [0, 1]
    assert model.n_features_in_ == len(asked.columns)
    assert model.feature_names_in_.tolist() == [*asked.columns]
    other = clone(model)
    assert other is not model
    assert other.get_params() == model.get_params() == {"workspace": model.workspace, "digest": model.digest}
    np.testing.assert_array_equal(other.predict_proba(asked), model.predict_proba(asked))
    again = pickle.loads(pickle.dumps(model))  # noqa: S301 - our own
    np.testing.assert_array_equal(again.predict_proba(asked), model.predict_proba(asked))
    assert "_opened" not in model.__getstate__()
    expected = roc_auc_score(outcomes, model.decision_function(asked))
    assert get_scorer("roc_auc")(model, asked, outcomes) == expected
    assert get_scorer("neg_brier_score")(model, asked, outcomes) < 0
    said = frames.figures(model).loc[("model", "auc"), "value"]
    assert said == pytest.approx(expected, abs=1e-6)
    frozen = FrozenEstimator(model).fit(asked, outcomes)
    np.testing.assert_array_equal(frozen.predict(asked), model.predict(asked))
    with pytest.raises(StateError, match="trained already"):
        model.fit(asked, outcomes)


def test_what_a_notebook_shows_of_it_holds_no_address(place: Workspace, model: BundleClassifier) -> None:
    address = "postgresql://hub:secret@db.example/hub"
    other = BundleClassifier(replace(place, database_url=address, mlflow_uri=address), model.digest)
    for shown in (repr(other), other._repr_html_()):
        assert model.digest in shown
        assert "secret" not in shown


def test_other_parameters_are_another_bundle(place: Workspace, features: FeatureSet, model: BundleClassifier) -> None:
    seeded = published(place, fit(features, seed=1).contents).digest
    changed = clone(model)
    assert changed.bundle.digest == model.digest
    changed.set_params(digest=seeded)
    assert changed.bundle.digest == seeded


def test_figures_are_those_of_the_record(model: BundleClassifier) -> None:
    said = frames.figures(model)
    assert said.index.names == ["model", "metric"]
    assert [*said.columns] == ["value", "low", "high", "n", "unit", "reason"]
    assert len(said) == 6 * len(METRICS)
    for (name, metric), row in said.iterrows():
        stated = model.bundle.figure(metric, name)
        assert row["n"] == stated.n
        if stated.computed:
            assert {key: row[key] for key in ("value", "low", "high", "unit")}.items() <= stated.as_json().items()
            assert row["reason"] == ""
        else:
            assert row[["value", "low", "high"]].isna().all()
            assert row["reason"] == stated.as_json()["not_computed"]
    assert said.loc[("simple_rule", "brier"), "reason"] == "an order, not a probability"
    against = frames.opponents(model)
    assert against.loc[("simple_rule", "auc"), "value"] == model.bundle.difference("auc").as_json()["value"]


def test_capacities_are_those_of_the_record(model: BundleClassifier) -> None:
    said, declared = frames.capacities(model), model.bundle.use_case.capacity
    assert said.index.names == ["places", "model", "figure"]
    assert len(said) == 5 * 7 * 4, "five capacities; the model, five simpler ways and a perfect order; four figures"
    for (places, name, figure), row in said.iterrows():
        stated = model.bundle.at_capacities()[places][name][figure]
        assert row["n"] == stated.n
        assert row["value"] == stated.value if isinstance(stated, Figure) else row["reason"]
    precision = frames.figures(model).loc[("model", "precision_at_capacity")]
    assert (said.loc[(declared, "model", "precision")] == precision).all()


def test_net_benefits_are_those_of_the_record(model: BundleClassifier) -> None:
    said = frames.net_benefits(model)
    assert said.index.names == ["threshold", "way"]
    assert [*said.loc[0.1].index] == ["model", "points_card", "logistic_regression", "everybody", "difference"]
    assert said.loc[(0.1, "model"), "value"] == model.bundle.net_benefits()[0.1]["model"].as_json()["value"]


def test_the_calibration_curve_is_that_of_the_record(model: BundleClassifier) -> None:
    said = frames.calibration(model)
    assert said.index.names == ["expected"]
    assert said.index.is_monotonic_increasing
    assert len(said) == len(model.bundle.calibration_curve()) > 10
    assert said["low"].notna().any()


def test_differences_are_paired_as_training_pairs_them(
    place: Workspace,
    features: FeatureSet,
    fitted: Fitted,
    model: BundleClassifier,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("models.fitting.boosting.CANDIDATES", CANDIDATES[-1:])
    second = fit(features, seed=1)
    other = BundleClassifier(place, published(place, second.contents).digest)
    said = frames.differences({"first": model, "second": other}, resamples=40)
    answers = {"first": fitted.judged[MODEL], "second": second.judged[MODEL]}
    expected = measure(fitted.case, answers, against={"first": ("second",)}, resamples=40)
    for metric, stated in expected.differences["first"]["second"].items():
        row = said.loc[("first", "second", metric)]
        numbers = stated.as_json()
        assert [row[key] for key in ("value", "low", "high")] == pytest.approx(
            [numbers[key] for key in ("value", "low", "high")], abs=1e-6
        )
    assert (said["low"] < said["high"]).all(), "the two are not one model"
    itself = frames.differences({"first": model, "again": clone(model)}, resamples=40)
    assert (itself[["value", "low", "high"]] == 0).all(axis=None)
    with pytest.raises(InputError, match="nothing to compare"):
        frames.differences({"first": model})
    with pytest.raises(InputError, match="no interval"):
        frames.differences({"first": model, "again": clone(model)}, resamples=0)


def test_figures_about_other_rows_are_not_taken_from_each_other(place: Workspace, model: BundleClassifier) -> None:
    for said, words in (
        ({"people": 901, "siblings": 2}, "people and dates"),
        ({"people": 900, "siblings": 2, "signal": 0.5}, "outcomes"),
        ({"people": 900, "siblings": 2, "capacity": 41}, "numbers of places"),
    ):
        theirs = fit(feature_set(place, **said)).contents
        other = BundleClassifier(place, published(place, theirs).digest)
        with pytest.raises(StateError, match=f"one and two were tested on different {words}"):
            frames.differences({"one": model, "two": other}, resamples=10)


def test_a_list_at_capacity_is_the_one_that_figures_are_about(model: BundleClassifier, rows: FeatureFrames) -> None:
    test = rows.indicators[rows.part == "test"]
    said = frames.at_capacity(model, test)
    by_date = said.groupby(level="as_of_date")
    assert (by_date.size() == model.bundle.use_case.capacity).all()
    assert said["place"].tolist() == [place for _, held in by_date for place in range(1, len(held) + 1)]
    assert by_date["probability"].apply(lambda held: held.is_monotonic_decreasing).all()
    assert rows.outcome[said.index].mean() == pytest.approx(
        frames.figures(model).loc[("model", "precision_at_capacity"), "value"], abs=0.02
    )
    for entry in model.bundle.metrics["offers_by_date"]:
        held = said.xs(pd.Timestamp(entry["as_of_date"]), level="as_of_date")
        assert (held["band"] == "offer_help").sum() == entry["both"]
    assert len(frames.at_capacity(model, test, capacity=3)) == 3 * by_date.ngroups
    with pytest.raises(InputError, match="not indexed by person_id and as_of_date"):
        frames.at_capacity(model, test.reset_index(drop=True))
    with pytest.raises(InputError, match="2 rows repeat a person on a date"):
        frames.at_capacity(model, pd.concat([test, test.iloc[:2]]))
    with pytest.raises(InputError, match="no places"):
        frames.at_capacity(model, test, capacity=0)


def test_trainings_are_listed(place: Workspace, model: BundleClassifier, features: FeatureSet) -> None:
    listed = frames.trainings(place)
    assert listed.loc[model.digest, ["use_case", "feature_set", "seed", "trained_by"]].tolist() == [
        "early_help_offer", features.digest, 0, "ana",
    ]  # fmt: skip
    assert frames.trainings(Workspace(place.root / "empty")).empty
