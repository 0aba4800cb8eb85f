"""The bench: one failing figure is a row, the others are measured; and what it says of goals."""

import json
import math
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hub import sql
from hub.figures import Figure, NotComputed
from tests import bench
from tests.bench import Measured, Part, __main__, county, measured, over

UNMEASURED = "whatever this part had not measured yet"


def _good(tiny: bool) -> Iterator[Measured]:
    yield measured("good", 1.0 if tiny else 2.0, "x", "<= 1")


def _half(_: bool) -> Iterator[Measured]:
    yield measured("half", 2.0, "x")
    raise ValueError("there is\nno file")


def _exits(_: bool) -> Iterator[Measured]:
    yield measured("half", 2.0, "x")
    sys.exit("no more")


def _unknown(_: bool) -> Iterator[Measured]:
    yield measured("unknown", NotComputed(0, "no pairs"), "of pairs", ">= 0.9")


def _killed(_: bool) -> Iterator[Measured]:
    yield measured("half", 2.0, "x")
    os.kill(os.getpid(), signal.SIGKILL)


def _interrupted(_: bool) -> Iterator[Measured]:
    yield measured("half", 2.0, "x")
    raise KeyboardInterrupt


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a stage other parts."""
    made: Mapping[str, Part] = {
        "raising": _half,
        "unknown": _unknown,
        "killed": _killed,
        "interrupted": _interrupted,
        "good": _good,
    }
    monkeypatch.setattr("tests.bench.proofs.PARTS", made)


@pytest.mark.parametrize(
    ("part", "reason"), [(_half, "ValueError: there is\nno file"), (_exits, "SystemExit: no more")]
)
def test_what_fails_is_a_row_with_its_reason_and_the_others_are_measured(part: Part, reason: str) -> None:
    assert list(bench.figures("hub", {"bad": part, "good": _good}, tiny=True)) == [
        Measured("half", 2.0, "x", None, None),
        Measured("hub.bad", None, UNMEASURED, None, False, reason),
        Measured("good", 1.0, "x", "<= 1", True),
    ]


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(
    ("arguments", "code", "rows"),
    [
        (["--tiny", "proofs.good"], 0, [("good", None)]),
        (["proofs.good"], 1, [("good", None)]),  # its goal is missed
        (["--tiny", "proofs.unknown"], 1, [("unknown", "not computed (n 0: no pairs)")]),
        (
            ["--tiny", "proofs"],
            1,
            [
                ("half", None),
                ("proofs.raising", "ValueError: there is\nno file"),
                ("unknown", "not computed (n 0: no pairs)"),
                ("half", None),
                ("proofs.killed", "its process was ended by SIGKILL"),
                ("half", None),
                ("proofs.interrupted", "its process ended with exit code 3"),
                ("good", None),
            ],
        ),
    ],
)
def test_every_row_is_one_line_of_json_and_the_exit_code_tells(
    arguments: list[str], code: int, rows: list[tuple[str, str | None]], capfd: pytest.CaptureFixture[str]
) -> None:
    assert __main__.main(arguments) == code
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [(line["name"], line["reason"]) for line in lines] == rows
    assert all((line["value"] is None) == (line["reason"] is not None) for line in lines)


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize("asked", ["prof", "proofs.god"])
def test_what_there_is_not_is_said_before_anything_is_measured(asked: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["proofs.good", asked]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert "there are " in err


@pytest.mark.parametrize(
    ("value", "goal", "number", "met", "reason"),
    [
        (0.9, ">= 0.9", 0.9, True, None),
        (0.91, "<= 0.9", 0.91, False, None),
        (0.9, None, 0.9, None, None),
        (Figure(0.95, 0.9, 1.0, n=7), ">= 0.9", 0.95, True, None),
        (NotComputed(0, "no pairs"), ">= 0.9", None, False, "not computed (n 0: no pairs)"),
        (NotComputed(0, "no pairs"), None, None, None, "not computed (n 0: no pairs)"),
        (math.nan, "<= 1", None, False, "not computed (n 0: nan is no number)"),
        (over(1.0, 0.0), "<= 1", None, False, "not computed (n 1: the floor took no time that the clock shows)"),
        (over(3.0, 2.0), "<= 1.5", 1.5, True, None),
    ],
)
def test_what_was_not_computed_says_why_and_meets_no_goal(
    value: float | Figure | NotComputed, goal: str | None, number: float | None, met: bool | None, reason: str | None
) -> None:
    assert measured("f1", value, "of pairs", goal) == Measured("f1", number, "of pairs", goal, met, reason)


def test_a_ratio_to_a_floor_that_takes_no_time_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.process_time", lambda: 1.0)
    row = bench.ratio("some_ratio", lambda: None, lambda: None, "<= 2")
    assert (row.value, row.met) == (None, False)


def test_a_bare_scan_reads_a_file_in_whatever_encoding_it_is(tmp_path: Path) -> None:
    rows = "name,town\nZoë,Lancaster\n"
    for name, encoding in (("a", "utf-8"), ("b", "cp1252"), ("c", "utf-8-sig")):
        (tmp_path / f"{name}.csv").write_text(rows, encoding=encoding)
    with sql.connect() as connection:
        assert [connection.execute(f"FROM {scan}").fetchall() for scan in county.scans(tmp_path)] == 3 * [
            [("Zoë", "Lancaster")]
        ]
