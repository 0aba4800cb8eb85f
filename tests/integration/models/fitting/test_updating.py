"""Updating a bundle on newer rows: the step that was planted, what is kept to the byte, and what is refused."""

import datetime
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ethics.acts import evidence
from ethics.errors import ConflictOfInterestError
from features.rows.feature_sets import FeatureSet
from hub.errors import ConfigurationError, IntegrityError, NotPublishedError, StateError
from hub.ledger import publications
from hub.rebuilding import verification
from hub.workspace import Workspace
from models.bundle.bundles import Bundle
from models.bundle.model_files import MODEL_FILE
from models.bundle.trainings import with_earlier
from models.figures import Figure
from models.fitting import training
from models.fitting.fitting import fit
from models.fitting.parted import Parted
from models.fitting.updating import update
from models.matrices import of_feature_set
from models.measuring.calibration import sigmoid
from models.measuring.closed_test import LadderStep
from models.resampling import Floats
from models.splits import NotEnoughError
from tests.factories.bundles import published
from tests.factories.feature_sets import DATES, Drift, feature_set, indicators, later

NOTHING, INTERCEPT, SLOPE, REFIT = LadderStep
KEPT = (NOTHING, INTERCEPT, SLOPE)


def _refit(_: datetime.date, log_odds: Floats, numbers: Mapping[str, Floats]) -> Floats:
    return log_odds - numbers["incidents"] + 0.5 * numbers["trusted_adults"]


PLANTED: Mapping[LadderStep, Drift] = {
    NOTHING: lambda _, log_odds, __: log_odds,
    INTERCEPT: lambda _, log_odds, __: log_odds - 1.0,
    SLOPE: lambda _, log_odds, __: 0.4 * log_odds - 1.5,
    REFIT: _refit,
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace for the module."""
    return Workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def old(place: Workspace) -> Bundle:
    """Return a bundle of 3,000 people, two a family."""
    return published(place, fit(feature_set(place, people=3000, siblings=2)).contents)


@pytest.fixture(scope="module")
def newer(place: Workspace) -> Mapping[LadderStep, FeatureSet]:
    """Return a newer feature set for each step that is planted."""
    return {step: later(place, people=1500, siblings=2, drift=drift) for step, drift in PLANTED.items()}


@pytest.fixture(scope="module")
def updated(place: Workspace, old: Bundle, newer: Mapping[LadderStep, FeatureSet]) -> Mapping[LadderStep, Bundle]:
    """Return what "auto" makes of each."""
    return {step: published(place, update(old, found).contents, by="tom") for step, found in newer.items()}


@pytest.mark.parametrize("planted", list(LadderStep))
def test_it_changes_what_was_planted_and_says_why(
    old: Bundle, updated: Mapping[LadderStep, Bundle], newer: Mapping[LadderStep, FeatureSet], planted: LadderStep
) -> None:
    bundle, rows = updated[planted], Parted.of(newer[planted])
    facts = bundle.facts
    assert facts.update is not None
    assert (facts.updated_from, facts.update.asked, facts.update.step) == (old.digest, "auto", planted)
    assert facts.feature_set == newer[planted].digest
    assert [one.step for one in facts.update.tests] == list(LadderStep)[: len(facts.update.tests)]
    assert (facts.update.rows, facts.update.families) == (len(rows.choose.values), 750)
    assert f"Of {facts.update.rows:,} rows of 750 families" in facts.update.why
    for test in facts.update.tests:
        assert "p below 0.001" in facts.update.why if test.p < 0.001 else f"p {test.p:.3f}" in facts.update.why
    for figure in (facts.update.intercept, facts.update.slope):
        assert isinstance(figure, Figure)
        assert figure.n == facts.update.rows
    assert facts.update.order.unchanged is (planted is not REFIT)
    assert facts.update.order.rows == len(rows.matrix.values)
    assert bundle.metrics["parts"]["test"]["rows"] == len(rows.test.values)
    assert facts.splits.choose == rows.dates.choose
    assert facts.splits.test == rows.dates.test
    assert bundle.load().check_golden(bundle.golden()) == 6
    saved = bundle.metrics["update"]["after_minus_before"]["log_loss"]
    assert saved["n"] == len(rows.test.values)
    if planted is NOTHING:
        assert saved["value"] == 0
    else:
        assert saved["high"] < 0, "what was planted is mended on dates that decided nothing"


@pytest.mark.parametrize("to", KEPT)
def test_trees_are_kept_to_the_byte_and_the_order_with_them(
    place: Workspace, old: Bundle, newer: Mapping[LadderStep, FeatureSet], to: LadderStep
) -> None:
    """Whatever changed: the row-by-row proof is repeated here with all pairs, on the published bundle."""
    bundle = published(place, update(old, newer[REFIT], to=to).contents)
    assert bundle.facts.update is not None
    assert bundle.facts.update.closed_test is REFIT
    assert bundle.facts.update.why.endswith(f"{to.value.capitalize()} was asked for.")
    same = {name for name in old.artefact.files if old.artefact.read(name) == bundle.artefact.read(name)}
    assert MODEL_FILE in same
    assert ("calibration.json" in same) is ("golden.json" in same) is (to is NOTHING)
    values, dates = of_feature_set(newer[REFIT]).values, of_feature_set(newer[REFIT]).days
    before, after = old.load().probabilities(values), bundle.load().probabilities(values)
    for day in np.unique(dates):
        one, other = before[dates == day], after[dates == day]
        assert np.array_equal(np.sign(np.subtract.outer(one, one)), np.sign(np.subtract.outer(other, other)))
    rows = Parted.of(newer[REFIT]).choose
    expected = bundle.load().probabilities(rows.values)
    if to is INTERCEPT:
        assert expected.sum() == pytest.approx(rows.outcomes.sum(), rel=1e-6)
        assert bundle.calibration.slope == old.calibration.slope
    if to is SLOPE:
        assert expected.sum() == pytest.approx(rows.outcomes.sum(), rel=0.02)
        log_odds = old.calibration.slope * old.load().margins(rows.values) + old.calibration.intercept
        slope = bundle.calibration.slope / old.calibration.slope
        level = bundle.calibration.intercept - slope * old.calibration.intercept
        np.testing.assert_allclose(expected, sigmoid(slope * log_odds + level), atol=1e-9)
    if to is not NOTHING:
        assert bundle.thresholds.on_choose["offer_help"] <= bundle.thresholds.capacity
    assert bundle.facts.splits.train == old.facts.splits.train
    assert bundle.metrics["parts"]["train"] == old.metrics["parts"]["train"], "the rows that the trees grew on"


def test_a_refit_is_an_ordinary_training_that_names_where_it_came_from(
    updated: Mapping[LadderStep, Bundle], newer: Mapping[LadderStep, FeatureSet]
) -> None:
    bundle, ordinary = updated[REFIT], fit(newer[REFIT]).contents
    for name, content in ordinary.files().items():
        if name != "metrics.json":
            assert bundle.artefact.read(name) == content, name
    assert {name: one for name, one in bundle.metrics.items() if name != "update"} == json.loads(
        ordinary.files()["metrics.json"]
    )
    said = bundle.facts.as_json()
    assert {
        name: one for name, one in said.items() if name not in {"update", "updated_from"}
    } == ordinary.facts.as_json()
    assert bundle.facts.update is not None
    assert bundle.facts.update.earlier is None
    assert isinstance(bundle.facts.update.saved_by_refit, Figure)
    assert bundle.facts.update.saved_by_refit.high < 0


def test_what_changed_after_the_trees_could_learn_it_is_not_fitted_anew(place: Workspace, old: Bundle) -> None:
    """The closed test asks for new coefficients, and the dates to learn them from are from before the change."""

    def late(day: datetime.date, log_odds: Floats, numbers: Mapping[str, Floats]) -> Floats:
        return _refit(day, log_odds, numbers) if day > DATES[-1] else log_odds

    found = update(old, later(place, people=1500, siblings=2, drift=late)).contents.facts.update
    assert found is not None
    assert (found.closed_test, found.step) == (REFIT, SLOPE)
    assert "It is not shown to be better, so level and spread alone are fitted anew." in found.why
    assert found.order.unchanged


@pytest.mark.parametrize(("since", "step"), [(DATES[0], REFIT), (datetime.date(2023, 1, 1), SLOPE)])
def test_where_the_old_order_is_turned_round_all_is_fitted_anew_or_nearly_nothing_is_said(
    place: Workspace, old: Bundle, since: datetime.date, step: LadderStep
) -> None:
    """A negative slope would turn children round; it is held above 0, unless new trees are shown to be better."""

    def turned(day: datetime.date, log_odds: Floats, _: Mapping[str, Floats]) -> Floats:
        return -0.5 * log_odds - 3.5 if day >= since else log_odds

    contents = update(old, later(place, people=1500, siblings=2, drift=turned)).contents
    said = contents.facts.update
    assert said is not None
    assert (said.closed_test, said.step) == (SLOPE, step)
    assert said.saved_by_refit is not None
    assert isinstance(said.slope, Figure)
    assert said.slope.high < 0
    assert said.order.unchanged is contents.calibration.floored is (step is SLOPE)
    assert ("it is not worth having" in said.why) is (step is SLOPE)
    assert ("The old model orders nobody any more" in said.why) is (step is REFIT)


@pytest.mark.parametrize("planted", [NOTHING, INTERCEPT, REFIT])
def test_the_same_update_gives_the_same_digest(
    place: Workspace,
    old: Bundle,
    newer: Mapping[LadderStep, FeatureSet],
    updated: Mapping[LadderStep, Bundle],
    planted: LadderStep,
) -> None:
    again = published(place, update(old, newer[planted]).contents, by="tom").digest
    assert again == updated[planted].digest
    assert publications.read(place).require("bundle", again).inputs["updated_from"] == old.digest


def test_another_process_with_other_threads_gives_the_same_digest(
    place: Workspace, old: Bundle, newer: Mapping[LadderStep, FeatureSet], updated: Mapping[LadderStep, Bundle]
) -> None:
    code = (
        "import sys; from pathlib import Path; from hub.workspace import Workspace\n"
        "from features.rows.feature_sets import open_feature_set; from models.bundle.bundles import open_bundle\n"
        "from models.fitting.updating import update; from tests.factories.bundles import published\n"
        "place = Workspace(Path(sys.argv[1]))\n"
        "contents = update(open_bundle(place, sys.argv[2]), open_feature_set(place, sys.argv[3])).contents\n"
        "print(published(place, contents, by='tom').digest)\n"
    )
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PYTHONHASHSEED"), "1")
    done = subprocess.run(
        [sys.executable, "-c", code, str(place.root), old.digest, newer[SLOPE].digest],
        env={**os.environ, **threads}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == updated[SLOPE].digest


def test_who_made_the_trees_does_not_judge_them(
    place: Workspace, old: Bundle, updated: Mapping[LadderStep, Bundle], newer: Mapping[LadderStep, FeatureSet]
) -> None:
    second = updated[INTERCEPT]
    latest = feature_set(
        place,
        people=1500,
        siblings=2,
        dates=(*DATES, datetime.date(2024, 2, 1), datetime.date(2024, 9, 1)),
        known_to=datetime.date(2025, 2, 1),
        validation={
            "train": {"first": "2021-01-01", "until": "2023-01-01"},
            "choose": {"first": "2024-01-01", "until": "2024-08-01"},
            "test": {"first": "2024-08-01", "until": "2025-01-01"},
        },
    )
    third = published(place, update(second, latest).contents, by="sue")
    assert third.facts.update is not None
    assert third.facts.update.earlier is not None
    assert third.facts.update.earlier.bundles == (old.digest, second.digest)
    assert [*with_earlier(place, third.digest)] == [third.digest, second.digest, old.digest]
    assert evidence.trainers(place, third.digest) == {"sue", "tom", "ana"}
    assert evidence.trainers(place, updated[REFIT].digest) == {"tom"}, "whose trees they are"
    assert third.facts.update.earlier.feature_sets == (old.facts.feature_set, newer[INTERCEPT].digest)


def test_trees_of_unknown_origin_have_no_independent_judge(tmp_path: Path, old: Bundle) -> None:
    workspace = Workspace(tmp_path)
    alone = published(workspace, update(old, later(workspace, people=900, siblings=2), to=SLOPE).contents)
    with pytest.raises(ConflictOfInterestError, match="not known who trained"):
        evidence.trainers(workspace, alone.digest)
    known = publications.read(workspace)
    faults = verification.faults_of(alone.artefact, known.of("bundle", alone.digest), known)
    assert "it was made from a bundle that was not published here" in faults
    with pytest.raises(NotPublishedError, match="The ledger does not know the bundle"):
        training.update(workspace, old, later(workspace, people=900, siblings=2), trained_by="ana")


def test_an_update_and_the_ledger_say_the_same(place: Workspace, updated: Mapping[LadderStep, Bundle]) -> None:
    known = publications.read(place)
    for bundle in updated.values():
        faults = verification.faults_of(bundle.artefact, known.of("bundle", bundle.digest), known)
        assert not [one for one in faults if "bundle" in one or "updated" in one], faults


def test_rows_that_the_old_model_learned_from_tell_nothing(place: Workspace, old: Bundle) -> None:
    same = feature_set(place, people=3000, siblings=2)
    with pytest.raises(StateError, match=r"until 2022-09-01, which end before 2022-11-30; .* begins on 2022-09-01"):
        update(old, same)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"horizon_days": 60}, "of another horizon than the bundle"),
        ({"purpose": "another_purpose"}, "of another purpose than the bundle"),
        ({"cohort": {"plain": "Children aged 4 to 9", "ages": {"from_years": 4, "below_years": 10}}}, "rule of who"),
        ({"partnership": "example"}, "of another partnership than the bundle"),
        ({"extra": 1}, "of another indicators than the bundle"),
    ],
)
def test_a_use_case_that_means_something_else_is_refused(
    place: Workspace, old: Bundle, changed: dict[str, object], words: str
) -> None:
    if "cohort" in changed:
        cohort = old.use_case.cohort.model_dump(mode="json", exclude_none=True)
        changed = {"cohort": {**cohort, "ages": {"from_years": 4, "below_years": 10}}}
    with pytest.raises(ConfigurationError, match=words):
        update(old, later(place, people=60, **changed))


def test_better_words_and_other_places_do_not_matter(place: Workspace, old: Bundle) -> None:
    title = "The same offer in better words"
    found = later(place, people=1500, siblings=2, capacity=30, title=title)
    assert indicators() == found.indicators
    facts = update(old, found, to=NOTHING).contents
    assert facts.thresholds.capacity == 30
    assert facts.calibration == old.calibration
    assert facts.use_case.title == title


def test_too_few_and_numbers_that_are_missing_now_are_refused(place: Workspace, old: Bundle) -> None:
    with pytest.raises(NotEnoughError, match=r"\d+ families have rows with the outcome; 20 are needed"):
        update(old, later(place, people=120, siblings=6))
    missing = old.facts.model_copy(update={"never_missing": (*old.facts.never_missing, "days_since_contact")})
    with pytest.raises(StateError, match=r"In the part choose .* there is no number for days_since_contact in"):
        update(replace(old, facts=missing), later(place, people=600))


def test_nothing_is_updated_from_bytes_that_changed(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    bundle = published(workspace, fit(feature_set(workspace, people=900)).contents)
    path = bundle.artefact.path / MODEL_FILE
    path.write_bytes(path.read_bytes().replace(b"leaf_value", b"leaf_valuf", 1))
    with pytest.raises(IntegrityError):
        update(bundle, later(workspace, people=900))


def test_where_more_people_are_looked_at_no_more_help_is_offered_than_there_are_places(
    place: Workspace, old: Bundle
) -> None:
    found = later(place, people=6000, siblings=2)
    contents = update(old, found, to=NOTHING).contents
    assert contents.calibration == old.calibration
    assert contents.thresholds.on_choose["offer_help"] <= contents.thresholds.capacity
    assert sum(contents.thresholds.on_choose.values()) > 1.5 * sum(old.thresholds.on_choose.values())
