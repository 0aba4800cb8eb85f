"""What sources.yaml maps, field by field: where each stands, what it must be, and which rules its rows must keep."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from hub import sql, yaml_documents
from hub.declarations import adapter as adapters
from hub.declarations.cells import CellKind, MappedCell
from hub.declarations.rules import ColumnRule, Rules
from hub.declarations.sources import Source
from hub.errors import ConfigurationError

GROUPS = ("people", "events", "involvements", "families", "areas", "area_events")
"""What tables are mapped to, people first: the others are about people whom a source lists."""
_UNBORN = 300
"""So many days before birth somebody may be worried about an unborn child; a pregnancy has fewer."""


@dataclass(frozen=True, slots=True)
class MappedField:
    """One mapped field: its name in the result, its place in sources.yaml, its SQL, and what it must be.

    The SQL of a field that is not mapped is None; its result is empty.
    """

    name: str
    place: str
    expression: str | None
    kind: CellKind

    @property
    def value(self) -> str:
        """The SQL of its value, of its own type, empty text as NULL."""
        cast = f"CAST(({self.expression or 'NULL'}\n) AS {self.kind.sql_type})"
        return f"nullif(trim({cast}), '')" if self.kind in (CellKind.ID, CellKind.TEXT) else cast


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
            "where", f"{self.place}.where", getattr(self.declared, "where", None) or "true", CellKind.TRUTH
        )

    @property
    def result(self) -> str:
        """The quoted name of the table of its result."""
        return sql.name(f"#{self.place}")

    @property
    def rules(self) -> Rules:
        """The rules that each of its rows must keep."""
        of_cells = (rule for name, cell in self._cells() for rule in cell.column_rules(name))
        return Rules((*of_cells, *self._before_birth()))

    def _cells(self) -> Iterator[tuple[str, MappedCell]]:
        """Yield the fields that have a `Cell`, in the order in which they are declared."""
        for name, field in type(self.declared).model_fields.items():
            yield from ((name, one) for one in field.metadata if isinstance(one, MappedCell))

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
        for name, cell in self._cells():
            value = getattr(self.declared, name)
            if isinstance(value, dict):
                for key, expression in value.items():
                    yield MappedField(f"{name}.{key}", f"{self.place}.{name}.{key}", expression, cell.kind)
            else:
                yield MappedField(name, f"{self.place}.{name}", value, cell.kind)


def mappings(source: Source) -> tuple[Mapped, ...]:
    """Return all mappings of a source, people first: the others are about people whom it lists."""
    return tuple(
        Mapped(group, f"{group}.{index}", declared)
        for group in GROUPS
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
