"""What became of a source's delivery, in numbers of rows: read, set aside, and by which rule."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from hub.staging import taken_away
from hub.staging.extract_facts import CheckedRows, ExtractFacts
from hub.staging.extracts import Extract


@dataclass(frozen=True, slots=True)
class ExtractReport:
    """What became of one source of a delivery.

    Attributes:
        extract: the extract; its facts hold every count.
        is_new: False when exactly this extract had been ingested before, so that nothing was done.
        is_current: False when a later extract of its source holds instead.
    """

    extract: Extract
    is_new: bool
    is_current: bool

    @property
    def source(self) -> str:
        """Name of the source."""
        return self.extract.source

    @property
    def digest(self) -> str:
        """Digest of the extract."""
        return self.extract.digest

    @property
    def facts(self) -> ExtractFacts:
        """The facts of the extract."""
        return self.extract.facts

    @property
    def rows_in(self) -> int:
        """Rows in the delivered files: those kept and those in quarantine."""
        return rows_in(self.extract)

    @property
    def quarantined(self) -> int:
        """Rows in quarantine: rows of files, and rows that could not be used under a mapping."""
        return quarantined(self.extract)

    def taken_away(self) -> list[dict[str, Any]]:
        """Return what it takes away of what the delivery before said, as rows that may be shown (`taken_away`)."""
        return taken_away.shown(self.source, [one.as_json() for one in self.facts.taken_away])

    def row(self) -> dict[str, Any]:
        """Return one row for a listing."""
        return {
            "source": self.source,
            "delivered_on": self.facts.delivered_on.isoformat(),
            "rows_in": self.rows_in,
            "quarantined": self.quarantined,
            "people": self.facts.people,
            "events": self.facts.rows.event,
            "extract": self.digest[:12],
            "state": ("ingested" if self.is_new else "was here already")
            + ("" if self.is_current else ", replaced since"),
        }


def rows_in(extract: Extract) -> int:
    """Return how many rows the delivered files had: those kept and those in quarantine."""
    return sum(file.rows for file in extract.facts.files)


def quarantined(extract: Extract) -> int:
    """Return how many rows are in quarantine: of files, and those that could not be used under a mapping."""
    return sum(one.quarantined for one in judged(extract))


def judged(extract: Extract) -> tuple[CheckedRows, ...]:
    """Return what is said of the rows of each file, and then of those of each mapping."""
    return (*extract.facts.files, *extract.facts.mapped)


def rules_of(extract: Extract) -> dict[str, int]:
    """Return how many rows of an extract break each rule, by the rule; a row that breaks two counts under both."""
    found: Counter[str] = Counter()
    for one in judged(extract):
        found.update(one.rules)
    return dict(sorted(found.items()))
