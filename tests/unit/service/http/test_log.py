"""The service's own log: one line, whatever is in the error; never a pseudonym."""

import subprocess
import sys

import pytest

from hub.errors import ConfigurationError, GatewayError
from service.http import log

PERSON = f"p{7:024x}"


def noted(caplog: pytest.LogCaptureFixture, error: BaseException) -> str:
    log.note(error, "scoring")
    return caplog.text


def test_an_error_that_a_caller_may_not_read_is_in_the_log_whole(caplog: pytest.LogCaptureFixture) -> None:
    assert "scoring: configuration: a.yaml, line 3 Mend it." in noted(
        caplog, ConfigurationError("a.yaml, line 3", "Mend it.")
    )


def test_an_error_that_a_caller_reads_is_not_in_the_log_again(caplog: pytest.LogCaptureFixture) -> None:
    assert noted(caplog, GatewayError("no gateway")) == ""


def test_each_note_is_one_line_on_standard_error() -> None:
    code = (
        "from hub.errors import ConfigurationError\nfrom service.http import log\nlog.start()\nlog.start()\n"
        "log.note(ConfigurationError('a\\nFORGED line\\r\\x1b[31m\\u2028\\u202e\\0 é "
        f"{PERSON}'), 'scoring')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert r"a\nFORGED line\r\x1b[31m\u2028\u202e\x00 é [person]" in done.stderr
    assert " ERROR sentinel.service: scoring: configuration: " in done.stderr
