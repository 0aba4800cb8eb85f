"""What the SQL of sources.yaml may do."""

import pytest

from hub import sql
from hub.declarations import expressions

DUCKDB = sql.connect()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM pupils",
        "FROM pupils",
        "SELECT count(*) FROM pupils GROUP BY sex HAVING count(*) > 2",
        "WITH old AS (SELECT * FROM pupils) SELECT * FROM old JOIN pupils USING (id)",
        "SELECT *, lag(day) OVER (PARTITION BY id ORDER BY day) FROM absences",
        "SELECT id FROM pupils UNION ALL SELECT id FROM absences",
        "SELECT x FROM range(3) AS r(x), pupils",
        "SELECT (SELECT delivered_on FROM delivery)",
    ],
)
def test_one_select_over_known_tables_is_allowed(statement: str) -> None:
    assert expressions.objection(DUCKDB, statement, ["pupils", "absences", "delivery"]) is None


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("SELECT 1; SELECT 2", "more than one statement"),
        ("DROP TABLE pupils", "not a SELECT"),
        ("COPY pupils TO 'x.csv'", "not a SELECT"),
        ("ATTACH 'x.duckdb'", "not a SELECT"),
        ("INSTALL httpfs", "not a SELECT"),
        ("PRAGMA database_list", "not a SELECT"),
        ("SET threads = 8", "not a SELECT"),
        ("SELEC 1", "syntax error"),
        ("WITH gone AS (DELETE FROM pupils RETURNING *) SELECT * FROM gone", "changes a table"),
        ("SELECT * FROM read_csv('/etc/passwd')", "table function read_csv"),
        ("SELECT * FROM query('SELECT 1')", "table function query"),
        ("SELECT * FROM '/etc/passwd'", "no table /etc/passwd"),
        ("SELECT * FROM pupil", "did you mean pupils?"),
        ("SELECT * FROM main.pupils", "no table pupils"),
        ("SELECT * FROM duckdb_settings()", "table function duckdb_settings"),
        ("SHOW TABLES", "SHOW"),
        ("SELECT * FROM pupils USING SAMPLE 10", "samples"),
        ("SELECT now() FROM pupils", "now()"),
        ("SELECT current_date - day FROM pupils", "current_date"),
        ("SELECT random() FROM pupils", "random()"),
        ("SELECT uuid() FROM pupils", "uuid()"),
    ],
)
def test_everything_else_is_refused(statement: str, why: str) -> None:
    objection = expressions.objection(DUCKDB, statement, ["pupils"])
    assert objection is not None
    assert why in objection
