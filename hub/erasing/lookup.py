"""From an agency's own identifier to a person_id, for a clerk who answers a request or puts a mistake right.

    found = who(workspace, partnership, source="school", own_id="P1", by="clara")

Only a clerk of the partnership may ask. Every look stands in the ledger before its answer is given, also one that finds
nobody: under the keyed name that the ledger has for a person, and never with the identifier. Names come back masked:
enough to see that it is the right person, for whoever knows whom to look for.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from hub.declarations.partnership import Partnership, Role
from hub.erasing import erasure
from hub.errors import ConfigurationError, NotFoundError, StateError
from hub.ledger import ledger
from hub.ledger.store import open_store
from hub.ledger.subjects import Subjects
from hub.quality import masking
from hub.workspace import Workspace

KIND = "look"


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """Whose an identifier is.

    Attributes:
        person_ids: the person_id; none before people were linked.
        records: for each record of the person its source and masked names, sorted.
        ledger_entry: number of the entry about this look.
    """

    person_ids: tuple[str, ...]
    records: tuple[tuple[str, str, str], ...]
    ledger_entry: int

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each record that differs, with how many there are."""
        counts = Counter(self.records)
        return [
            {"source": source, "given name": given, "family name": family, "rows": counts[source, given, family]}
            for source, given, family in sorted(counts)
        ]

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"person_ids": list(self.person_ids), "records": self.rows(), "ledger_entry": self.ledger_entry}


def who(workspace: Workspace, partnership: Partnership, *, source: str, own_id: str, by: str) -> FoundPerson:
    """Return whose an identifier is.

    Args:
        workspace: where the identity store and the ledger lie.
        partnership: names its clerks, and its sources.
        source: the source.
        own_id: its own identifier.
        by: id of the clerk.

    Raises:
        ConfigurationError: nobody has that id, or there is no such source.
        StateError: that person is no clerk; nothing was looked up.
        NotFoundError: nobody is held under the identifier; the look is recorded.
    """
    if partnership.person(by).role is not Role.CLERK:
        raise StateError(
            f"{by} is no clerk, and only a clerk may look up whose an identifier is.",
            "partnership.yaml says who is one: `role: clerk`.",
        )
    names = [one.name for one in partnership.sources]
    if source not in names:
        raise ConfigurationError("sources.yaml declares no such source.", f"There is: {', '.join(names)}.")
    try:
        subject = erasure.find(workspace, source=source, own_id=own_id)
    except NotFoundError:
        record(workspace, by=by, source=source, person_ids=())
        raise
    entry = record(workspace, by=by, source=source, person_ids=subject.person_ids)
    rows = erasure.identity_rows(workspace, subject.records)
    records = sorted(
        (str(row["source"]), masking.name(row["given_name"]), masking.name(row["family_name"])) for row in rows
    )
    return FoundPerson(subject.person_ids, tuple(records), entry)


def record(workspace: Workspace, *, by: str, source: str | None, person_ids: tuple[str, ...]) -> int:
    """Write a look to the ledger; return the number of the entry.

    Args:
        workspace: whose ledger.
        by: id of who looked.
        source: whose identifier was asked about; None when it was a person_id.
        person_ids: who was found.
    """
    subjects = Subjects.open(workspace)
    facts = {
        "what": "whose an identifier is",
        "source": source,
        "persons": [subjects.name(one) for one in person_ids],
        "found": bool(person_ids),
    }
    if len(person_ids) == 1:
        facts["person"] = subjects.name(person_ids[0])
    with open_store(workspace) as store, store.writing() as session:
        return ledger.append(session, kind=KIND, actor=by, facts=facts, at=store.now()).seq
