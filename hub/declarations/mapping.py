"""What sources.yaml maps, field by field: where each stands, what it must be, and which rules its rows must keep."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel

from hub import sql, yaml_documents
from hub.declarations import adapter as adapters
from hub.declarations.rules import ColumnRule, Rules
from hub.declarations.sources import Source
from hub.errors import ConfigurationError


class FieldKind(StrEnum):
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
            FieldKind.DATE: "DATE",
            FieldKind.NUMBER: "DOUBLE",
            FieldKind.WHOLE: "INTEGER",
            FieldKind.TRUTH: "BOOLEAN",
        }
        return types.get(self, "VARCHAR")

    def fits(self, sql_type: str) -> bool:
        """Say whether an expression of `sql_type` may stand for it; an empty one (NULL) always may."""
        whole = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
        fitting = {
            FieldKind.ID: ("VARCHAR", "UUID", *whole),
            FieldKind.DATE: ("DATE", "TIMESTAMP"),
            FieldKind.NUMBER: (*whole, "FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN"),
            FieldKind.WHOLE: whole,
            FieldKind.TRUTH: ("BOOLEAN",),
        }
        return sql_type == '"NULL"' or self is FieldKind.TEXT or sql_type.split("(")[0] in fitting[self]


_KINDS = {
    "id": FieldKind.ID,
    "person": FieldKind.ID,
    "family": FieldKind.ID,
    "date_of_birth": FieldKind.DATE,
    "valid_from": FieldKind.DATE,
    "valid_to": FieldKind.DATE,
    "known_from": FieldKind.DATE,
    "end_known_from": FieldKind.DATE,
    "occurred_on": FieldKind.DATE,
    "value": FieldKind.NUMBER,
    "imd_decile": FieldKind.WHOLE,
}
_NOT_FIELDS = {"table", "type", "where", "identifiers", "attributes", "from_birth", "id_kind", "id_scope", "scopes"}
_UNBORN = 300
"""So many days before birth somebody may be worried about an unborn child; a pregnancy has fewer."""
_DELIVERED = "(SELECT delivered_on FROM delivery)"
_RULES = {
    "people": (
        ColumnRule("id", "required", "id IS NULL"),
        ColumnRule("date_of_birth", "future", f"date_of_birth > {_DELIVERED}"),
        ColumnRule("valid_to", "before_start", "valid_to < valid_from"),
        ColumnRule("known_from", "future", f"known_from > {_DELIVERED}"),
        ColumnRule("end_known_from", "future", f"end_known_from > {_DELIVERED}"),
    ),
    "events": (
        ColumnRule("person", "required", "person IS NULL"),
        ColumnRule("person", "not_listed", "person NOT IN (SELECT id FROM \"#keys\")"),
        ColumnRule("occurred_on", "required", "occurred_on IS NULL"),
        ColumnRule("known_from", "future", f"known_from > {_DELIVERED}"),
        ColumnRule("value", "number", "NOT isfinite(value)"),
        ColumnRule("origin", "allowed", "origin NOT IN ('reported', 'agency')"),
    ),
    "involvements": (
        ColumnRule("person", "required", "person IS NULL"),
        ColumnRule("person", "not_listed", "person NOT IN (SELECT id FROM \"#keys\")"),
        ColumnRule("team", "required", "team IS NULL"),
        ColumnRule("valid_from", "required", "valid_from IS NULL"),
        ColumnRule("valid_to", "before_start", "valid_to < valid_from"),
        ColumnRule("known_from", "future", f"known_from > {_DELIVERED}"),
        ColumnRule("end_known_from", "future", f"end_known_from > {_DELIVERED}"),
    ),
    "families": (
        ColumnRule("person", "required", "person IS NULL"),
        ColumnRule("person", "not_listed", "person NOT IN (SELECT id FROM \"#keys\")"),
        ColumnRule("family", "required", "family IS NULL"),
        ColumnRule("valid_from", "future", f"valid_from > {_DELIVERED}"),
        ColumnRule("valid_to", "before_start", "valid_to < valid_from"),
        ColumnRule("valid_to", "future", f"valid_to > {_DELIVERED}"),
        ColumnRule("known_from", "future", f"known_from > {_DELIVERED}"),
        ColumnRule("end_known_from", "future", f"end_known_from > {_DELIVERED}"),
    ),
    "areas": (
        ColumnRule("id", "required", "id IS NULL"),
        ColumnRule("imd_decile", "allowed", "imd_decile NOT BETWEEN 1 AND 10"),
    ),
    "area_events": (
        ColumnRule("area", "required", "area IS NULL"),
        ColumnRule("occurred_on", "required", "occurred_on IS NULL"),
        ColumnRule("known_from", "future", f"known_from > {_DELIVERED}"),
        ColumnRule("value", "number", "NOT isfinite(value)"),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MappedField:
    """One mapped field: its name in the result, its place in sources.yaml, its SQL, and what it must be.

    The SQL of a field that is not mapped is None; its result is empty.
    """

    name: str
    place: str
    expression: str | None
    kind: FieldKind

    @property
    def value(self) -> str:
        """The SQL of its value, of its own type, empty text as NULL."""
        cast = f"CAST(({self.expression or 'NULL'}\n) AS {self.kind.sql_type})"
        return f"nullif(trim({cast}), '')" if self.kind in (FieldKind.ID, FieldKind.TEXT) else cast


@dataclass(frozen=True, slots=True)
class Mapped:
    """One mapping of one table.

    Attributes:
        group: people, events, involvements, families, areas or area_events.
        place: where it stands under its source in sources.yaml, such as `events.3`.
        declared: the mapping as sources.yaml holds it.
    """

    group: str
    place: str
    declared: BaseModel

    @property
    def title(self) -> str:
        """What it gives, such as `people from pupils` or `event suspension`."""
        kind = getattr(self.declared, "type", None)
        return f"event {kind}" if kind else f"{self.group} from {self.table}"

    @property
    def table(self) -> str:
        """The table that it reads."""
        return str(self.declared.model_dump()["table"])

    @property
    def event_type(self) -> str:
        """The type of the events, or figures about areas, that it gives."""
        return str(self.declared.model_dump()["type"])

    @property
    def where(self) -> MappedField:
        """The condition under which a row is mapped."""
        return MappedField(
            "where", f"{self.place}.where", getattr(self.declared, "where", None) or "true", FieldKind.TRUTH
        )

    @property
    def result(self) -> str:
        """The quoted name of the table of its result."""
        return sql.name(f"#{self.place}")

    @property
    def rules(self) -> Rules:
        """The rules that each of its rows must keep."""
        return Rules((*_RULES[self.group], *self._before_birth()))

    def _before_birth(self) -> Iterator[ColumnRule]:
        if self.group == "events":
            days = 0 if getattr(self.declared, "from_birth", False) else _UNBORN
            born = 'SELECT born FROM "#births" WHERE "#births".id = person'
            yield ColumnRule("occurred_on", "before_birth", f"occurred_on < ({born}) - {days}")

    @property
    def fields(self) -> tuple[MappedField, ...]:
        """Its fields; those of `identifiers` and `attributes` are called `identifiers.KEY` and `attributes.KEY`."""
        return tuple(self._fields())

    def _fields(self) -> Iterator[MappedField]:
        for name in type(self.declared).model_fields:
            value = getattr(self.declared, name)
            if name in ("identifiers", "attributes"):
                for key, expression in value.items():
                    kind = FieldKind.ID if name == "identifiers" else FieldKind.TEXT
                    yield MappedField(f"{name}.{key}", f"{self.place}.{name}.{key}", expression, kind)
            elif name not in _NOT_FIELDS:
                yield MappedField(name, f"{self.place}.{name}", value, _KINDS.get(name, FieldKind.TEXT))


def mappings(source: Source) -> tuple[Mapped, ...]:
    """Return all mappings of a source, people first: the others are about people whom it lists."""
    return tuple(
        Mapped(group, f"{group}.{index}", declared)
        for group in _RULES
        for index, declared in enumerate(getattr(source, group))
    )


@dataclass(frozen=True, slots=True)
class Declaration:
    """Where a source is declared, for messages.

    Attributes:
        path: sources.yaml.
        index: which source in it, from 0.
        source: the source.
    """

    path: Path
    index: int
    source: Source

    @property
    def beside(self) -> Path:
        """The folder of the XML schemas that its files name: with its adapter, else beside sources.yaml."""
        return adapters.FOLDER if self.source.adapter is not None else self.path.parent

    def wrong(self, place: str, message: str, remedy: str = "") -> ConfigurationError:
        """Return the error that names the file, the line, the source and the place under it.

        The file is the adapter's when the source takes its files and mappings from one.
        """
        path: Path = self.path
        start: tuple[str | int, ...] = ("sources", self.index)
        if self.source.adapter is not None:
            path, start = adapters.path_of(self.source.adapter), ("source",)
        line = yaml_documents.line_in(path, (*start, *yaml_documents.location(place)))
        return ConfigurationError(f"{path}:{line}: source {self.source.name}: {place}: {message}.", remedy)
