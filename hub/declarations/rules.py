"""Rules of rows, compiled to SQL: each row gets whole numbers whose bits say which rules it breaks; 0 means none.

A table of such rows also has the column `#repeat`: 0, or 1 for a row that stood there before (`duplicate`), or 2 for
one with the same key and other content (`duplicate_differs`: nobody can say which is right, so the first stays).
"""

from dataclasses import dataclass
from itertools import groupby

from hub import sql

_BITS = 62
_REPEATS = {1: "duplicate", 2: "duplicate_differs"}


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """One rule of one column, and the SQL condition that is true when a row breaks it.

    Where `guard` is given, a row breaks it only when that is true too; rules with one guard stand together, and the
    guard is worked out once for all of them.
    """

    column: str
    name: str
    broken: str
    guard: str = ""

    @property
    def label(self) -> str:
        """How reports and the quarantine name it."""
        return f"{self.column}: {self.name}"


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of the rows of one table, in the order of their bits, in columns called `mark` and a number."""

    rules: tuple[ColumnRule, ...]
    mark: str = "#broken"

    @property
    def masks(self) -> tuple[str, ...]:
        """Quoted names of the columns that hold the bits."""
        return tuple(sql.name(f"{self.mark} {index}") for index in range(max(1, -(-len(self.rules) // _BITS))))

    @property
    def bits(self) -> str:
        """The SQL of the columns that hold the bits, for a SELECT list."""
        found = []
        for at, mask in enumerate(self.masks):
            bits = []
            some = enumerate(self.rules[at * _BITS : (at + 1) * _BITS])
            for guard, together in groupby(some, key=lambda numbered: numbered[1].guard):
                each = " + ".join(
                    f"CASE WHEN {rule.broken} THEN {1 << index}::BIGINT ELSE 0::BIGINT END" for index, rule in together
                )
                bits.append(f"CASE WHEN {guard} THEN {each} ELSE 0::BIGINT END" if guard else each)
            found.append(f"{' + '.join(bits) or '0::BIGINT'} AS {mask}")
        return ", ".join(found)

    @property
    def columns(self) -> str:
        """The SQL of the columns that hold the bits, and of an empty `#repeat`, for a SELECT list."""
        return f'{self.bits}, 0::TINYINT AS "#repeat"'

    @property
    def kept(self) -> str:
        """The SQL condition of rows that break no rule."""
        return " AND ".join(f"{mask} = 0" for mask in (*self.masks, '"#repeat"'))

    @property
    def noticed(self) -> str:
        """The SQL list of the labels of the rules that a row breaks, where the bits alone count."""
        return f"list_filter([{', '.join(self._items)}]::VARCHAR[], lambda label: label IS NOT NULL)"

    @property
    def _items(self) -> list[str]:
        return [
            f"CASE WHEN ({self.masks[index // _BITS]} >> {index % _BITS}) & 1 = 1 THEN {sql.text(rule.label)} END"
            for index, rule in enumerate(self.rules)
        ]

    @property
    def labels(self) -> str:
        """The SQL list of the labels of the rules that a row breaks."""
        items = self._items
        items += [f"CASE WHEN \"#repeat\" = {repeat} THEN '{name}' END" for repeat, name in _REPEATS.items()]
        return f"list_filter([{', '.join(items)}], lambda label: label IS NOT NULL)"
