"""The bench: one failing figure is a row, the others are measured; and what it says of goals."""

import json
from collections.abc import Iterator

import pytest

from tests import bench
from tests.bench import Failed, Measured, __main__, measured


def _good(tiny: bool) -> Iterator[Measured]:
    yield measured("one", 1.0 if tiny else 2.0, "x", "<= 1")


def _half(_: bool) -> Iterator[Measured]:
    yield measured("two", 2.0, "x")
    raise ValueError("there is\nno file")


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a stage other parts."""
    monkeypatch.setattr("tests.bench.audits.PARTS", {"bad": _half, "good": _good})


def test_what_fails_is_a_row_with_its_reason_and_the_others_are_measured() -> None:
    rows = list(bench.figures("hub", {"bad": _half, "good": _good}, tiny=True))
    assert rows == [
        Measured("two", 2.0, "x", None, None),
        Failed("hub.bad", "ValueError: there is\nno file"),
        Measured("one", 1.0, "x", "<= 1", True),
    ]


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(
    ("arguments", "code", "rows"),
    [
        (["--tiny", "audits.good"], 0, ["one"]),
        (["audits.good"], 1, ["one"]),  # its goal is not met
        (["--tiny", "audits"], 1, ["two", "audits.bad", "one"]),
    ],
)
def test_every_row_is_one_line_of_json_and_the_exit_code_tells(
    arguments: list[str], code: int, rows: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert __main__.main(arguments) == code
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("name", line.get("figure")) for line in lines] == rows


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize("asked", ["hubs", "audits.fairnes"])
def test_what_there_is_not_is_said_with_what_there_is(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main([asked]) == 2
    assert "there are " in capsys.readouterr().err


def test_what_was_not_computed_meets_no_goal() -> None:
    assert measured("f1", None, "not computed (n 0: no pairs)", ">= 0.9").met is False
    assert measured("f1", None, "not computed (n 0: no pairs)").met is None
