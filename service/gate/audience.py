"""Which reasons of a score may be told to the agency that asks; the others are counted and never told.

A reason may be told when each source that it rests on has a gateway that holds on the day, is for the purpose, and has
both the source's agency and the asking agency among its parties: as gateways are declared now, and as they were when
the snapshot was published.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from audits.explaining.reasons import Reason
from hub.dates import in_words
from hub.declarations.partnership import Partnership
from hub.errors import SentinelError
from hub.publishing.snapshots import Snapshot
from service.gate.permits import Permits


class UnknownAgencyError(SentinelError):
    """The request names an agency that the partnership does not have."""

    status = 403
    kind = "unknown-agency"


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told the reasons of a score, for what and when.

    Attributes:
        agency: the agency that asks; None when nobody says which, and then it is told no reason.
        permits: knows the gateways as they are declared now.
        snapshot: holds the gateways as they were when it was published.
        purpose: the purpose of the score.
        on: the day of use.
        as_of: the date of looking, up to which (and without which) records count.
    """

    agency: str | None
    permits: Permits
    snapshot: Snapshot
    purpose: str
    on: datetime.date
    as_of: datetime.date

    def may_be_told(self, source: str) -> bool:
        """Say whether words that rest on `source` may be told to the agency."""
        if self.agency is None:
            return False
        refused = self.permits.refusal(self.snapshot, source, purpose=self.purpose, on=self.on, shown_to=self.agency)
        return refused is None

    def told(self, reasons: Sequence[Reason], one: str, several: str) -> tuple[list[str], int]:
        """Return the sentences that the agency may read, and how many were withheld; the last sentence says so.

        Args:
            reasons: strongest first.
            one: what a single one is called, such as "reason".
            several: what several are called.
        """
        sentences = [
            f"{reason.sentence}. {self._whence(reason)}"
            for reason in reasons
            if all(self.may_be_told(source) for source in reason.sources)
        ]
        withheld = len(reasons) - len(sentences)
        if withheld:
            what = f"1 {one} rests" if withheld == 1 else f"{withheld} {several} rest"
            sentences.append(f"{what} on records that {self._why()}.")
        return sentences, withheld

    def _whence(self, reason: Reason) -> str:
        """Return from whose records a reason is, and of which days."""
        published = self.snapshot.facts.sources
        titles = [f"“{published[name].title}”" for name in reason.sources if name in published]
        last = in_words(self.as_of - datetime.timedelta(days=1))
        if (days := reason.window_days) is None:
            return f"From {' and '.join(titles)}, up to {last}."
        first = in_words(self.as_of - datetime.timedelta(days=days))
        return f"From {' and '.join(titles)}, {first} to {last}."

    def _why(self) -> str:
        if self.agency is None:
            return "may be shown to nobody until it is known which agency asks"
        return "may not be shown to your agency"


def agency_of(partnership: Partnership, named: str | None) -> str | None:
    """Return the agency that a request comes from: the one it names, else the one that runs the hub, else None.

    Raises:
        UnknownAgencyError: the partnership has no agency of that name; the name is not repeated.
    """
    if named is None:
        return partnership.file.hub
    if partnership.agency(named) is None:
        raise UnknownAgencyError(
            "The request names an agency that is not in the partnership.", "Name one as partnership.yaml does."
        )
    return named
