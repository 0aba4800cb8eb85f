"""The page of threats: every module and test that it names is there, and what is not prevented says what is left."""

import ast
from pathlib import Path

import pytest

from service.documentation.threats_listed import THREATS, Position, Threat

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize("threat", THREATS, ids=lambda threat: threat.attack[:40])
def test_what_is_prevented_names_its_code_and_its_tests(threat: Threat) -> None:
    if not threat.is_prevented:
        assert not threat.code
        assert not threat.tests
        return
    assert (ROOT / threat.code).is_file()
    assert threat.tests
    for test in threat.tests:
        path, name = test.split("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, test


@pytest.mark.parametrize("threat", THREATS, ids=lambda threat: threat.attack[:40])
def test_its_sentences_are_short(threat: Threat) -> None:
    for said in (threat.attack, threat.answer, threat.left):
        assert all(len(sentence.split()) <= 20 for sentence in said.split(". "))


def test_every_position_is_there_and_something_is_said_not_to_be_prevented() -> None:
    assert {threat.position for threat in THREATS} == set(Position)
    assert any(not threat.is_prevented for threat in THREATS)
