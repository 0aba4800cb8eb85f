"""Levels of outcomes: who counts, when, and that no small number can be worked out from what is shown."""

import datetime
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.declarations.outcomes import Outcome
from features.levels import counts as level_counts
from features.levels import outcome_record
from features.levels.levels import Levels, levels
from hub.declarations import partnership
from hub.disclosing.disclosure import WITHHELD
from hub.figures import Figure, NotComputed, wilson
from hub.publishing.snapshots import Snapshot
from hub.workspace import Workspace
from tests.examples import examples
from tests.factories.ethics import write_partnership
from tests.factories.levels import CHILD, STAY, town
from tests.factories.snapshots import GATEWAY, snapshot
from tests.factories.use_cases import framework, outcome
from tests.oracles import published
from tests.oracles.attacker import Attacker

ON = datetime.date(2026, 1, 1)
CASES: dict[str, tuple[int, int, dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]] = {
    # the case: of how many and how many in January to March 2023, the child, other stays, its events
    "on the first day": (1, 1, {}, [], [{"occurred_on": "2023-01-01"}]),
    "on the last day": (1, 1, {}, [], [{"occurred_on": "2023-03-31"}]),
    "a day too early": (1, 0, {}, [], [{"occurred_on": "2022-12-31"}]),
    "a day too late": (1, 0, {}, [], [{"occurred_on": "2023-04-01"}]),
    "twice": (1, 1, {}, [], [{"occurred_on": "2023-01-05"}, {"occurred_on": "2023-02-05"}]),
    "something else": (1, 0, {}, [], [{"occurred_on": "2023-01-05", "event_type": "incident"}]),
    "withdrawn": (1, 0, {}, [], [{"occurred_on": "2023-01-05", "known_to": "2024-12-31"}]),
    "known late": (1, 1, {}, [], [{"occurred_on": "2023-01-05", "known_from": "2024-12-31"}]),
    "seventeen": (1, 0, {"birth_month": "2005-02-01"}, [], []),
    "eighteen": (0, 0, {"birth_month": "2005-01-01"}, [], [{"occurred_on": "2023-01-05"}]),
    "born on the first day": (1, 0, {"birth_month": "2023-01-01"}, [], []),
    "not born yet": (0, 0, {"birth_month": "2023-02-01"}, [], [{"occurred_on": "2023-02-05"}]),
    "age not known": (0, 0, {"birth_month": None}, [], [{"occurred_on": "2023-01-05"}]),
    "died before": (0, 0, {}, [], [{"occurred_on": "2022-12-31", "event_type": "death"}]),
    "died in it": (1, 0, {}, [], [{"occurred_on": "2023-01-01", "event_type": "death"}]),
    "death withdrawn": (
        1,
        0,
        {},
        [],
        [{"occurred_on": "2022-12-31", "event_type": "death", "known_to": "2023-06-01"}],
    ),
    "moved away": (0, 0, {"valid_to": "2023-01-01"}, [], [{"occurred_on": "2023-01-05"}]),
    "moves away tomorrow": (1, 1, {"valid_to": "2023-01-02"}, [], [{"occurred_on": "2023-01-05"}]),
    "moved in": (1, 0, {"valid_from": "2023-01-01"}, [], []),
    "moves in tomorrow": (0, 0, {"valid_from": "2023-01-02"}, [], [{"occurred_on": "2023-01-05"}]),
    "the newest address": (0, 0, {}, [{"area_id": "aside", "valid_from": "2022-01-01"}], []),
    "an older address": (1, 0, {}, [{"area_id": "aside", "valid_from": "2014-01-01"}], []),
}


def world(root: Path, cases: dict[str, Any]) -> Snapshot:
    """Publish a snapshot in which each child lives in a district called as its case."""
    person, household, event = [], [], []
    for name, (_, _, child, stays, happened) in cases.items():
        dates = {key: value for key, value in child.items() if key.startswith("valid_")}
        person.append({"person_id": name} | CHILD | {key: one for key, one in child.items() if key not in dates})
        household += [{"person_id": name, "area_id": name} | STAY | dates]
        household += [{"person_id": name, "household_id": "other"} | one for one in stays]
        event += [{"person_id": name, "event_type": "cin_start"} | one for one in happened]
    area: list[dict[str, str | None]] = [{"area_id": name, "local_authority": name} for name in cases]
    area += [{"area_id": "aside", "local_authority": None}]
    return snapshot(Workspace(root), person=person, household=household, event=event, area=area)


def test_who_counts_in_a_quarter(tmp_path: Path) -> None:
    asked = outcome(ages={"from_years": 0, "below_years": 18}, since="2023-01-01")
    found = level_counts.count(world(tmp_path, CASES), asked, ["police"])
    assert found is not None
    assert found.times[0].first == datetime.date(2023, 1, 1)
    said = {name: (int(found.sizes[row, 0]), int(found.counts[row, 0])) for row, name in enumerate(found.districts)}
    assert {name: said.get(name, (0, 0)) for name in CASES} == {name: case[:2] for name, case in CASES.items()}


@pytest.mark.parametrize(
    ("rule", "first", "until", "many"),
    [
        ({}, "2022-10-01", "2024-12-31", 9),  # the first event is of December 2022; the last day is of a whole quarter
        ({"since": "2022-12-01"}, "2023-01-01", "2024-12-31", 8),
        ({"since": "2023-01-01", "until": "2024-01-01"}, "2023-01-01", "2023-12-31", 4),
        ({"since": "2023-01-01", "until": "2023-12-31"}, "2023-01-01", "2023-09-30", 3),
        ({"period": "year"}, "2022-01-01", "2024-12-31", 3),
        ({"period": "month"}, "2022-12-01", "2024-12-31", 25),
    ],
)
def test_only_whole_periods_in_which_the_definition_holds(
    tmp_path: Path, rule: dict[str, str], first: str, until: str, many: int
) -> None:
    found = level_counts.count(world(tmp_path, CASES), outcome(**rule), ["police"])
    assert found is not None
    assert (str(found.times[0].first), len(found.times)) == (first, many)
    assert str(found.times[-1].until - datetime.timedelta(days=1)) == until


@pytest.mark.parametrize(
    ("days", "late_days", "incomplete"),
    [(0, 0, 0), (1, 1, 1), (92, 92, 1), (93, 93, 2), (366, 366, 4), (367, None, 0)],
)
def test_a_period_is_complete_when_its_records_have_come(
    tmp_path: Path, days: int, late_days: int | None, incomplete: int
) -> None:
    """19 of 20 old records came after `days`; one came much later, and a new one that came at once does not count."""
    event = [
        {"person_id": f"p{number}", "occurred_on": "2022-05-01", "known_from": known}
        for number in range(20)
        for known in [str(datetime.date(2022, 5, 1) + datetime.timedelta(days=days if number else 600))]
    ]
    event += [{"person_id": f"q{number}", "occurred_on": "2024-12-20"} for number in range(50)]
    found = level_counts.count(
        snapshot(Workspace(tmp_path), event=[one | {"event_type": "cin_start"} for one in event]), outcome(), ["police"]
    )
    assert found is not None
    assert (found.late_days, sum(not one.complete for one in found.times)) == (late_days, incomplete)
    assert found.districts == ("",)


def told(root: Path, asked: Outcome, made: Snapshot, *, purpose: str = "early_help") -> Levels:
    write_partnership(root / "example", outcome=asked)
    return levels(made, partnership.read(root / "example"), [asked], purpose=purpose, on=ON)[0]


def test_without_a_gateway_for_the_purpose_there_is_no_level(tmp_path: Path) -> None:
    made = world(tmp_path / "w", CASES)
    found = told(tmp_path, outcome(), made, purpose="league_tables")
    assert "police" in found.refused
    assert found.cells == ()
    assert told(tmp_path, outcome(), made).refused == ""


def test_deaths_are_read_under_a_gateway_too(tmp_path: Path) -> None:
    police = world(tmp_path / "w", CASES).facts.sources["police"].as_json()
    link = police["gateways"][0] | {"name": "register_link", "purposes": ["homelessness"]}
    register = police | {"types": ["death"], "gateways": [link]}
    made = snapshot(Workspace(tmp_path / "two"), facts={"sources": {"police": police, "register": register}})
    found = told(tmp_path, outcome(), made)
    assert "register" in found.refused
    assert found.cells == ()


def test_deaths_that_are_declared_are_asked_for_before_they_come(tmp_path: Path) -> None:
    made = world(tmp_path / "w", CASES)
    write_partnership(tmp_path / "example", outcome=outcome())
    path = tmp_path / "example" / "sources.yaml"
    said = json.loads(path.read_text(encoding="utf-8"))
    link = GATEWAY | {"name": "register_link", "purposes": ["homelessness"]}
    deaths = said["sources"][0] | {"name": "register", "gateways": ["register_link"]}
    deaths["events"] = [deaths["events"][0] | {"type": "death"}]
    path.write_text(json.dumps({"sources": [*said["sources"], deaths]}), encoding="utf-8")
    gateways = {"gateways": [GATEWAY, link]}
    (tmp_path / "example" / "gateways.yaml").write_text(json.dumps(gateways), encoding="utf-8")
    county = partnership.read(tmp_path / "example")
    assert "register" in levels(made, county, [outcome()], purpose="early_help", on=ON)[0].refused


_ROWS = st.lists(st.integers(0, 14) | st.integers(22, 30), min_size=3, max_size=3)


@settings(max_examples=examples(10), deadline=None)
@given(st.lists(_ROWS, min_size=2, max_size=4).filter(lambda rows: any(any(row) for row in rows)), st.integers(7, 30))
def test_no_small_level_can_be_worked_out(
    tmp_path_factory: pytest.TempPathFactory, counts: list[list[int]], size: int
) -> None:
    root = tmp_path_factory.mktemp("town")
    counts = [[min(many, size) for many in row] for row in counts]
    asked = outcome(period="year")
    write_partnership(root / "example", outcome=asked)
    made = town(root / "w", counts, size)
    found = outcome_record.tell(made, partnership.read(root / "example"), on=ON)
    document = outcome_record.as_json(found, districts=True)
    attacker = Attacker()
    places = [f"District {row}" for row in range(len(counts))]
    days = [one["first"] for one in document["outcomes"][0]["periods"]]
    sizes = {published.children(None, place, day): size for place in places for day in days}
    published.levels(attacker, document, sizes)
    assert attacker.recovered() == []
    shown = {cell["count"] for area in document["outcomes"][0]["areas"] for cell in area["levels"] if "count" in cell}
    assert not any(0 < many < 10 for many in shown)


def _framework(root: Path, *asked: Outcome) -> None:
    write_partnership(root / "example", outcome=asked[0])
    said = framework(*asked).model_dump(mode="json", exclude_defaults=True)
    (root / "example" / "outcomes.yaml").write_text(json.dumps(said), encoding="utf-8")


ANY = outcome(period="year")
STRAIN = outcome("help_because_of_strain", period="year", events={"types": ["cin_start"], "details": ["strain"]})
OTHERS = outcome("help_for_other_reasons", period="year", events={"types": ["cin_start"], "details": ["other", "ill"]})
ILL = outcome("help_because_of_illness", period="year", events={"types": ["cin_start"], "details": ["ill"]})
_REASONS = st.tuples(*[st.integers(0, 12) | st.integers(15, 20)] * 4)


def reasons(root: Path, counts: list[list[tuple[int, int, int, int]]]) -> Snapshot:
    """Publish districts (rows) and years (columns) of 80 children: for strain, other reasons, both, and illness."""
    person, household, event = [], [], []
    for row, line in enumerate(counts):
        for number in range(80):
            name = f"{row}-{number:02}"
            person.append({"person_id": name} | CHILD)
            household.append({"person_id": name, "area_id": f"d{row}"} | STAY)
            for column, (strain, other, both, ill) in enumerate(line):
                kinds = [*["s"] * strain, *["o"] * other, *["so"] * both, *["i"] * ill]
                event += [
                    {
                        "person_id": name,
                        "event_type": "cin_start",
                        "occurred_on": datetime.date(2022 + column, 6, 1),
                        "detail": {"s": "strain", "o": "other", "i": "ill"}[kind],
                    }
                    for kind in (kinds[number] if number < len(kinds) else "")
                ]
    area = [{"area_id": f"d{row}", "local_authority": f"District {row}"} for row in range(len(counts))]
    return snapshot(Workspace(root), person=person, household=household, event=event, area=area)


def _read_by_attacker(found: outcome_record.FrameworkLevels, districts: int) -> Attacker:
    document = outcome_record.as_json(found, districts=True)
    days = {one["first"] for outcome_ in document["outcomes"] for one in outcome_["periods"]}
    places = [f"District {row}" for row in range(districts)]
    attacker = Attacker()
    published.levels(attacker, document, {published.children(None, one, day): 80 for one in places for day in days})
    return attacker


@settings(max_examples=examples(10), deadline=None)
@given(
    st.lists(st.lists(_REASONS, min_size=2, max_size=2), min_size=2, max_size=3),
    st.sampled_from([(ANY, STRAIN), (ANY, STRAIN, OTHERS), (OTHERS, ILL, ANY)]),
)
def test_no_small_number_lies_between_two_levels(
    tmp_path_factory: pytest.TempPathFactory, counts: list[list[tuple[int, int, int, int]]], asked: tuple[Outcome, ...]
) -> None:
    root = tmp_path_factory.mktemp("town")
    _framework(root, *asked)
    found = outcome_record.tell(reasons(root / "w", counts), partnership.read(root / "example"), on=ON)
    assert _read_by_attacker(found, len(counts)).recovered() == []


def test_help_for_one_reason_does_not_tell_of_few_with_others(tmp_path: Path) -> None:
    """In one year of one district all but 4 of 36 children had help because of strain."""
    _framework(tmp_path, ANY, STRAIN)
    counts = [[(20, 15, 0, 0), (32, 4, 0, 0)], [(20, 15, 0, 0), (20, 15, 0, 0)], [(20, 15, 0, 0), (20, 15, 0, 0)]]
    county = partnership.read(tmp_path / "example")
    made = reasons(tmp_path / "w", counts)
    found = outcome_record.tell(made, county, on=ON)
    assert _read_by_attacker(found, 3).recovered() == []
    shown = [cell.count for one in found.levels for row in one.cells for cell in row]
    assert sum(one is not None for one in shown) >= 10, "few levels disappear"
    # One that is asked for alone hides what it hides beside the other.
    alone = [outcome_record.tell(made, county, on=ON, outcome=one.name).levels for one in (ANY, STRAIN)]
    assert (*alone[0], *alone[1]) == found.levels
    # Each for itself would tell the four.
    apart = [levels(made, county, [one], purpose="early_help", on=ON)[0] for one in (ANY, STRAIN)]
    assert [one.cells[0][1].count for one in apart] == [36, 32]
    aside = outcome_record.FrameworkLevels(county, found.framework, made, tuple(apart))
    assert "began_social_work_help less help_because_of_strain District 0 2023-01-01" in {
        one.number for one in _read_by_attacker(aside, 3).recovered()
    }


def _of_ages(name: str, first: int, below: int, detail: str) -> Outcome:
    ages = {"from_years": first, "below_years": below}
    return outcome(name, period="year", ages=ages, events={"types": ["cin_start"], "details": [detail]})


_AGES = (
    _of_ages("children", 0, 18, "ill"),
    _of_ages("pupils", 4, 18, "strain"),
    _of_ages("young_people", 10, 18, "other"),
)


def ages_town(root: Path, counts: list[tuple[int, int, int]]) -> Snapshot:
    """Publish districts of so many children of 2, of 8 and of 14 years, half of whom had each outcome in 2023."""
    person, household, event = [], [], []
    for row, line in enumerate(counts):
        for born, many in zip(("2021-01-01", "2015-01-01", "2009-01-01"), line, strict=True):
            for number in range(many):
                name = f"{row}-{born[:4]}-{number:02}"
                person.append({"person_id": name, "birth_month": born})
                household.append({"person_id": name, "area_id": f"d{row}"} | STAY)
                event += [
                    {"person_id": name, "event_type": "cin_start", "detail": detail, "occurred_on": "2023-06-01"}
                    for detail in ("ill", "strain", "other")
                    if number % 2
                ]
    area = [{"area_id": f"d{row}", "local_authority": f"District {row}"} for row in range(len(counts))]
    return snapshot(Workspace(root), person=person, household=household, event=event, area=area)


@settings(max_examples=examples(10), deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 12) | st.integers(25, 40)] * 3).filter(any), min_size=2, max_size=3))
def test_no_few_children_lie_between_the_ages_of_two_levels(
    tmp_path_factory: pytest.TempPathFactory, counts: list[tuple[int, int, int]]
) -> None:
    root = tmp_path_factory.mktemp("town")
    _framework(root, *_AGES)
    found = outcome_record.tell(ages_town(root / "w", counts), partnership.read(root / "example"), on=ON)
    attacker = Attacker()
    published.levels(attacker, outcome_record.as_json(found, districts=True), {})
    assert attacker.recovered() == []


def test_three_small_children_are_not_those_below_18_less_those_from_4_on(tmp_path: Path) -> None:
    counts = [(3, 60, 60), (30, 60, 60), (30, 60, 60)]
    made = ages_town(tmp_path / "w", counts)
    _framework(tmp_path, *_AGES)
    county = partnership.read(tmp_path / "example")
    found = outcome_record.tell(made, county, on=ON)
    told_of = [[isinstance(row[1].stated, Figure) for row in one.cells[:-1]] for one in found.levels]
    assert not all(told_of[0]) or not all(told_of[1])
    assert sum(sum(of) for of in told_of) >= 5, "few disappear"
    # Each framework for itself would tell both numbers.
    apart = [levels(made, county, [one], purpose="early_help", on=ON)[0] for one in _AGES[:2]]
    [(one, other)] = [[cell.stated for cell in (of.cells[0][1] for of in apart)]]
    assert isinstance(one, Figure)
    assert isinstance(other, Figure)
    assert one.n - other.n == 3
    aside = outcome_record.FrameworkLevels(county, found.framework, made, tuple(apart))
    attacker = Attacker()
    published.levels(attacker, outcome_record.as_json(aside, districts=True), {})
    assert "children of (0, 4) District 0 2023-01-01" in {one.number for one in attacker.recovered()}


def test_a_district_that_was_empty_when_a_definition_began_is_no_failure(tmp_path: Path) -> None:
    """All children of one district had left it before help because of strain was written down."""
    later = STRAIN.model_copy(update={"since": datetime.date(2023, 1, 1)})
    _framework(tmp_path, later, ANY)
    made = reasons(tmp_path / "w", [[(20, 15, 0, 0)] * 3] * 2)
    away = snapshot(
        Workspace(tmp_path / "away"),
        person=[*_rows_of(made, "person")],
        household=[
            one | ({"valid_to": datetime.date(2022, 8, 1)} if one["area_id"] == "d1" else {})
            for one in _rows_of(made, "household")
        ],
        event=[*_rows_of(made, "event")],
        area=[*_rows_of(made, "area")],
    )
    found = outcome_record.tell(away, partnership.read(tmp_path / "example"), on=ON)
    assert [one.areas for one in found.levels] == [("District 0", ""), ("District 0", "District 1", "")]


def _rows_of(made: Snapshot, table: str) -> list[dict[str, Any]]:
    return list(pq.read_table(made.path(table)).to_pylist())


def test_nobody_and_everybody(tmp_path: Path) -> None:
    """0 is shown, it is about nobody; that it happened to all 30 children would tell it of each of them."""
    found = told(tmp_path, outcome(period="year"), town(tmp_path / "w", [[0, 15], [12, 30], [15, 15]], 30))
    assert found.cells[0][0].count == 0
    assert found.cells[1][1].stated == WITHHELD


def test_levels_are_those_counts_per_1000(tmp_path: Path) -> None:
    found = told(tmp_path, outcome(period="year"), town(tmp_path / "w", [[20, 15, 12], [25, 20, 18]], 50))
    assert found.areas == ("District 0", "District 1", "")
    cell = found.cells[0][1]
    low, high = wilson(15, 50)
    assert cell.stated == Figure(300.0, low * 1000, high * 1000, 50, "per 1,000")
    assert cell.count == 15
    assert isinstance(found.cells[-1][0].stated, Figure)
    assert found.cells[-1][0].stated.value == 450.0
    whole = found.whole[0].stated
    assert isinstance(whole, Figure)
    assert (round(whole.value, 6), whole.n) == (round(47 / 150 * 1000, 6), 50)
    low, high = wilson(47 / 3, 50)
    assert (whole.low, whole.high) == pytest.approx((low * 1000, high * 1000)), "three years of a child are no three"


def test_the_interval_of_all_periods_does_not_tell_to_how_many_it_happened_twice(tmp_path: Path) -> None:
    """30 and 32 of 200 children: the same 30, all but 3 others, or all others."""
    seen = set()
    for twice in (0, 3, 12, 30):
        person = [{"person_id": f"p{number}"} for number in range(200)]
        event = [
            {"person_id": f"p{number}", "event_type": "cin_start", "occurred_on": f"{year}-03-01"}
            for year, numbers in ((2023, range(30)), (2024, range(30 - twice, 62 - twice)))
            for number in numbers
        ]
        made = snapshot(Workspace(tmp_path / f"w{twice}"), person=person, event=event)
        found = told(tmp_path / f"p{twice}", outcome(period="year"), made)
        assert [cell.count for cell in found.cells[0]] == [30, 32]
        seen.add(found.whole[0].stated)
    assert len(seen) == 1
    assert WITHHELD not in seen


def test_a_year_that_is_not_complete_stands_beside_the_total(tmp_path: Path) -> None:
    made = town(tmp_path / "w", [[20, 20, 4], [20, 20, 20]], 50)
    known = told(tmp_path, outcome(period="year"), made)
    assert [one.complete for one in known.times] == [True, True, True]
    assert [row[2].stated == WITHHELD for row in known.cells] == [True, True, False]
    assert WITHHELD in [known.whole[0].stated, *(one.stated for one in known.cells[0][:2])], "else 44 less 40 were 4"
    late = town(tmp_path / "late", [[20, 20, 4], [20, 20, 20]], 50, days=200)
    found = told(tmp_path, outcome(period="year"), late)
    assert [one.complete for one in found.times] == [True, True, False]
    assert isinstance(found.whole[0].stated, Figure)
    assert all(WITHHELD not in (row[0].stated, row[1].stated) for row in found.cells)
    assert [row[2].stated == WITHHELD for row in found.cells] == [True, True, False], "one small one hides another"


def test_words_for_the_terminal_and_for_scripts(tmp_path: Path) -> None:
    asked = outcome(period="year")
    made = town(tmp_path / "w", [[20, 15, 12], [25, 20, 4]], 50)
    write_partnership(tmp_path / "example", outcome=asked)
    county = partnership.read(tmp_path / "example")
    found = outcome_record.tell(made, county, on=ON)
    said = outcome_record.as_json(found, districts=True)
    assert said["fewest"] == 10
    only = said["outcomes"][0]
    assert only["headline_words"] == "Children safe from abuse and exploitation"
    assert only["sources"][0]["gateways"] == ["working together (Children Act 2004 s10)"]
    assert [area["area"] for area in only["areas"]] == ["District 0", "District 1", None]
    assert only["areas"][1]["levels"][2] == {"withheld": "withheld"}
    first = only["areas"][0]["levels"][0]
    assert (first["value"], first["n"], first["unit"], first["count"]) == (400.0, 50, "per 1,000", 20)
    assert len(said["not_measured"]) == 9
    assert outcome_record.rows(found)[0]["per 1,000, newest complete"].endswith("in 2024")
    rows = outcome_record.area_rows(found.levels[0], districts=False)
    assert [row["area"] for row in rows] == ["all districts together"]
    assert [area["area"] for area in outcome_record.as_json(found, districts=False)["outcomes"][0]["areas"]] == [None]
    nobody = outcome_record.text(type(found.levels[0].cells[0][0])(NotComputed(0, "nobody is there")))
    assert nobody == "nobody is there"


def test_without_districts_everybody_counts_in_one_whole(tmp_path: Path) -> None:
    person = [{"person_id": f"p{number}"} for number in range(40)]
    event = [
        {"person_id": f"p{number}", "event_type": "cin_start", "occurred_on": f"{year}-03-01"}
        for year, many in ((2023, 15), (2024, 20))
        for number in range(many)
    ]
    found = told(tmp_path, outcome(period="year"), snapshot(Workspace(tmp_path / "w"), person=person, event=event))
    assert found.areas == ("",)
    assert [[cell.count for cell in row] for row in found.cells] == [[15, 20]]
    few = told(tmp_path, outcome(period="year"), snapshot(Workspace(tmp_path / "few"), person=person, event=event[:22]))
    assert [[cell.count for cell in row] for row in few.cells] == [[None, None]], "15 of 22 would tell the 7"
    assert isinstance(few.whole[0].stated, Figure)
