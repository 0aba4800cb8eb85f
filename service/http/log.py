"""The service's own log, on standard error: why something was refused, in one line, for whoever runs the service.

It holds what a caller may not read: paths, lines and words of the partnership's files. It never holds a body, a
person's pseudonym or, of an error that nobody foresaw, the error's text, because nobody knows what stands in it.
"""

import logging
import re
import traceback

from hub.errors import SentinelError

_LOG = logging.getLogger("sentinel.service")
_PERSON = re.compile(r"p[0-9a-f]{24}")


class _OneLine(logging.Formatter):
    """Writes whatever comes in one line and without pseudonyms; what does not print is written as an escape."""

    def format(self, record: logging.LogRecord) -> str:
        text = _PERSON.sub("[person]", super().format(record))
        return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def start() -> None:
    """Write the log to standard error from now on; a second call changes nothing."""
    if not _LOG.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        _LOG.addHandler(handler)
        _LOG.setLevel(logging.INFO)
        _LOG.propagate = False


def note(error: BaseException, doing: str) -> None:
    """Write down why something failed, unless the caller is told all of it.

    Args:
        error: what happened.
        doing: what was being done, in a few words of ours.
    """
    if not isinstance(error, SentinelError):
        steps = traceback.extract_tb(error.__traceback__)
        where = f" at {steps[-1].filename}:{steps[-1].lineno}" if steps else ""
        _LOG.error("%s: %s%s", doing, type(error).__name__, where)
    elif not error.may_be_told:
        _LOG.error("%s: %s: %s", doing, error.kind, error)
