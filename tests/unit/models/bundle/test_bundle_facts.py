"""What a bundle says of itself is checked when it is opened, and read and written again it is the same."""

from pathlib import Path
from typing import Any

import pytest

from hub import artefacts
from hub.digests import canonical_json
from hub.errors import IntegrityError, OtherSchemaError
from hub.workspace import Workspace
from models.bundle.bundles import KIND, SCHEMA_VERSION, open_bundle, open_manifest
from tests.factories.bundles import bundle_facts, update_facts

SECRET = "Aoife"


def _published(tmp_path: Path, said: dict[str, Any]) -> tuple[Workspace, str]:
    workspace = Workspace(tmp_path)
    with artefacts.publish(workspace.bundles, KIND, said) as draft:
        pass
    return workspace, draft.digest


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"feature_set": None}, r"its fact feature_set is not written as"),
        ({"feature_set": SECRET}, r"its fact feature_set is not written as"),
        ({"trained_by": SECRET}, r"its fact trained_by is none that Sentinel writes"),
        ({"seed": "0"}, r"its fact seed is not written as"),
        ({"known_to": SECRET}, r"its fact known_to is not written as"),
        ({"splits": {}}, r"its fact splits\.train is missing"),
        ({"libraries": [SECRET]}, r"its fact libraries is not written as"),
        ({"updated_from": SECRET}, r"its fact updated_from is not written as"),
        ({"update": update_facts(step=SECRET)}, r"its fact update\.step is not written as"),
        ({"update": update_facts(intercept={"value": SECRET})}, r"its fact update\.intercept is not written as"),
        ({"update": update_facts(order={"unchanged": True})}, r"its fact update\.order\.rows is missing"),
        ({"update": update_facts(by=SECRET)}, r"its fact update\.by is none that Sentinel writes"),
        ({"parameters": {"seed": None}}, r"its fact parameters\.seed\.\w+ is not written as"),
    ],
)
def test_a_fact_that_is_missing_unknown_or_wrong_is_refused_by_name(
    tmp_path: Path, changed: dict[str, Any], named: str
) -> None:
    workspace, digest = _published(tmp_path, bundle_facts(**changed))
    for opened in (open_manifest, open_bundle):
        with pytest.raises(IntegrityError, match=named) as refused:
            opened(workspace, digest)
        assert SECRET not in str(refused.value)


def test_a_fact_that_is_left_out_is_named(tmp_path: Path) -> None:
    said = bundle_facts()
    del said["purpose"]
    with pytest.raises(IntegrityError, match="its fact purpose is missing"):
        open_manifest(*_published(tmp_path, said))


def test_another_schema_is_told_from_damage(tmp_path: Path) -> None:
    with pytest.raises(OtherSchemaError, match=f"has schema 9, this is {SCHEMA_VERSION}"):
        open_manifest(*_published(tmp_path, bundle_facts(schema_version=9)))


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"updated_from": "8" * 64, "update": update_facts()},
        {
            "updated_from": "8" * 64,
            "update": update_facts(saved_by_refit={"n": 900, "not_computed": "too few families"}),
        },
    ],
)
def test_facts_that_are_read_and_written_again_have_the_same_bytes(tmp_path: Path, more: dict[str, Any]) -> None:
    said = bundle_facts(parameters={"a": 1, "b": 1.0, "c": True, "d": "x", "e": [1, -1, 0]}, **more)
    _, found = open_manifest(*_published(tmp_path, said))
    assert canonical_json(found.as_json()) == canonical_json(said)
