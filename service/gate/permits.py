"""Whether a source may be used, or shown to an agency: as gateways are declared now, and as they were when published.

The answer follows from the partnership's files, the snapshot and the day, so it is worked out once for each question.
"""

import datetime
from dataclasses import dataclass, field
from typing import Protocol

from hub.errors import GatewayError

_Question = tuple[str | None, str, str, datetime.date, str | None]


class DeclaresGateways(Protocol):
    """What declares gateways: a partnership's files, or a snapshot as it was published."""

    def require_gateway(self, name: str, /, *, purpose: str, on: datetime.date, shown_to: str | None = None) -> object:
        """Raise GatewayError unless the source `name` may be used for `purpose` on a day, or shown to an agency."""
        ...


class Published(DeclaresGateways, Protocol):
    """One that has a digest."""

    @property
    def digest(self) -> str:
        """Its name."""
        ...


@dataclass(frozen=True, slots=True)
class Permits:
    """The answers of one reading of a partnership's files.

    Attributes:
        partnership: declares the gateways as they are now.
    """

    partnership: DeclaresGateways
    _answers: dict[_Question, GatewayError | None] = field(default_factory=dict)

    def refusal(
        self, snapshot: Published | None, source: str, *, purpose: str, on: datetime.date, shown_to: str | None = None
    ) -> GatewayError | None:
        """Return why a source may not be used for a purpose on a day (or shown to an agency), or None when it may.

        Args:
            snapshot: as gateways were when it was published; None for a source that it never had.
            source: which.
            purpose: for what.
            on: the day of use.
            shown_to: the agency that would see it; None for use alone.
        """
        question = (None if snapshot is None else snapshot.digest, source, purpose, on, shown_to)
        if question not in self._answers:
            answer: GatewayError | None = None
            try:
                for declared in (snapshot, self.partnership):
                    if declared is not None:
                        declared.require_gateway(source, purpose=purpose, on=on, shown_to=shown_to)
            except GatewayError as error:
                answer = error.with_traceback(None)
            self._answers[question] = answer  # only once it is known
        return self._answers[question]
