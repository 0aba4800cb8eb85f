"""Harm that is done to files on their way: each is read rightly or named; see tests/factories/harms.py.

Two formats here; `make bench-hub` tries all of them (silent_losses).
"""

from pathlib import Path

import pytest

from tests.factories import harms

ADAPTERS = ("nccis", "cin_census")
BORNE = {
    "byte-order mark", "utf-16", "windows text", "carriage returns and newlines", "carriage returns",
    "headers in other letters", "blanks in headers", "columns in another order", "more columns", "blank rows",
    "delimiters at the end", "delimiters at the end of rows", "delimiters at the end of the header",
    "a line that says the delimiter", "semicolons", "quotes everywhere", "times at midnight", "iso times at midnight",
    "iso dates", "dates with names of months", "yes and no in words", "missing words", "namespaces",
    "elements of a newer schema", "empty elements", "more tables", "a row twice", "no last line end",
}  # fmt: skip
"""Harm after which the same rows are staged."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("harms")


@pytest.mark.parametrize("harm", harms.EVERY)
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_no_harm_is_silent(adapter: str, harm: str, folder: Path) -> None:
    expected = {"", "same"} if harm in BORNE else {"", "same", "named"}
    assert harms.outcome(adapter, harm, folder) in expected


def test_there_are_twenty_kinds_of_harm_and_each_changes_the_files(folder: Path) -> None:
    assert len(harms.EVERY) >= 20
    assert set(harms.EVERY) >= BORNE
    for adapter in ADAPTERS:
        before = _written(harms.good(adapter), folder / f"{adapter} before")
        for number, harm in enumerate(harms.HARMS):
            after = harms.HARMS[harm](harms.good(adapter))
            if after is not None and not (after.xml and "windows" in harm):  # that document is ASCII
                assert _written(after, folder / f"{adapter} after {number}") != before, harm


def _written(delivery: harms.Delivery, folder: Path) -> dict[str, bytes]:
    harms.write(delivery, folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("adapter", harms.ADAPTERS)
def test_a_good_delivery_of_every_format_stages_rows(adapter: str, folder: Path) -> None:
    if adapter not in ("ssd", "annex_a"):  # these take seconds, and the figure tries them
        assert sum(harms._of_good(adapter, folder).rows.values()) >= harms.ROWS
