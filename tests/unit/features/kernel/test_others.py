"""Indicators about the household, siblings and the area, by hand: kernel and oracle must both give them."""

from typing import Any

from tests.factories.histories import AS_OF
from tests.factories.streams import worked_out
from tests.factories.use_cases import indicator

ALL_HERE = [(one, AS_OF) for one in ("child", "sister", "brother", "cousin", "stranger", "neighbour")]
INCIDENT_EACH: list[dict[str, Any]] = [
    {"person_id": one, "event_id": f"e-{one}", "occurred_on": "2024-01-05", "value": float(number)}
    for number, (one, _) in enumerate(ALL_HERE, 1)
]


def test_household_counts_the_others_who_live_there_on_the_date() -> None:
    household = """
        person_id | household_id | valid_from | valid_to   | known_from | end_known_from
        child     | h1           | 2023-01-01 | -          | -          | -
        sister    | h1           | 2023-01-01 | 2024-01-10 | -          | 2024-01-10
        brother   | h1           | 2023-01-01 | 2024-01-10 | -          | 2024-03-10
        cousin    | h1           | 2024-02-29 | -          | -          | -
        stranger  | h1           | 2024-01-01 | -          | 2024-04-01 | -
        neighbour | h2           | 2023-01-01 | -          | -          | -
    """
    wanted = [
        indicator("own"),
        indicator("others", over="household"),
        indicator("sum", over="household", measure="sum"),
    ]
    found = worked_out(wanted, ALL_HERE, event=INCIDENT_EACH, household=household)
    # The brother's move was not known yet and the cousin came on the day itself; the sister had left.
    assert found["child", AS_OF] == [1, 2, 3 + 4]
    assert found["brother", AS_OF] == [1, 2, 1 + 4]
    assert found["sister", AS_OF] == [1, 0, 0]
    assert found["neighbour", AS_OF] == [1, 0, 0]
    assert found["stranger", AS_OF] == [1, 0, 0]


def test_siblings_are_the_other_children_of_the_families_each_once() -> None:
    family = """
        person_id | family_id | relation | valid_from | valid_to   | end_known_from
        child     | f1        | child    | 2020-01-01 | -          | -
        child     | f2        | sibling  | 2020-01-01 | -          | -
        sister    | f1        | child    | 2020-01-01 | -          | -
        sister    | f2        | sibling  | 2020-01-01 | -          | -
        brother   | f2        | -        | 2020-01-01 | -          | -
        cousin    | f1        | child    | 2020-01-01 | 2024-02-29 | 2024-02-29
        stranger  | f1        | parent   | 2020-01-01 | -          | -
        neighbour | f3        | child    | 2020-01-01 | -          | -
    """
    wanted = [indicator("own"), indicator("others", over="siblings"), indicator("sum", over="siblings", measure="sum")]
    found = worked_out(wanted, ALL_HERE, event=INCIDENT_EACH, family=family)
    assert found["child", AS_OF] == [1, 2, 2 + 3], "in two families with the sister; the parent is none"
    assert found["sister", AS_OF] == [1, 2, 1 + 3]
    assert found["brother", AS_OF] == [1, 2, 1 + 2], "he stands in one family only"
    assert [found[one, AS_OF][1] for one in ("cousin", "stranger", "neighbour")] == [0, 0, 0]


def test_figures_are_those_of_the_area_of_the_household_on_the_date() -> None:
    household = """
        person_id | household_id | area_id | valid_from | known_from
        child     | h1           | A       | 2023-01-01 | -
        child     | h2           | B       | 2024-02-01 | 2024-03-01
        sister    | h1           | A       | 2023-01-01 | -
        sister    | h2           | B       | 2024-02-01 | 2024-02-29
        brother   | h3           | -       | 2023-01-01 | -
    """
    area_event = """
        area_id | source | event_type | occurred_on | known_from | value
        A       | health | assault    | 2024-02-01  | -          | 3
        A       | health | assault    | 2024-02-01  | 2024-03-01 | 50
        B       | health | assault    | 2024-02-01  | -          | 7
        B       | health | assault    | 2024-02-29  | -          | 90
    """
    asked = {"over": "area", "sources": ["health"], "events": {"types": ["assault"]}}
    wanted = [
        indicator("sum", measure="sum", **asked),
        indicator("of_victims", **asked | {"events": {"types": ["assault"], "roles": ["victim"]}}),
    ]
    found = worked_out(wanted, ALL_HERE[:3], household=household, area_event=area_event)
    assert found == {("child", AS_OF): [3, 0], ("sister", AS_OF): [7, 0], ("brother", AS_OF): [0, 0]}
