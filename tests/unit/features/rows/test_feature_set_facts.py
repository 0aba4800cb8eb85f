"""What a feature set says of itself is checked when it is opened, and read and written again it is the same."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from features.rows.feature_sets import KIND, FeatureSet, current_feature_set, open_feature_set
from hub import artefacts
from hub.digests import canonical_json
from hub.errors import IntegrityError, NotFoundError, OtherSchemaError
from hub.workspace import Workspace
from tests.factories.audits import LEAKAGE
from tests.factories.feature_sets import feature_set

SECRET = "Aoife"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> FeatureSet:
    return feature_set(Workspace(tmp_path_factory.mktemp("made")), people=20)


def _published(tmp_path: Path, said: dict[str, Any]) -> tuple[Workspace, str]:
    workspace = Workspace(tmp_path)
    with artefacts.publish(workspace.features, KIND, said) as draft:
        pass
    return workspace, draft.digest


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda said: said.pop("snapshot"), r"its fact snapshot is missing"),
        (lambda said: said.update(people=[SECRET]), r"its fact people is none that Sentinel writes"),
        (lambda said: said.update(code_digest=SECRET), r"its fact code_digest is not written as"),
        (lambda said: said.update(rows={SECRET: 3}), r"its fact rows\..* is not written as"),
        (lambda said: said.update(rows={"2021-01-01": "3"}), r"its fact rows\.2021-01-01 is not written as"),
        (lambda said: said.update(outcomes={"2021-01-01": 1.5}), r"its fact outcomes\.2021-01-01 is not"),
        (lambda said: said.update(use_case=said["use_case"] | {"purpose": 3}), r"its fact use_case\.purpose is not"),
        (
            lambda said: said.update(use_case=said["use_case"] | {"indicators": [{}]}),
            r"its fact use_case\.indicators\.0\.\w+ is missing",
        ),
        (lambda said: said.update(leakage={"findings": []}), r"its fact leakage\.checks is missing"),
        (lambda said: said.update(linkage={}), r"its fact linkage\.records is missing"),
    ],
)
def test_a_fact_that_is_missing_unknown_or_wrong_is_refused_by_name(
    tmp_path: Path, made: FeatureSet, change: Callable[[dict[str, Any]], Any], named: str
) -> None:
    said = dict(made.artefact.facts)
    change(said)
    workspace, digest = _published(tmp_path, said)
    with pytest.raises(IntegrityError, match=named):
        open_feature_set(workspace, digest)


def test_what_cannot_be_read_is_not_the_one_that_is_looked_for(tmp_path: Path, made: FeatureSet) -> None:
    workspace, digest = _published(tmp_path, {"schema_version": 1})
    with pytest.raises(OtherSchemaError, match="has schema 1, this is 4"):
        open_feature_set(workspace, digest)
    with pytest.raises(NotFoundError):
        current_feature_set(workspace, made.use_case, made.snapshot_digest)
    with artefacts.publish(workspace.features, KIND, made.artefact.facts) as draft:
        pass
    assert current_feature_set(workspace, made.use_case, made.snapshot_digest).digest == draft.digest


@pytest.mark.parametrize("changed", [{}, {"leakage": LEAKAGE, "rewritten_from": ["a" * 64]}])
def test_facts_that_are_read_and_written_again_have_the_same_bytes(
    tmp_path: Path, made: FeatureSet, changed: dict[str, Any]
) -> None:
    said = {**made.artefact.facts, **changed, "odd_events": {"police": {"before_birth": 1, "after_death": 0, "far": 2}}}
    found = open_feature_set(*_published(tmp_path, said))
    assert canonical_json(found.facts.as_json()) == canonical_json(said)
