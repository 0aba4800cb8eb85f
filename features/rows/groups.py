"""Audit groups as SQL over `person`, `area` and `looked(person_id, as_of_date)`; no model ever sees them."""

from itertools import pairwise

from features.declarations.use_cases import Group, UseCase
from features.rows.feature_sets import NOT_RECORDED
from hub import sql

_AGE = "date_sub('year', birth_month, as_of_date)"


def groups_statement(use_case: UseCase) -> str:
    """Return the SELECT of the audit groups: one row per (person_id, as_of_date) of `looked`, sorted by both."""
    columns = ", ".join(f"{_group(group)} AS {sql.name(group.name)}" for group in use_case.groups)
    return f"""
        SELECT looked.person_id, looked.as_of_date, {columns}
        FROM looked JOIN person USING (person_id) LEFT JOIN area USING (area_id)
        ORDER BY looked.person_id, looked.as_of_date
    """


def _group(group: Group) -> str:
    if group.column == "age":
        value = _AGE
    elif group.column.startswith("person.attributes."):
        value = f"person.attributes[{sql.text(group.column.removeprefix('person.attributes.'))}]"
    else:
        value = group.column
    label = _band(value, group.bands) if group.bands else _labelled(f"({value})::VARCHAR", group.labels)
    return f"coalesce(nullif({label}, ''), {sql.text(NOT_RECORDED)})"


def _labelled(value: str, labels: dict[str, str]) -> str:
    """Return CASE that puts plain words to codes; a code without words stands for itself."""
    if not labels:
        return value
    cases = " ".join(f"WHEN {sql.text(code)} THEN {sql.text(label)}" for code, label in labels.items())
    return f"CASE {value} {cases} ELSE {value} END"


def _band(value: str, starts: tuple[int, ...]) -> str:
    """Return CASE for bands of whole numbers: below the first start, from each start to before the next, and on."""
    labels = [f"below {starts[0]}"]
    labels += [f"{low}" if high == low + 1 else f"{low} to {high - 1}" for low, high in pairwise(starts)]
    labels.append(f"{starts[-1]} and over")
    cases = " ".join(
        f"WHEN {value} < {start} THEN {sql.text(label)}" for start, label in zip(starts, labels[:-1], strict=True)
    )
    return f"CASE {cases} WHEN {value} >= {starts[-1]} THEN {sql.text(labels[-1])} END"
