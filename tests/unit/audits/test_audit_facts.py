"""What an audit says of itself is checked when it is opened, and read and written again it is the same."""

from pathlib import Path
from typing import Any

import pytest

from audits.audit.audit import KIND, open_audit, open_manifest
from hub import artefacts
from hub.digests import canonical_json
from hub.errors import IntegrityError, OtherSchemaError
from hub.workspace import Workspace
from tests.factories.audit_facts import audit_facts

SECRET = "Aoife"


def _published(tmp_path: Path, said: dict[str, Any]) -> tuple[Workspace, str]:
    workspace = Workspace(tmp_path)
    with artefacts.publish(workspace.audits, KIND, said) as draft:
        pass
    return workspace, draft.digest


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"bundle": SECRET}, r"its fact bundle is not written as"),
        ({"child": SECRET}, r"its fact child is none that Sentinel writes"),
        ({"seed": "0"}, r"its fact seed is not written as"),
        ({"verdict": "fair"}, r"its fact verdict is not written as"),
        ({"verdicts": {"sex": {"female": SECRET}}}, r"its fact verdicts\.sex\.female is not written as"),
        ({"leakage": {"known": "no"}}, r"its fact leakage\.known is not written as"),
        ({"leakage": {"known": True}}, r"its fact leakage\.refusing is missing"),
    ],
)
def test_a_fact_that_is_missing_unknown_or_wrong_is_refused_by_name(
    tmp_path: Path, changed: dict[str, Any], named: str
) -> None:
    workspace, digest = _published(tmp_path, audit_facts(**changed))
    for opened in (open_manifest, open_audit):
        with pytest.raises(IntegrityError, match=named) as refused:
            opened(workspace, digest)
        assert SECRET not in str(refused.value)


def test_another_schema_is_told_from_damage(tmp_path: Path) -> None:
    with pytest.raises(OtherSchemaError, match="has schema 9, this is 3"):
        open_manifest(*_published(tmp_path, audit_facts(schema_version=9)))


def test_facts_that_are_read_and_written_again_have_the_same_bytes(tmp_path: Path) -> None:
    said = audit_facts()
    found = open_audit(*_published(tmp_path, said))
    assert canonical_json(found.facts.as_json()) == canonical_json(said)
    assert found.verdicts_by_group() == {"sex": "too few to say"}
