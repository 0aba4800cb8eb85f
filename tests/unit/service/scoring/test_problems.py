"""Which error's own text a caller over the network may read: every kind of error has its row here."""

import importlib
import re
from pathlib import Path

import pytest

from hub.errors import SentinelError
from service.scoring import problems

ROOT = Path(__file__).parents[4]
PACKAGES = ("hub", "features", "models", "audits", "ethics", "service")
WORDS = "/srv/partnership/gateways.yaml, line 7: 'Aoife'"

TABLE = """
error                    | status | told
SentinelError            | 500    | no
ConfirmationError        | 409    | no
ConfigurationError       | 503    | no
InputError               | 422    | no
NothingKeptError         | 422    | no
GatewayError             | 403    | yes
IntegrityError           | 409    | no
OtherSchemaError         | 409    | no
NotFoundError            | 404    | no
UnknownPersonError       | 404    | yes
StateError               | 409    | no
LedgerError              | 409    | no
NotPublishedError        | 409    | no
ClockError               | 503    | yes
RecordError              | 503    | no
LeakError                | 409    | no
NotInCohortError         | 409    | yes
LeakageError             | 409    | no
NotEnoughError           | 409    | no
NotRecordedError         | 503    | no
NoNumberError            | 409    | no
StoreError               | 503    | no
ApprovalError            | 403    | yes
NotApprovedError         | 403    | yes
ExpiredError             | 403    | yes
WithdrawnError           | 403    | yes
SupersededError          | 409    | yes
PolicyChangedError       | 409    | yes
StaleSnapshotError       | 409    | yes
NotAllowedError          | 403    | no
ConflictOfInterestError  | 403    | no
UnknownAgencyError       | 403    | no
UnexpectedError          | 500    | no
NotAsDeclaredError       | 422    | yes
"""
ROWS = {
    row[0]: (int(row[1]), row[2] == "yes") for row in (re.split(r"\s*\|\s*", line) for line in TABLE.split("\n")[2:-1])
}


def every_error() -> dict[str, type[SentinelError]]:
    """Return every kind of error that a package declares, by its name."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if re.search(r"^class \w+\(\w*(Error|Exception)\):", path.read_text(encoding="utf-8"), flags=re.MULTILINE):
                importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    found, waiting = {}, [SentinelError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.split(".")[0] in PACKAGES:
            found[kind.__name__] = kind
    return found


EVERY = every_error()


def test_every_error_has_its_row() -> None:
    assert set(EVERY) == set(ROWS), "decide whether the text of a new error may leave, and write its row"


@pytest.mark.parametrize("name", ROWS)
def test_an_error_is_told_as_the_table_says(name: str) -> None:
    status, may_be_told = ROWS[name]
    error = EVERY[name](WORDS, "Mend it.")
    document = problems.of_error(error)
    assert (document.status, document.type) == (status, f"urn:sentinel:problem:{error.kind}")
    assert (document.detail == f"{WORDS} Mend it.") is may_be_told
    if not may_be_told:
        for word in ("srv", "yaml", "line", "Aoife", "Mend"):
            assert word not in document.detail


def test_of_what_is_no_error_of_ours_only_the_fact_is_told() -> None:
    document = problems.of_error(RuntimeError(WORDS))
    assert document.status == 500
    assert "Aoife" not in document.model_dump_json()
