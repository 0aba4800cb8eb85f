"""What the cells of a mapped field must be: declared beside the field, in `hub.declarations.source_mappings`.

    occurred_on: Annotated[str, Cell(CellKind.DATE, REQUIRED)] = Field(description="The date on which it happened.")

is the whole declaration of a field: `hub.declarations.mapping` takes its type and its rules from there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from hub.declarations.rules import ColumnRule


class CellKind(StrEnum):
    """What a mapped field must be."""

    ID = "an identifier: text or a whole number"
    TEXT = "text"
    DATE = "a date"
    NUMBER = "a number"
    WHOLE = "a whole number"
    TRUTH = "true or false"

    @property
    def sql_type(self) -> str:
        """The SQL type that it becomes."""
        types = {
            CellKind.DATE: "DATE",
            CellKind.NUMBER: "DOUBLE",
            CellKind.WHOLE: "INTEGER",
            CellKind.TRUTH: "BOOLEAN",
        }
        return types.get(self, "VARCHAR")

    def fits(self, sql_type: str) -> bool:
        """Say whether an expression of `sql_type` may stand for it; an empty one (NULL) always may."""
        whole = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
        fitting = {
            CellKind.ID: ("VARCHAR", "UUID", *whole),
            CellKind.DATE: ("DATE", "TIMESTAMP"),
            CellKind.NUMBER: (*whole, "FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN"),
            CellKind.WHOLE: whole,
            CellKind.TRUTH: ("BOOLEAN",),
        }
        return sql_type == '"NULL"' or self is CellKind.TEXT or sql_type.split("(")[0] in fitting[self]


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule of a cell: its name, and the SQL of what breaks it, in which `{}` is the field."""

    name: str
    sql: str


REQUIRED = Broken("required", "{} IS NULL")
LISTED = Broken("not_listed", '{} NOT IN (SELECT id FROM "#keys")')
"""Whoever it is about stands among the people of the delivery."""
NOT_FUTURE = Broken("future", "{} > (SELECT delivered_on FROM delivery)")
NOT_BEFORE_START = Broken("before_start", "{} < valid_from")
FINITE = Broken("number", "NOT isfinite({})")


@dataclass(frozen=True, slots=True, init=False)
class MappedCell:
    """What the cells of one mapped field must be, and which rules each keeps.

    Attributes:
        kind: its type.
        rules: in the order in which a broken one is said.
    """

    kind: CellKind
    rules: tuple[Broken, ...]

    def __init__(self, kind: CellKind = CellKind.TEXT, *rules: Broken) -> None:
        """Declare a cell."""
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "rules", rules)

    def column_rules(self, field: str) -> Iterator[ColumnRule]:
        """Yield the rules of the field that is called so."""
        return (ColumnRule(field, rule.name, rule.sql.format(field)) for rule in self.rules)
