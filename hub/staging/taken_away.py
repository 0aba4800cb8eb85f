"""What a delivery takes away of what the one before it said: the counts, how much is much, and what may be shown. Pure.

| kind | what is taken away |
|---|---|
| a type of event | events that stood there, of whose time this delivery tells, and that it lacks: they hold no more |
| `involvements`, `families` | such times that stood there and stand here no more |
| `people` | people whom the source listed and lists no more: they leave the snapshot, with all that it said of them |

Much is a death, always; else `FEWEST` records that are also more than `SHARE` of all, and more than `PEOPLE_SHARE` of
the people: every year some leave a school.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.disclosing.disclosure import WITHHELD, SmallNumbers, as_json, in_table

FEWEST = 10
SHARE = 0.05
PEOPLE_SHARE = 0.25
DEATH = "death"
PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Loss:
    """What is taken away of one kind.

    Attributes:
        kind: a type of event, `involvements`, `families` or `people`.
        records: how many are taken away.
        of: of how many that stood there.
        people: of how many people they are.
        groups: for `sex` and `ethnicity` how many of these people are in each group, with groups of nobody.
    """

    kind: str
    records: int
    of: int
    people: int
    groups: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def is_much(self) -> bool:
        """Whether somebody must agree to it."""
        if self.kind == DEATH:
            return self.records > 0
        share = PEOPLE_SHARE if self.kind == PEOPLE else SHARE
        return self.records >= FEWEST and self.records > share * self.of

    def as_json(self, small: SmallNumbers) -> dict[str, Any]:
        """Return the JSON form, as it may be shown.

        Told together are the records, their people, and the people by group. What is left of the whole is no secret of
        a loss: it is what the delivery says that the reader holds.
        """
        told = small.told()
        numbers = {"records": self.records, "of": self.of, "people": self.people}
        places = {name: told.number(many, name, most=small.most(many)) for name, many in numbers.items()}
        told.at_most(places["people"], places["records"])
        for by, levels in self.groups.items():
            told.sum(places["people"], [told.number(many, (by, level)) for level, many in levels.items()])
        hidden = told.withheld()
        return {
            "kind": self.kind,
            **{name: as_json(small.count(many, hidden=name in hidden)) for name, many in numbers.items()},
            "groups": {
                by: {level: as_json(WITHHELD if (by, level) in hidden else many) for level, many in levels.items()}
                for by, levels in sorted(self.groups.items())
            },
            "must_be_agreed": self.is_much,
        }


def shown(source: str, found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows for a table from the JSON form of losses: one for each kind, and one for each of its groups."""
    rows = []
    for one in found:
        rows.append({"source": source, "kind": one["kind"], "group": "everybody", "people": in_table(one["people"]),
                     "records": in_table(one["records"]), "of": in_table(one["of"])})  # fmt: skip
        for by, levels in one["groups"].items():
            for level, many in levels.items():
                if many:
                    rows.append({"source": source, "kind": one["kind"], "group": f"{by}: {level}",
                                 "people": in_table(many), "records": "", "of": ""})  # fmt: skip
    return rows
