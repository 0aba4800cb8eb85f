"""Traces of a person: what shows that a row of text, or a file, is about them.

A cell that is one of their identifiers is a trace; so is a row that holds their names and their date of birth, in
whatever cells and spelling. Pure: values in, answers out. It exists only while a person is being erased.
"""

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.declarations.source_mappings import is_national

SHORTEST = 4
"""An identifier with fewer characters is looked for in whole cells only: in running text it would be found anywhere."""

_WORD = re.compile(r"[^\W_]+")


def spelt(identifier: str) -> str:
    """Return an identifier in one spelling: upper-case letters and digits."""
    return "".join(_WORD.findall(identifier)).upper()


def _dates(day: datetime.date) -> frozenset[str]:
    forms = ("%Y-%m-%d", "%d/%m/%Y", "%Y%m%d", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d")
    return frozenset(day.strftime(form) for form in forms)


@dataclass(frozen=True, slots=True)
class Traces:
    """What the hub's identity rows say of one person.

    Attributes:
        own: the agencies' own identifiers of them.
        shared: identifiers shared between agencies, and e-mail addresses, in one spelling.
        named: (given name, family name, date of birth in ISO form), lower case.
    """

    own: frozenset[str]
    shared: frozenset[str]
    named: frozenset[tuple[str, str, str]]

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> "Traces":
        """Return the traces in identity rows (hub.tables.IDENTITY_RECORD)."""
        own, shared, named = set(), set(), set()
        for row in rows:
            own.add(str(row["source_person_id"]))
            shared |= {spelt(value) for kind, value in row["identifiers"] if value and is_national(kind)}
            own |= {str(value) for kind, value in row["identifiers"] if value and not is_national(kind)}
            if row.get("email"):
                shared.add(spelt(row["email"]))
            if row["given_name"] and row["family_name"] and row["date_of_birth"]:
                named.add((row["given_name"].lower(), row["family_name"].lower(), row["date_of_birth"].isoformat()))
        return cls(frozenset(own), frozenset(shared - {""}), frozenset(named))

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Traces":
        """Return the traces whose `as_json` is `said`."""
        named = frozenset((given, family, born) for given, family, born in said["named"])
        return cls(frozenset(said["own"]), frozenset(said["shared"]), named)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form. It is personal: it may lie in the identity store only, and only for a while."""
        return {"own": sorted(self.own), "shared": sorted(self.shared), "named": sorted(map(list, self.named))}

    def in_cells(self, cells: Iterable[str | None]) -> bool:
        """Say whether a row of text is about the person."""
        texts = [cell.strip() for cell in cells if cell]
        if any(text in self.own or spelt(text) in self.shared for text in texts):
            return True
        words = {word for text in texts for word in _WORD.findall(text)}
        long = {one for one in self.own | self.shared if len(one) >= SHORTEST}
        if any(word in long or word.upper() in long for word in words):
            return True
        row = "\n".join(texts).lower()
        return any(
            given in row and family in row and any(one in row for one in _dates(datetime.date.fromisoformat(born)))
            for given, family, born in self.named
        )

    def in_text(self, content: str) -> bool:
        """Say whether running text holds an identifier of the person as a word."""
        long = {one for one in self.own | self.shared if len(one) >= SHORTEST}
        return any(re.search(rf"(?<![^\W_]){re.escape(one)}(?![^\W_])", content, re.IGNORECASE) for one in long)
