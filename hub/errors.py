"""What can go wrong, each with its exit code for scripts and its HTTP status, stated once.

A message names the file, row, column or rule and the remedy. It never holds a person's value.
"""

from typing import ClassVar


class SentinelError(Exception):
    """A clear refusal: `message` says what is wrong, `remedy` what to do about it."""

    exit_code: ClassVar[int] = 1
    status: ClassVar[int] = 500
    kind: ClassVar[str] = "error"

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
    kind = "configuration"


class InputError(SentinelError):
    """An extract or another input file cannot be read as declared."""

    exit_code = 3
    status = 422
    kind = "input"


class GatewayError(SentinelError):
    """No legal gateway allows this source for this purpose on this date."""

    exit_code = 4
    status = 403
    kind = "no-gateway"


class IntegrityError(SentinelError):
    """Bytes differ from the digest under which they were published."""

    exit_code = 5
    status = 409
    kind = "changed"


class NotFoundError(SentinelError):
    """The named thing does not exist here."""

    exit_code = 6
    status = 404
    kind = "not-found"


class StateError(SentinelError):
    """The step is not allowed now, or not by this person."""

    exit_code = 7
    status = 409
    kind = "state"
