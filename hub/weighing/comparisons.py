"""What Splink compares, which pairs it looks at, and what it assumes before it has learnt from the data.

The household trap: brothers, sisters and twins share surname, address and postcode, sometimes the birthday. So the
place is one comparison (address or postcode, never both counted), the model never learns from pairs found by place,
and pairs that cannot be one person (two records of a source with one record a person) are not looked at.

Every level carries a starting m (share of true pairs at this level) and u (share of other pairs): with too few
records to learn from they stand as they are; otherwise u is counted on random pairs and m is learnt.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.weighing.levels import COMPARISONS as COMPARISONS

_SWAPPED = "swapped with the family name"
FREQUENT = ("given_name", "family_name")
NOT_LEARNT = ("identifiers",)
"""Comparisons that are not learnt with the others: how often identifiers are wrong stands in `identifiers`."""
M_NOT_LEARNT = (("given_name", "different"), ("date_of_birth", "a generation apart"))
"""Twins look like true pairs whose given names differ, and a father and son of one name like true pairs whose birthdays
do, so EM would learn from them that names and birthdays often differ."""
LEAST_FREQUENCY = 0.00001
"""No name counts as rarer than this."""

_SHARED_BY_MISTAKE = 0.001
# Of the pairs that share an identifier, this share is taken to be two people (mixed up or mistyped).

_OTHER = "l.exclusive <> r.exclusive"
Blocks = Sequence[tuple[str, str, Sequence[str]]]


def _same(*expressions: str) -> str:
    """Return the equi-join of two records on expressions in which `@` stands for a record."""
    equal = " AND ".join(f"{one.replace('@', 'l')} = {one.replace('@', 'r')}" for one in expressions)
    return f"{equal} AND {_OTHER}"


_GIVEN, _FAMILY = "left(@.given_name, 1)", "left(@.family_name, 1)"
_BORN = "@.date_of_birth"
_YEAR_OF_BIRTH, _MONTH_OF_BIRTH = "left(@.date_of_birth, 4)", "@.date_of_birth[6:7]"
BLOCKS: Blocks = (
    # What an agency knows for certain, whatever else is misspelt.
    ("an identifier", _same("@.identifiers"), ("identifiers",)),
    ("one half of an e-mail address", _same("@.email_halves"), ("email_halves",)),
    # The birthday is right; one of the names may be misspelt, changed or missing.
    ("birthday and first letter of the given name", _same(_BORN, _GIVEN), ()),
    ("birthday and first letter of the family name", _same(_BORN, _FAMILY), ()),
    # The birthday is right; the names are misspelt in their first letters, swapped or both gone.
    ("birthday and postcode", _same(_BORN, "@.postcodes"), ("postcodes",)),
    ("birthday and locality", _same(_BORN, "@.localities"), ("localities",)),
    # The birthday is wrong or missing.
    ("both names", _same("@.given_name", "@.family_name"), ()),
    ("names swapped", f"l.given_name = r.family_name AND l.family_name = r.given_name AND {_OTHER}", ()),
    ("sounds of both names and year of birth", _same("@.given_sound", "@.family_sound", _YEAR_OF_BIRTH), ()),
    ("first letter of the given name and postcode", _same(_GIVEN, "@.postcodes"), ("postcodes",)),
    ("sound of the family name and postcode", _same("@.family_sound", "@.postcodes"), ("postcodes",)),
    # The birthday is wrong, or a name is missing; there may be no address but a town.
    (
        "given name, month of birth and locality",
        _same("@.given_name", _MONTH_OF_BIRTH, "@.localities"),
        ("localities",),
    ),
    (
        "family name, month of birth and locality",
        _same("@.family_name", _MONTH_OF_BIRTH, "@.localities"),
        ("localities",),
    ),
    # The birthday is wrong and so is the postcode.
    ("first letter of the given name and address", _same(_GIVEN, "@.homes"), ("homes",)),
    # Two of day, month and year are right; the family name has changed.
    ("given name, day and month of birth", _same("@.given_name", "right(@.date_of_birth, 5)"), ()),
    ("given name, year and month of birth", _same("@.given_name", "left(@.date_of_birth, 7)"), ()),
)
INSIDE: Blocks = (("one component", "l.component = r.component", ()),)
LEARNT_FROM: Mapping[tuple[str, ...], str] = {
    ("date_of_birth",): f"l.date_of_birth = r.date_of_birth AND {_OTHER}",
    ("given_name", "family_name"): f"l.given_name = r.given_name AND l.family_name = r.family_name AND {_OTHER}",
}
"""EM learns from pairs with one birthday, then from pairs with the same names; never from pairs at one place.
For each rule the comparisons whose values are the same."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """Shares of pairs at each level of each comparison: `m` of true pairs, `u` of other pairs."""

    m: Mapping[str, Mapping[str, float]]
    u: Mapping[str, Mapping[str, float]]


def condition(comparison: str, label: str) -> str:
    """Return the condition of one level over two records called `l` and `r`."""
    found = next(sql for name, sql, _, _ in COMPARISONS[comparison] if name == label)
    return "(" + re.sub(r"\b([a-z_]+)_([lr])\b", r"\2.\1", found or "true") + ")"


def case(comparison: str, values: Mapping[str, float]) -> str:
    """Return SQL over two records `l` and `r`: the value of the level at which they stand; 1 where nothing is known."""
    levels = COMPARISONS[comparison]
    whens = (f"WHEN {condition(comparison, label)} THEN {values.get(label, 1.0):.15e}" for label, *_ in levels[:-1])
    return f"CASE {' '.join(whens)} ELSE {values[levels[-1][0]]:.15e} END"


def level_number(comparison: str) -> str:
    """Return SQL over two records `l` and `r`: the position of their level in COMPARISONS, 0 where nothing is known."""
    labels = [label for label, *_ in COMPARISONS[comparison]]
    whens = (f"WHEN {condition(comparison, label)} THEN {at}" for at, label in enumerate(labels[:-1]))
    return f"CASE {' '.join(whens)} ELSE {len(labels) - 1} END"


def label_number(comparison: str, label: str) -> int:
    """Return the position of a level in COMPARISONS."""
    return [name for name, *_ in COMPARISONS[comparison]].index(label)


def settings(columns: Sequence[str], prior: float, learnt: Learnt | None = None, blocks: Blocks = BLOCKS) -> Any:
    """Return Splink's SettingsCreator.

    Args:
        columns: the comparisons to make, of COMPARISONS; leave out those of which nothing is recorded.
        prior: the probability that two random records are one person, in (0, 1).
        learnt: what to put in place of the starting values.
        blocks: which pairs are looked at.
    """
    from splink import SettingsCreator
    from splink.blocking_rule_library import CustomRule

    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="number",
        probability_two_random_records_match=prior,
        comparisons=[_comparison(name, (learnt or starting_values(columns, prior))) for name in columns],
        blocking_rules_to_generate_predictions=[
            CustomRule(condition, arrays_to_explode=list(arrays) or None) for _, condition, arrays in blocks
        ],
        retain_matching_columns=False,
        max_iterations=50,
    )


def starting_values(columns: Sequence[str], prior: float) -> Learnt:
    """Return m and u of each level before anything is learnt."""
    shares = {name: {label: (m, u) for label, _, m, u in COMPARISONS[name] if label != "null"} for name in columns}
    m = {name: {label: m for label, (m, _) in levels.items()} for name, levels in shares.items()}
    u = {name: {label: u for label, (_, u) in levels.items()} for name, levels in shares.items()}
    return Learnt(m, capped(u, prior, m))


MOST_DIFFERENT = {
    ("given_name", "different"): 0.15,
    ("family_name", "different"): 0.2,
    ("date_of_birth", "different"): 0.2,
    ("date_of_birth", "two digits"): 0.2,
    ("date_of_birth", "within a year"): 0.1,
    ("date_of_birth", "a generation apart"): 0.06,
    ("sex", "different"): 0.1,
    ("place", "different"): 0.8,
    ("email", "different"): 0.6,
    ("identifiers", "different"): 0.1,
}
"""How many of the true pairs may stand at a level at most, whatever was learnt. More was never seen, in the public test
data with the most errors neither; where more is learnt, pairs of strangers taught it."""


_USUAL = 0.2
# Where fewer true pairs have the same value, as with middle names in one file only, it is no measure of the others.


def plausible(learnt: Learnt) -> tuple[Learnt, list[str]]:
    """Return what was learnt within plausible bounds, and in plain words what was out of them.

    No level speaks more for one person than that of the same value in its comparison (names that are swapped speak of
    two comparisons and are left out), and no more true pairs differ than MOST_DIFFERENT says.
    """
    m = {name: dict(levels) for name, levels in learnt.m.items()}
    u = {name: dict(levels) for name, levels in learnt.u.items()}
    found = []
    for name, levels in m.items():
        for label, most in ((label, MOST_DIFFERENT.get((name, label))) for label in levels):
            if most is not None and levels[label] > most:
                found.append(f"{name}, {label}: {levels[label]:.3f} of true pairs was learnt, {most} is taken")
                levels[label] = most
        first = next(iter(levels))
        strongest = levels[first] / u[name][first]
        for label in levels if levels[first] >= _USUAL else ():
            if label != _SWAPPED and levels[label] / u[name][label] > strongest:
                u[name][label] = levels[label] / strongest
    return Learnt(m, u), found


def capped(
    u: Mapping[str, Mapping[str, float]], prior: float, m: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    """Return `u` where it is known better than random pairs can show.

    No more pairs of strangers share an identifier than are mixed up by mistake. Strangers have swapped names as often
    as they have the same names and one of them was swapped: u(swapped) is at least m(swapped) x u(same given name) x
    u(same family name).
    """
    found = {name: dict(levels) for name, levels in u.items()}
    if "identifiers" in found:
        same = found["identifiers"]["one is the same"]
        found["identifiers"]["one is the same"] = min(same, prior * _SHARED_BY_MISTAKE)
    if {"given_name", "family_name"} <= set(found):
        both = found["given_name"]["the same"] * found["family_name"]["the same"]
        swapped = m["given_name"][_SWAPPED] * both
        found["given_name"][_SWAPPED] = max(found["given_name"][_SWAPPED], swapped)
    return found


def _comparison(name: str, learnt: Learnt) -> dict[str, Any]:
    levels: list[dict[str, Any]] = []
    for label, sql, _, _ in COMPARISONS[name]:
        level: dict[str, Any] = {"sql_condition": sql or "ELSE", "label_for_charts": label}
        if label == "null":
            level["is_null_level"] = True
        else:
            level |= {"m_probability": learnt.m[name][label], "u_probability": learnt.u[name][label]}
            level["fix_m_probability"] = (name, label) in M_NOT_LEARNT
        if label == "the same" and name in FREQUENT:
            level |= {"tf_adjustment_column": name, "tf_minimum_u_value": LEAST_FREQUENCY}
        levels.append(level)
    return {"output_column_name": name, "comparison_levels": levels}
