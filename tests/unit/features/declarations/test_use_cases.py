"""Use cases: schedules, splits in order, and messages that name file, line and remedy."""

import datetime
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from features.declarations import outcomes, use_cases
from hub.declarations import partnership
from hub.errors import ConfigurationError, StateError
from service.demonstration import starter
from tests.factories import lancashire
from tests.factories.use_cases import outcome, use_case

NAME = "early_help_again"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    starter.write(tmp_path / "county")
    return tmp_path / "county"


def change(path: Path, before: str, after: str) -> int:
    """Replace text in a file and return the number of its line."""
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), encoding="utf-8")
    return text[: text.index(before)].count("\n") + 1


def message(folder: Path) -> str:
    with pytest.raises(ConfigurationError) as error:
        use_cases.read(partnership.read(folder), NAME)
    return str(error.value)


def test_the_starter_is_a_whole_partnership(folder: Path) -> None:
    found = use_cases.read(partnership.read(folder), NAME)
    assert use_cases.names(partnership.read(folder)) == (NAME,)
    assert found.scheduled()[0] == datetime.date(2024, 1, 1)


def test_the_starter_never_writes_over_anything(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="not an empty folder"):
        starter.write(folder)


USE_CASE = f"use_cases/{NAME}.yaml"
WRONG: list[tuple[str, str, str, str]] = [
    (USE_CASE, "early_help_started_365d, early_help_completed_ever]", "early_help_startd_365d]", "Did you mean"),
    (USE_CASE, "column: person.sex", "column: person.attributes.shoe_size", "there is no attribute called shoe_size"),
    (USE_CASE, "column: person.sex", "column: person.name", "person.sex"),
    (USE_CASE, "horizon_days: 180", "horizon_days: 0", "greater than or equal to 1"),
    (USE_CASE, "horizon_days: 180", "horizon: 180", "not known here"),
    (USE_CASE, "capacity: 50", "# no capacity", "capacity: this key is needed"),
    (USE_CASE, "first: 2025-01-01", "first: 2023-01-01", "must follow each other"),
    (USE_CASE, "simple_rule: { indicator: early_help_started_365d }", "simple_rule: { indicator: x }", "no indicator"),
    (USE_CASE, "outcome: early_help_began", "outcome: early_help_begn", "Did you mean early_help_began?"),
    (USE_CASE, "since: 2024-01-01", "since: 2024-01-02", "on 2024-01-01, the rule of who is eligible holds since"),
    ("outcomes.yaml", "types: [early_help_started]", "types: [early_help_startd]", "Did you mean early_help_started?"),
    ("outcomes.yaml", "better_when: more", "better_when: less", "'fewer' or 'more'"),
    ("outcomes.yaml", "  secure_housing: no housing source", "  secured: no", "not_measured.secured"),
    ("outcomes.yaml", "  secure_housing: no housing source", "  # secure_housing: no", "secure_housing has no outcome"),
    ("indicators.yaml", "measure: any", "measure: anyone", "'count', 'any'"),
    ("indicators.yaml", "name: early_help_completed_ever", "name: early_help_started_365d", "declared twice"),
    ("indicators.yaml", "types: [early_help_completed]", "types: [early_help_finished]", "no event type called"),
    ("gateways.yaml", "law: Children Act 2004 s10", "law: Magna Carta", "Children Act 1989 s17"),
    ("gateways.yaml", "valid_to: 2030-12-31", "valid_to: 2020-12-31", "valid_to is before valid_from"),
    ("sources.yaml", "gateways: [working_together]", "gateways: [working_togther]", "Did you mean working_together"),
    ("sources.yaml", "  - name: early_help\n", "  - name: early help\n", "lower-case letters"),
    ("partnership.yaml", "quorum: 3", "quorum: 4", "fewer reviewers than the quorum"),
    ("partnership.yaml", "name: example_county", "name: [example_county", "not valid YAML"),
    ("partnership.yaml", "name: example_county", "name: a\nname: b", "not valid YAML"),
]


@pytest.mark.parametrize(("file", "before", "after", "says"), WRONG, ids=lambda value: str(value)[:40].strip())
def test_what_is_wrong_is_named_with_file_and_line(folder: Path, file: str, before: str, after: str, says: str) -> None:
    change(folder / file, before, after)
    said = message(folder)
    assert says in said
    assert f"{folder / file}:" in said
    line = int(said.split(f"{folder / file}:")[1].split(":")[0])
    assert 1 <= line <= len((folder / file).read_text(encoding="utf-8").splitlines()) + 1


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        (USE_CASE, "column: person.sex", "column: person.attributes.shoe_size"),
        (USE_CASE, "horizon_days: 180", "horizon_days: 0"),
        ("indicators.yaml", "measure: any", "measure: anyone"),
        ("gateways.yaml", "law: Children Act 2004 s10", "law: Magna Carta"),
        ("sources.yaml", "gateways: [working_together]", "gateways: [working_togther]"),
    ],
)
def test_the_line_is_the_right_one(folder: Path, file: str, before: str, after: str) -> None:
    line = change(folder / file, before, after)
    assert f"{folder / file}:{line}:" in message(folder)


def test_a_missing_file_names_the_remedy(folder: Path) -> None:
    (folder / "gateways.yaml").unlink()
    with pytest.raises(ConfigurationError, match=r"gateways\.yaml: no such file.*sentinel init"):
        partnership.read(folder)


def test_bytes_that_are_not_utf8_name_the_file(folder: Path) -> None:
    (folder / "partnership.yaml").write_bytes(b"name: caf\xe9")
    assert "partnership.yaml:1: cannot be read as UTF-8" in message(folder)


def days(*texts: str) -> tuple[datetime.date, ...]:
    return tuple(datetime.date.fromisoformat(text) for text in texts)


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (
            {"kind": "dates", "dates": ["2024-03-01", "2024-01-01", "2024-02-01", "2024-01-01"]},
            days("2024-01-01", "2024-02-01", "2024-03-01"),
        ),
        (
            {"kind": "every_months", "first": "2023-11-28", "last": "2024-05-28", "months": 3},
            days("2023-11-28", "2024-02-28", "2024-05-28"),
        ),
        (
            {"kind": "every_months", "first": "2023-11-28", "last": "2024-05-27", "months": 3},
            days("2023-11-28", "2024-02-28"),
        ),
        (
            {"kind": "days_after_starts", "starts": {"B": "2014-02-01", "J": "2013-10-01"}, "days": [28, 56]},
            days("2013-10-29", "2013-11-26", "2014-03-01", "2014-03-29"),
        ),
    ],
)
def test_schedules(as_of: dict[str, object], expected: tuple[datetime.date, ...]) -> None:
    assert use_case(as_of=as_of).scheduled() == expected


def test_newest_date_is_the_last_that_the_snapshot_covers() -> None:
    asked = use_case()
    assert asked.newest(datetime.date(2023, 7, 1)) == datetime.date(2023, 7, 1)
    assert asked.newest(datetime.date(2023, 6, 30)) == datetime.date(2023, 1, 1)


@pytest.mark.parametrize(
    "change_",
    [
        lambda one: one | {"capacity": 11},
        lambda one: one | {"horizon_days": 91},
        lambda one: one | {"outcome": one["outcome"] | {"known_bias": "nothing is known about it"}},
        lambda one: one | {"cohort": one["cohort"] | {"since": "2011-01-01"}},
    ],
)
def test_the_digest_follows_the_meaning(change_: Callable[[dict[str, object]], dict[str, object]]) -> None:
    ordinary = use_case().model_dump(mode="json")
    again = type(use_case()).model_validate(dict(reversed(ordinary.items())))
    assert again.digest == use_case().digest
    assert type(again).model_validate(change_(ordinary)).digest != again.digest


RULES = [
    ("2022-12-31", "2023-01-01", "2010-01-01", None, "who is eligible holds since 2023-01-01 (the census began)"),
    ("2023-01-01", "2023-01-01", "2010-01-01", None, None),
    ("2022-12-31", "2010-01-01", "2023-01-01", None, "the definition of began_social_work_help holds since 2023-01-01"),
    ("2023-01-01", "2010-01-01", "2023-01-01", None, None),
    ("2023-01-01", "2010-01-01", "2010-01-01", "2023-04-01", None),  # 90 days of horizon: the last is 31 March
    ("2023-01-02", "2010-01-01", "2010-01-01", "2023-04-01", "ends on 2023-04-01, within the horizon"),
]


@pytest.mark.parametrize(("as_of", "cohort_since", "since", "until", "says"), RULES)
def test_a_rule_is_refused_outside_its_dates(
    as_of: str, cohort_since: str, since: str, until: str | None, says: str | None
) -> None:
    asked = use_case(
        cohort={"plain": "Children of school age", "since": cohort_since, "why": "the census began."},
        outcome=outcome(since=since, until=until),
    )
    day = datetime.date.fromisoformat(as_of)
    if says is None:
        asked.require_in_force(day)
        return
    with pytest.raises(StateError, match=re.escape(says)):
        asked.require_in_force(day)


OLD = """  - name: early_help_began
    title: Families who began early help, as it was counted before
    plain: Early help began for somebody of the family.
    headline: improved_family_relationships
    better_when: more
    events: { types: [early_help_started] }
    decided_by: The family, together with a family worker.
    known_bias: It counted families and not children.
    since: 2020-01-01
    until: 2024-01-01
    why: It was counted so from the beginning.
"""


def test_an_outcome_that_changed_is_taken_as_it_holds_on_the_dates_of_looking(folder: Path) -> None:
    path = folder / "outcomes.yaml"
    change(path, "outcomes:\n", f"outcomes:\n{OLD}")
    framework = outcomes.read(partnership.read(folder))
    assert [one.since.year for one in framework.called("early_help_began")] == [2020, 2024]
    assert framework.called("something_else") == ()
    found = use_cases.read(partnership.read(folder), NAME)
    assert found.outcome.plain == "Early help began for the child."
    change(folder / USE_CASE, "first: 2024-01-01, last:", "first: 2023-10-01, last:")
    change(folder / USE_CASE, "since: 2024-01-01", "since: 2023-01-01")
    assert "the definition of early_help_began ends on 2024-01-01, within the horizon" in message(folder)
    change(path, "until: 2024-01-01", "until: 2024-01-02")
    assert "a definition must end (until) before the next one begins (since)" in message(folder)


def test_every_headline_outcome_of_every_partnership_is_measured_or_says_why_not() -> None:
    for place in (lancashire.FOLDER, lancashire.ROOT / "partnerships" / "open_university"):
        found = outcomes.read(partnership.read(place))
        measured = {one.headline for one in found.outcomes}
        assert measured | set(found.not_measured) == set(outcomes.Headline)
        assert all(len(why.split()) >= 5 for why in found.not_measured.values())
    assert list(outcomes.HEADLINES) == list(outcomes.Headline)
    assert len(outcomes.HEADLINES) == 10
