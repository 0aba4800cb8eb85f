"""What belongs to the outcome's own episode and is counted before it; and what only looks like it."""

import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from features.leakage import episode_leaks
from features.leakage.leaks import Check, Finding, LeakKind, Severity
from hub import sql
from hub.disclosing.disclosure import SmallNumbers
from hub.workspace import Workspace
from tests.factories.snapshots import drawn, snapshot
from tests.factories.use_cases import indicator, use_case

AS_OF = datetime.date(2024, 1, 1)
OPEN = {"starts": ["cin_start"], "ends": ["cin_end"]}
FOUND = indicator("found", events={"types": ["factor"]}, window_days=365)
HELPED = indicator("helped", events={"types": ["cin_start", "cin_end"]})
HEADER = "person_id | event_type | occurred_on | known_from | known_to | episode_id"
OUTCOME = "{p} | cin_start | 2024-02-01 | 2024-02-02 | - | {p}-new"


def looked(tmp_path: Path, lines: list[str], people: int = 12, **said: Any) -> list[tuple[Check, list[Finding]]]:
    """Look at so many children with the outcome and with the drawn lines."""
    names = [f"p{number:02}" for number in range(people)]
    text = "\n".join([HEADER, *(line.format(p=one) for one in names for line in (OUTCOME, *lines))])
    published = snapshot(Workspace(tmp_path), event=drawn(text))
    asked = use_case(cohort={"plain": "Children of the test", "without_open_spell": OPEN, **said})
    positives = pa.table({"person_id": names, "as_of_date": pa.array([AS_OF] * people, pa.date32())})
    with sql.connect() as connection:
        connection.execute(f"CREATE VIEW event AS FROM {sql.parquet(published.path('event'))}")
        return episode_leaks.check(
            connection, asked.reading([FOUND, HELPED]), positives, known_to=published.known_to, small=SmallNumbers()
        )


@pytest.mark.parametrize(
    ("lines", "about"),
    [
        pytest.param(["{p} | factor | 2023-11-01 | 2023-11-02 | - | {p}-new"], ["found"], id="dated back"),
        pytest.param(["{p} | factor | 2024-02-20 | 2024-02-21 | - | {p}-new"], [], id="after the outcome"),
        pytest.param(["{p} | factor | 2023-11-01 | 2024-02-21 | - | {p}-new"], [], id="not known on the date"),
        pytest.param(["{p} | factor | 2022-11-01 | 2022-11-02 | - | {p}-new"], [], id="before the window"),
        pytest.param(["{p} | factor | 2023-11-01 | 2023-11-02 | 2024-03-01 | {p}-new"], [], id="withdrawn later"),
        pytest.param(["{p} | factor | 2023-11-01 | 2023-11-02 | - | {p}-old"], [], id="another episode"),
        pytest.param(["{p} | factor | 2023-11-01 | 2023-11-02 | - | -"], [], id="no episode"),
        pytest.param(
            [
                "{p} | cin_start | 2022-01-01 | 2022-01-02 | - | {p}-old",
                "{p} | cin_end | 2022-05-01 | 2022-05-02 | - | {p}-old",
            ],
            [],
            id="earlier help that is over",
        ),
        pytest.param(["{p} | cin_end | 2023-12-01 | 2023-12-02 | - | {p}-new"], ["helped"], id="end before start"),
    ],
)
def test_only_what_was_dated_back_is_named(tmp_path: Path, lines: list[str], about: list[str]) -> None:
    [(check, found), (_, cohort)] = looked(tmp_path, lines)
    assert check.done
    assert [(one.kind, one.severity, one.about) for one in found] == [
        (LeakKind.READS_OUTCOME, Severity.REFUSE, name) for name in about
    ]
    assert cohort == []
    if about:
        assert found[0].plain.endswith("for 12 of 12 children with the outcome.")


def test_a_rule_of_the_cohort_is_looked_at_too(tmp_path: Path) -> None:
    line = "{p} | factor | 2023-11-01 | 2023-11-02 | - | {p}-new"
    rule: dict[str, Any] = {"with_recent_event": {"events": {"types": ["factor"]}, "within_days": 100}}
    [_, (_, cohort)] = looked(tmp_path, [line], **rule)
    assert [(one.kind, one.about) for one in cohort] == [(LeakKind.COHORT_FUTURE, "cohort.with_recent_event")]


def test_few_are_looked_at_and_not_told(tmp_path: Path) -> None:
    line = "{p} | factor | 2023-11-01 | 2023-11-02 | - | {p}-new"
    [(_, found), _] = looked(tmp_path, [line], people=3)
    assert "fewer than 10 of fewer than 10" in found[0].plain


def test_an_outcome_that_ends_a_spell_has_its_start_before_it(tmp_path: Path) -> None:
    turned = {"starts": ["factor"], "ends": ["cin_start"]}
    line = "{p} | factor | 2023-11-01 | 2023-11-02 | - | {p}-new"
    [(check, found)] = looked(tmp_path, [line], without_open_spell=turned)
    assert (check.done, found) == (False, [])
    assert "ends a spell" in check.why_not
