"""Something left out of training: nobody of a family, a district, an agency; each against a refit made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from hub.errors import ConfigurationError
from hub.figures import Figure, NotComputed
from hub.workspace import Workspace
from models.fitting.fitting import fit
from models.fitting.refits import Learner, Refit
from models.matrices import Matrix
from models.measuring.calibration import sigmoid
from models.measuring.metrics import ModelAnswers, measure
from models.splits import Rows
from models.stability.leaving_out import FOLDS, Strangers, agencies, strangers
from models.stability.left_districts import districts, group_of_districts
from models.stability.subjects import Subject
from tests.factories.bundles import published
from tests.factories.feature_sets import feature_set


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """Return a bundle of families of two, with its rows."""
    place = Workspace(tmp_path_factory.mktemp("workspace"))
    features = feature_set(place, siblings=2, people=2500)
    return Subject.of(published(place, fit(features).contents), features)


def test_no_row_is_answered_by_a_model_that_knew_its_family(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[set[int], set[int]]] = []
    ordinary = Learner.__call__
    of = {name: subject.parted.families(name) for name in ("train", "choose", "test")}

    def noted(self: Learner, rows: Rows, choose: Matrix, again: Rows, *, seed: int) -> Refit:
        seen.append(({*of["train"][rows].tolist()}, {*of["choose"][again].tolist()}))
        return ordinary(self, rows, choose, again, seed=seed)

    monkeypatch.setattr(Learner, "__call__", noted)
    found = strangers(subject)
    assert isinstance(found, Strangers)
    assert len(seen) == FOLDS
    everybody = {*of["train"].tolist(), *of["choose"].tolist()}
    out = [everybody - knew - chose for knew, chose in seen]
    assert set.union(*out) == everybody
    assert sum(len(one) for one in out) == len(everybody)  # each family is left out once, from both parts
    assert found.known == np.isin(of["test"], of["train"]).sum()
    auc, less, own = found.figures["auc"], found.less_than_model["auc"], subject.bundle.figure("auc")
    assert isinstance(auc, Figure)
    assert isinstance(less, Figure)
    assert isinstance(own, Figure)
    assert auc.value - less.value == pytest.approx(own.value, abs=1e-6)
    assert less.low <= 0.01


def test_a_district_left_out_is_asked_of_a_model_that_learned_from_the_others(subject: Subject) -> None:
    found = districts(subject, "ethnicity")
    labels = np.array(subject.feature_set.groups()["ethnicity"].to_pylist())
    assert [*found] == sorted({*labels} - {"not recorded"})
    of = {name: labels[rows] for name, rows in subject.parted.rows.items()}
    left, again = (np.flatnonzero(of[name] != "White") for name in ("train", "choose"))
    inside = of["test"] == "White"
    refit = Learner.of(subject.recipe, subject.rows.train)(left, subject.rows.choose, again)
    expected = sigmoid(refit.log_odds(subject.rows.test.values[inside]))
    ratio = found["White"].without["observed_to_expected"]
    assert isinstance(ratio, Figure)
    assert ratio.value == pytest.approx(subject.rows.test.outcomes[inside].sum() / expected.sum())
    own = found["White"].with_everybody["observed_to_expected"]
    assert isinstance(own, Figure)
    said = sigmoid(subject.log_odds[inside])
    assert own.value == pytest.approx(subject.rows.test.outcomes[inside].sum() / said.sum())
    assert found["White"].places == round(40 * inside.sum() / len(inside))


def test_a_district_of_few_is_not_computed(subject: Subject) -> None:
    few = replace(subject)
    outcomes = few.rows.test.outcomes.copy()
    labels = np.array(few.feature_set.groups()["ethnicity"].to_pylist())[few.parted.rows["test"]]
    outcomes[labels == "Black"] = 0
    few.__dict__["rows"] = replace(few.rows, test=replace(few.rows.test, outcomes=outcomes))
    found = districts(few, "ethnicity")["Black"]
    assert {one.reason for one in found.without.values() if isinstance(one, NotComputed)} == {
        "fewer than 10 people with the outcome"
    }
    assert isinstance(found.apart, NotComputed)
    assert not any(one.computed for one in found.with_everybody.values())


def test_which_group_is_the_district(subject: Subject) -> None:
    assert group_of_districts(subject, None) is None
    assert group_of_districts(subject, "sex") == "sex"
    with pytest.raises(ConfigurationError, match="no group nowhere"):
        group_of_districts(subject, "nowhere")


def test_an_agency_takes_away_what_needs_its_sources(subject: Subject) -> None:
    own = subject.bundle.use_case
    sources = {"incidents": ("police", "school"), "missed_days": ("school",)}
    named = [one.model_copy(update={"sources": sources.get(one.name, one.sources)}) for one in own.indicators]
    bundle = replace(subject.bundle, use_case=own.model_copy(update={"indicators": tuple(named)}))
    found = agencies(replace(subject, bundle=bundle))
    police, school = found["police"], found["unknown agency of school"]
    assert school.indicators == ("missed_days", "incidents")
    assert police.indicators == tuple(one.name for one in named if one.name != "missed_days")
    kept = [2, 3, 4, 5]
    train, choose, test = (
        replace(one, values=one.values[:, kept], names=tuple(one.names[at] for at in kept))
        for one in (subject.rows.train, subject.rows.choose, subject.rows.test)
    )
    refit = Learner.of(subject.recipe.only(kept), train)(np.arange(len(train.outcomes)), choose)
    margins = refit.log_odds(test.values)
    judged = {"model": subject.answers, "less": ModelAnswers(margins, sigmoid(margins))}
    expected = measure(subject.case, judged, against={"model": ["less"]}).differences["model"]["less"]
    assert school.worth == expected
    worth = school.worth["auc"]
    assert isinstance(worth, Figure)
    assert worth.low > 0


def test_where_no_indicator_is_left_nothing_is_computed(subject: Subject) -> None:
    found = agencies(subject)["police"]
    assert found.indicators == subject.bundle.use_case.indicator_names
    assert {one.reason for one in found.worth.values() if isinstance(one, NotComputed)} == {
        "no indicator is left without this agency"
    }
    assert not any(one.computed for one in found.figures.values())
