"""What can go wrong, each with its exit code for scripts and its HTTP status, stated once.

A message names the file, row, column or rule and the remedy. It never holds a person's value. Who runs a command reads
it whole. Who asks over the network reads it only where `may_be_told` says so: a path, a line or a word of a file is
for the service's own log.
"""

from typing import ClassVar


class SentinelError(Exception):
    """A clear refusal: `message` says what is wrong, `remedy` what to do about it.

    Attributes:
        exit_code: for scripts.
        status: the HTTP status.
        kind: what sort of refusal, for programs; see `service.scoring.problems`.
        may_be_told: whether a caller over the network may read the error's own text. Only of an error whose text never
            holds a path, a line or a word of a file; of any other a caller reads one fixed sentence of its kind.
    """

    exit_code: ClassVar[int] = 1
    status: ClassVar[int] = 500
    kind: ClassVar[str] = "error"
    may_be_told: ClassVar[bool] = False

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        """Give the message and, when there is one, the remedy, in one line."""
        return f"{self.message} {self.remedy}".rstrip()


class ConfigurationError(SentinelError):
    """A partnership's file, a setting or a flag is wrong."""

    exit_code = 2
    status = 503
    kind = "configuration"


class InputError(SentinelError):
    """An extract or another input file cannot be read as declared."""

    exit_code = 3
    status = 422
    kind = "input"


class NothingKeptError(InputError):
    """Everything was read, and not one row of it can be kept: in effect nothing was delivered."""

    exit_code = 11


class GatewayError(SentinelError):
    """No legal gateway allows this source for this purpose on this date."""

    exit_code = 4
    status = 403
    kind = "no-gateway"
    may_be_told = True


class IntegrityError(SentinelError):
    """Bytes differ from the digest under which they were published."""

    exit_code = 5
    status = 409
    kind = "changed"


class OtherSchemaError(IntegrityError):
    """It was published by a version of Sentinel that wrote it otherwise."""


class NotFoundError(SentinelError):
    """The named thing does not exist here."""

    exit_code = 6
    status = 404
    kind = "not-found"


class UnknownPersonError(NotFoundError):
    """The hub's snapshot holds no such person."""

    may_be_told = True


class StateError(SentinelError):
    """The step is not allowed now, or not by this person."""

    exit_code = 7
    status = 409
    kind = "state"


class LedgerError(IntegrityError):
    """The ledger's chain does not hold, or is not the one that its anchor knows."""

    kind = "ledger-broken"


class NotPublishedError(IntegrityError):
    """The ledger does not know that this was made here, so nobody may rely on it."""

    kind = "not-published"


class ClockError(SentinelError):
    """The present moment is before what is written already, so no time can be told."""

    exit_code = 9
    status = 503
    kind = "clock"
    may_be_told = True


class RecordError(SentinelError):
    """The database of the ledger refuses or cannot be reached."""

    exit_code = 9
    status = 503
    kind = "record"
