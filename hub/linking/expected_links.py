"""How many of the pairs of one person a linkage is expected to have found, and when it is too few to be believed.

    found = expect(connection, person, model)

A linkage that links nothing is no error of the machine: the files may be about other people, a column may be mapped
wrongly, or names may be spelt in ways that were not foreseen. Which of these it is, people must see; so it is said.

The expected recall is the sum of the probabilities of the linked pairs over the number of true pairs, which is
estimated in up to three ways (weighing.pairs), all of them shown. It has no interval: they differ by more than chance
does. On nine worlds with known truth it lay between .085 below the recall and .013 above it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from hub.linking import agreements, pair_counts
from hub.linking.agreements import Agreements
from hub.weighing.pairs import PairModel

FEW = 0.5
"""Below this expected recall a linkage has found too little."""
FEWEST_PAIRS = 20
"""Fewer pairs than this say nothing about a linkage."""
_BORNE_OUT = 0.2
"""Of the pairs that are thought to be one person so many must agree to the letter in two of names and birthday."""
_TELLS_TWINS = "given names and birthdays"
_ALIKE = {
    "given and family names": ("given_name", "family_name"),
    "family names and birthdays": ("family_name", "date_of_birth"),
    _TELLS_TWINS: ("given_name", "date_of_birth"),
}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a linkage is expected to have found.

    Attributes:
        linked_pairs: pairs of records that were linked.
        sure: the sum of their probabilities.
        true_pairs: how many pairs are thought to be one person; 0 where that could not be estimated.
        alike: people of two sources who agree in two of names and birthday, beyond what strangers explain, by what in.
        linked_between: how many people of two sources were linked; None where that is every linked pair.
    """

    linked_pairs: int
    sure: float
    true_pairs: float
    alike: Mapping[str, int]
    linked_between: int | None = None

    @property
    def recall(self) -> float | None:
        """The expected share of true pairs that were linked, in [0, 1]; None where it could not be estimated."""
        return min(self.sure / max(self.true_pairs, self.sure), 1.0) if self.true_pairs > 0 else None

    @property
    def warning(self) -> str:
        """Why the linkage is not to be believed as it is, in plain words; empty when nothing speaks against it."""
        what, many = max(self.alike.items(), key=lambda item: item[1], default=("", 0))
        if self.recall is not None and self.true_pairs >= FEWEST_PAIRS and self.recall < FEW:
            return (
                f"about {round(self.true_pairs):,} pairs of records seem to be one person, and {self.linked_pairs:,} "
                f"were linked: an expected recall of {self.recall:.2f}."
            )
        linked = self.linked_pairs if self.linked_between is None else self.linked_between
        if many >= FEWEST_PAIRS and linked < FEW * many:
            return (
                f"{many:,} people of two sources have the same {what}, beyond what strangers explain, and {linked:,} "
                "were linked between sources."
            )
        return ""

    def as_json(self) -> dict[str, Any]:
        """Return the form for the report."""
        return {
            "linked_pairs": self.linked_pairs,
            "linked_between": self.linked_between,
            "true_pairs": round(self.true_pairs) if self.true_pairs > 0 else None,
            "recall": None if self.recall is None else round(self.recall, 4),
            "alike_beyond_chance": dict(self.alike),
            "warning": self.warning,
        }


REMEDY = "See whether each column is mapped to what it holds, and whether the files are about the same people."


def expect(connection: duckdb.DuckDBPyConnection, person: NDArray[np.int64], model: PairModel | None) -> Expected:
    """Return what the linkage is expected to have found.

    Args:
        connection: holds the tables `record` and, where anything was compared, `pair`.
        person: for each record the number of its person.
        model: what was learnt; None where nothing was compared.
    """
    if model is None:
        return Expected(0, 0.0, 0.0, {})
    pair_counts.register_people(connection, person)
    found = {
        what: agreements.count(connection, columns, _third(columns, model))
        for what, columns in _ALIKE.items()
        if set(columns) <= set(model.compared)
    }
    [(linked, sure)] = connection.execute(
        """
        SELECT count(*), coalesce(sum(1 / (1 + pow(2, -greatest(weight, -500)))), 0)
        FROM pair JOIN person_given l ON l.number = one JOIN person_given r ON r.number = other
        WHERE l.person = r.person
        """
    ).fetchall()
    [(between,)] = connection.execute(
        "SELECT coalesce(sum(sources * (sources - 1) // 2), 0) FROM (SELECT count(DISTINCT source) AS sources "
        "FROM record JOIN person_given USING (number) GROUP BY person)"
    ).fetchall()
    connection.unregister("person_given")
    alike = {what: one.between for what, one in found.items()}
    true_pairs = min(_true_pairs(model, found), agreements.most(connection))
    return Expected(int(linked), float(sure), true_pairs, alike, int(between))


def _third(columns: tuple[str, str], model: PairModel) -> str | None:
    """Return which of names and birthday is not among two of them, where it is compared."""
    third = next(one for one in ("given_name", "family_name", "date_of_birth") if one not in columns)
    return third if third in model.compared else None


def _true_pairs(model: PairModel, found: Mapping[str, Agreements]) -> float:
    """Return how many pairs are thought to be one person; 0 where nothing was learnt or too few agree to bear it out.

    What is learnt takes twins within a file for one person where nobody says that it holds a person once. Then hardly
    any pairs of the number that is learnt agree in names and birthday; among those of one file, in the given name.
    """
    if not model.learnt:
        return 0.0
    between = max((one.between for one in found.values()), default=0)
    of_given = [one.inside for what, one in found.items() if what == _TELLS_TWINS] or [
        one.inside for one in found.values()
    ]
    seen = between + max(of_given, default=0)
    return model.true_pairs if not found or seen >= _BORNE_OUT * model.true_pairs else 0.0
