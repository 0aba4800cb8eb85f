"""What is withdrawn after all entries in their order: a truth table."""

import json
from typing import Any

import pytest

from hub.errors import LedgerError
from hub.ledger import publications
from hub.ledger.chain import Followed
from hub.ledger.ledger import Entry


def _followed(*entries: tuple[str, dict[str, Any]]) -> Followed:
    kept = {
        number: Entry(number, "", kind, "ann", json.dumps(facts), "", "")
        for number, (kind, facts) in enumerate(entries, 1)
    }
    return Followed(kept=kept)


def ingested(digest: str) -> tuple[str, dict[str, Any]]:
    return publications.KIND, {"kind": "extract", "digest": digest, "inputs": {"source": "school"}}


def rewritten(digest: str, before: str) -> tuple[str, dict[str, Any]]:
    return publications.KIND, {"kind": "extract", "digest": digest, "inputs": {"rewritten_from": before}}


def taken_back(digest: str) -> tuple[str, dict[str, Any]]:
    return publications.WITHDRAWAL, {"kind": "extract", "digest": digest}


OF_ETHICS = ("withdrawal", {"proposal": 1, "reasons": "an approval that was withdrawn"})


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], set()),
        ([ingested("d")], set()),
        ([ingested("d"), taken_back("d")], {"d"}),
        ([ingested("d"), taken_back("d"), ingested("d")], set()),
        ([ingested("d"), taken_back("d"), ingested("d"), taken_back("d")], {"d"}),
        ([ingested("d"), taken_back("d"), rewritten("e", "d")], {"d", "e"}),
        ([ingested("d"), rewritten("e", "d"), taken_back("e")], {"e"}),
        ([ingested("d"), taken_back("d"), rewritten("e", "d"), rewritten("f", "e")], {"d", "e", "f"}),
        ([ingested("d"), taken_back("d"), ingested("other")], {"d"}),
        ([ingested("d"), OF_ETHICS], set()),
    ],
)
def test_what_is_withdrawn(entries: list[tuple[str, dict[str, Any]]], expected: set[str]) -> None:
    assert publications._withdrawn(_followed(*entries)) == expected


def test_an_entry_that_does_not_say_what_it_is_about_is_refused() -> None:
    with pytest.raises(LedgerError, match="does not say"):
        publications._withdrawn(_followed((publications.WITHDRAWAL, {"kind": "extract"})))
