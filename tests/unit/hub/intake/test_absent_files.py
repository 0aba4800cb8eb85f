"""Which mappings rest on an optional file that is not there: by their table, a derived one, or an expression."""

import pytest

from hub.declarations.sources import Source
from hub.intake.absent_files import untold

SOURCE = Source.model_validate(
    {
        "name": "care",
        "title": "Children in care",
        "agency": "council",
        "gateways": ["duty"],
        "files": [
            {"name": "children", "file": "children.csv", "columns": {"id": {}}},
            {"name": "leavers", "file": "leavers.csv", "optional": True, "columns": {"id": {}, "died": {}}},
            {"name": "extra", "file": "extra.csv", "optional": True, "columns": {"id": {}}},
        ],
        "derived": [
            {"name": "everybody", "sql": "SELECT id FROM Children LEFT JOIN extra USING (id)"},
            {"name": "deaths", "sql": "WITH d AS (SELECT * FROM leavers) SELECT id, died FROM d"},
            {"name": "dated", "sql": "SELECT * FROM deaths UNION ALL SELECT id, NULL FROM children"},
        ],
        "people": [{"table": "everybody", "id": "id"}, {"table": "extra", "id": "id"}],
        "events": [
            {"type": "death", "table": "dated", "person": "id", "occurred_on": "died"},
            {"type": "seen", "table": "children", "person": "id", "occurred_on": "DATE '2020-01-01'"},
            {
                "type": "marked",
                "table": "children",
                "person": "id",
                "occurred_on": "DATE '2020-01-01'",
                "where": "id IN (SELECT id FROM extra)",
            },
        ],
    }
)


@pytest.mark.parametrize(
    ("absent", "expected"),
    [
        ((), set()),
        (("leavers",), {"events.0"}),
        (("extra",), {"people.1", "events.2"}),
        (("leavers", "extra"), {"people.1", "events.0", "events.2"}),
    ],
)
def test_what_rests_on_an_absent_file_is_untold(absent: tuple[str, ...], expected: set[str]) -> None:
    assert untold(SOURCE, absent) == expected
