"""What a mapping may be made of, and that people can look up every rule."""

import re
from pathlib import Path
from typing import get_args

import pytest

from hub.declarations import mapping
from hub.declarations.cells import CellKind
from hub.declarations.codes import Code, CodeList
from hub.declarations.mapping import Mapped
from hub.declarations.source_files import ColumnType, SourceColumn, SourceFile
from hub.declarations.sources import SourceBody
from hub.formats import csv_records
from hub.intake.validation import Reading, compile_rules
from tests.factories.deliveries import DELIVERED

PAGE = Path(__file__).parents[4] / "docs" / "extracts.md"


@pytest.mark.parametrize(
    ("kind", "sql_type", "fits"),
    [
        (CellKind.ID, "VARCHAR", True),
        (CellKind.ID, "BIGINT", True),
        (CellKind.ID, "DOUBLE", False),  # 12.0 is no identifier
        (CellKind.ID, "DATE", False),
        (CellKind.TEXT, "DATE", True),
        (CellKind.DATE, "DATE", True),
        (CellKind.DATE, "TIMESTAMP", True),
        (CellKind.DATE, "VARCHAR", False),
        (CellKind.NUMBER, "DECIMAL(18,3)", True),
        (CellKind.NUMBER, "BOOLEAN", True),
        (CellKind.NUMBER, "VARCHAR", False),
        (CellKind.WHOLE, "DOUBLE", False),
        (CellKind.TRUTH, "BIGINT", False),
        (CellKind.DATE, '"NULL"', True),
    ],
)
def test_what_may_stand_for_a_field(kind: CellKind, sql_type: str, fits: bool) -> None:
    assert kind.fits(sql_type) is fits


def test_every_rule_is_explained_in_the_documents() -> None:
    whole = {"required": True, "minimum": 0, "maximum": 1, "allowed": ("1",)}
    columns = {
        kind.value: SourceColumn(type=kind, **whole) for kind in ColumnType if kind is not ColumnType.DAYS_FROM_START
    }
    columns["date"] = SourceColumn(type=ColumnType.DATE, not_before=DELIVERED, not_before_column="days")
    columns["days"] = SourceColumn(type=ColumnType.DAYS_FROM_START, start="text")
    columns["code"] = SourceColumn(codes="codes", codes_on="date")
    codes = CodeList(name="codes", title="Codes", codes=(Code(code="A", meaning="a", valid_from=DELIVERED),))
    declared = SourceFile(name="t", file="t.csv", columns=columns)
    reading = Reading(birthdays=frozenset({"date"}))
    compiled = compile_rules(declared, {"a": DELIVERED}, DELIVERED, {"codes": codes}, reading)
    rules = {rule.name for rule in (*compiled.rules.rules, *compiled.noticed.rules)}
    every = SourceBody.model_fields
    for group in mapping.GROUPS:
        [model, _] = get_args(every[group].annotation)
        rules |= {rule.name for rule in Mapped(group, f"{group}.0", model.model_construct()).rules.rules}
    rules |= set(csv_records.DAMAGE.values()) | {"duplicate", "duplicate_differs"}
    rules |= {"repeated"}  # of tables without `unique`
    rules |= {"formula", "error_cell", "nul"}  # of workbooks and Parquet files
    explained = set(re.findall(r"`([a-z_]+)`", "".join(re.findall(r"^\|[^|]*\|", PAGE.read_text(), re.MULTILINE))))
    assert explained == rules
