"""What an audit says of leaks: everything that was found, nothing about few, and what was not looked for."""

from pathlib import Path
from typing import Any

from audits.limits import leakage
from features.rows.feature_sets import FeatureSet, FeatureSetFacts, LeakageFacts
from hub.artefacts import Artefact
from hub.disclosing.disclosure import SmallNumbers
from tests.factories.audits import LEAKAGE


def told(facts: dict[str, Any]) -> dict[str, Any]:
    """Return what is told of a feature set whose manifest says these facts of leaks, and nothing else."""
    said: dict[str, Any] = {name: LeakageFacts.model_validate(one) for name, one in facts.items()}
    return leakage.as_json(
        FeatureSet(Artefact(Path(), "0" * 64, "feature set", {}), FeatureSetFacts.model_construct(**said)),
        SmallNumbers(),
    )


def test_findings_keep_their_words_and_small_numbers_are_withheld() -> None:
    found = told({"leakage": LEAKAGE})
    assert (found["refusing"], found["warning"]) == (1, 1)
    grave, small = found["findings"]
    assert grave["plain"] == LEAKAGE["findings"][0]["plain"]
    assert [leakage.in_words(one) for one in grave["evidence"]] == ["120", "450", "26.7 of 100 (22.8 to 30.9), n 450"]
    assert [leakage.in_words(one) for one in small["evidence"]] == ["fewer than 10", "450", "withheld"]


def test_the_manifest_says_what_was_found_and_what_was_not_looked_for() -> None:
    said = leakage.in_facts(told({"leakage": LEAKAGE}))
    assert (said["known"], said["refusing"], said["despite"]) == (True, 1, LEAKAGE["despite"])
    assert "Values of the past that changed between two snapshots" in said["not_done"]
    assert "Indicators that read the outcome itself" not in said["not_done"]


def test_sentences_hide_nothing() -> None:
    words = " ".join(leakage.in_sentences(told({"leakage": LEAKAGE})))
    for one in LEAKAGE["findings"]:
        assert one["plain"] in words
    assert LEAKAGE["despite"] in words
    assert "No leak was found" not in words
    assert "could not be looked for" in words
    silent = leakage.in_sentences(
        told({"leakage": {"findings": [], "checks": [], "earlier_snapshot": None, "despite": None}})
    )
    assert silent == ["No leak was found."]


def test_a_feature_set_without_the_checks_is_not_called_free_of_leaks() -> None:
    found = told({})
    assert not found["known"]
    assert leakage.in_sentences(found) == ["Nobody looked whether the future shows in this model."]
    assert not leakage.in_facts(found)["known"]
