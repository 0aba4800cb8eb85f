"""Which columns a source uses: never fewer than it does, since what is wrong in others loses no row."""

import pytest

from hub.declarations.sources import Source
from hub.intake import column_use


def source(derived: str, person: str = "id", detail: str = "NULL", unique: tuple[str, ...] = ()) -> Source:
    columns = {"id": {}, "day": {"type": "date"}, "born": {"type": "date"}, "a": {}, "b": {}}
    return Source.model_validate(
        {
            "name": "s", "title": "A source", "agency": "x", "gateways": ("g",),
            "files": [{"name": "t", "file": "t.csv", "columns": columns, "unique": unique},
                      {"name": "other", "file": "o.csv", "columns": {"id": {}, "z": {}}}],
            "derived": [{"name": "d", "sql": derived}],
            "people": [{"table": "d", "id": person, "date_of_birth": "born"}],
            "events": [{"type": "e", "table": "d", "person": person, "occurred_on": "day", "detail": detail}],
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("derived", "detail", "used"),
    [
        ("SELECT * FROM t", "NULL", {"id", "day", "born"}),
        ("SELECT * FROM t", "b", {"id", "day", "born", "b"}),
        ("SELECT * FROM t", "upper(d.b)", {"id", "day", "born", "b"}),
        ("SELECT t.* FROM t", "b", {"id", "day", "born", "b"}),
        ("SELECT id, day, born FROM t", "NULL", {"id", "day", "born"}),
        ("SELECT id, day, born, b AS renamed FROM t", "renamed", {"id", "day", "born", "b"}),
        ("SELECT * FROM t WHERE a = '1'", "NULL", {"id", "day", "born", "a"}),
        ("SELECT DISTINCT * FROM t", "NULL", {"id", "day", "born", "a", "b"}),
        ("SELECT * FROM t UNION SELECT * FROM t", "NULL", {"id", "day", "born", "a", "b"}),
        ("SELECT * FROM t UNION ALL BY NAME SELECT * FROM t", "NULL", {"id", "day", "born"}),
        ("WITH q(p, d, w, v, x) AS (SELECT * FROM t) SELECT p AS id, d AS day, w AS born, v FROM q", "v",
         {"id", "day", "born", "a", "b"}),
        ("SELECT id, day, born, t AS whole FROM t", "whole.b", {"id", "day", "born", "a", "b"}),
        ("SELECT COLUMNS('.*') FROM t", "a", {"id", "day", "born", "a", "b"}),
        ("SELECT * EXCLUDE (b) FROM t", "a", {"id", "day", "born", "a"}),
        ("SELECT * FROM (SELECT * FROM t) q", "b", {"id", "day", "born", "b"}),
        ("SELECT * FROM t ORDER BY a", "NULL", {"id", "day", "born", "a"}),
    ],
)  # fmt: skip
def test_a_column_that_anything_reads_is_used(derived: str, detail: str, used: set[str]) -> None:
    found = column_use.of(source(derived, detail=detail)).columns["t"]
    assert found >= used
    if "EXCLUDE" not in derived and "COLUMNS" not in derived:
        assert found == used


def test_what_nothing_reads_is_not_used_and_keys_are() -> None:
    found = column_use.of(source("SELECT id, day, born FROM t", unique=("id", "a")))
    assert found.columns["t"] == {"id", "day", "born", "a"}
    assert found.uses("t")
    assert not found.uses("other")


def test_birthdays_and_identifiers_are_followed_by_name() -> None:
    found = column_use.of(source("SELECT id, max(born) AS born, day FROM t GROUP BY ALL"))
    assert found.birthdays["t"] == {"born"}
    assert found.persons["t"] == {"id"}
