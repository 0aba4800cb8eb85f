"""The quarantine by group: for each source, rule and group, how many rows are set aside, and of how many people.

    found = by_group(workspace, partnership, "ethnicity")

A row is its person's when its cell of the person's identifier names somebody whom the source lists; the group is what
the source recorded of them last. Of all others it is not known whose row it is. That is shown as a level of its own:
where identifiers are damaged more often for some children, they are there.

How many rows came in for a group is not stored, so no share of rows can be given. What can be had is a share of people:
of those of the group whom the source lists, how many have a row in quarantine. A figure that is much larger for one
group says that the source's files are worse about it. Only the hub calls this: it opens the identity store.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hub import figures, small_numbers, sql
from hub.declarations.mapping import mappings
from hub.declarations.partnership import Partnership
from hub.declarations.sources import Source
from hub.identity import store as identity_store
from hub.small_numbers import hide
from hub.staging import extracts
from hub.staging.extracts import Extract
from hub.staging.recorded_groups import ETHNICITY, SEX
from hub.workspace import Workspace

Grouping = Literal["sex", "ethnicity"]

NOT_KNOWN = "not known whose row it is"
"""The level of rows that nobody listed by the source can be found for."""

NO_SHARE_OF_ROWS = (
    "How many rows came in for each group is not stored, so shares are of people: of those whom the source lists in "
    "the group, how many have a row in quarantine."
)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Count:
    """The rows of one source that break one rule, of one group.

    Attributes:
        source: the source.
        rule: the rule, such as `birth_date: date`.
        level: the group, or `NOT_KNOWN`.
        rows: rows in quarantine.
        people: distinct people of the group whose rows they are; 0 under `NOT_KNOWN`.
        listed: people of the group whom the source lists; 0 under `NOT_KNOWN`.
    """

    source: str
    rule: str
    level: str
    rows: int
    people: int
    listed: int


def by_group(workspace: Workspace, partnership: Partnership, by: Grouping) -> dict[str, Any]:
    """Return the quarantine of the extracts that hold now by group, as JSON in which every small number is withheld.

    Args:
        workspace: where the extracts lie.
        partnership: says which column of a file holds the identifier of its person.
        by: `sex`, or `ethnicity` in its five groups.

    Returns:
        `by`, `note` (why there is no share of rows) and `rows`: for each source, rule and level `source, rule, group,
        rows, people, listed, share`; share is `people / listed`, from 0 to 1, with its 95 % Wilson interval.

    Raises:
        IntegrityError: a file of the identity store is missing or has changed.
    """
    declared = {source.name: source for source in partnership.sources}
    held: dict[str, list[Extract]] = {}
    for extract in extracts.current_extracts(workspace):
        held.setdefault(extract.source, []).append(extract)
    found: list[Count] = []
    for name in sorted(held):
        found += _counts(workspace, name, declared.get(name), held[name], by)
    return {"by": by, "note": NO_SHARE_OF_ROWS, "rows": shown(found)}


def shown(counts: Sequence[Count]) -> list[dict[str, Any]]:
    """Return the counts as rows that may be shown, rule by rule (see `hide`)."""
    rules: dict[tuple[str, str], list[Count]] = {}
    for one in counts:
        rules.setdefault((one.source, one.rule), []).append(one)
    rows = []
    for (source, rule), levels in sorted(rules.items()):
        groups = [one for one in levels if one.level != NOT_KNOWN]
        listed = dict(zip((one.level for one in groups), hide([one.listed for one in groups]), strict=True))
        people = dict(zip((one.level for one in groups), hide([one.people for one in groups]), strict=True))
        for one, many in zip(levels, hide([one.rows for one in levels]), strict=True):
            row: dict[str, Any] = {"source": source, "rule": rule, "group": one.level, "rows": many}
            if one.level == NOT_KNOWN:
                share = figures.NotComputed(0, NOT_KNOWN).as_json()
                rows.append(row | {"people": None, "listed": None, "share": share})
                continue
            own, of = people[one.level], listed[one.level]
            if isinstance(many, str) and not isinstance(own, str):
                own = small_numbers.WITHHELD  # There are no fewer rows than people.
            elif many == 0:
                own = 0
            hidden = [hidden for hidden in (own, of) if isinstance(hidden, str)]
            share = {"withheld": hidden[0]} if hidden else figures.share(one.people, one.listed, "people").as_json()
            rows.append(row | {"people": own, "listed": of, "share": share})
    return rows


def _counts(
    workspace: Workspace, name: str, source: Source | None, held: Sequence[Extract], by: Grouping
) -> list[Count]:
    """Count the rows of one source; every level that its people have stands under every rule, also with 0."""
    identity, quarantined = [], []
    for extract in held:
        identity.append(identity_store.records(workspace, name, extract.digest))
        quarantined.append(identity_store.quarantined(workspace, name, extract.digest))
        identity_store.check(identity[-1], extract.facts.identity_sha256)
        identity_store.check(quarantined[-1], extract.facts.quarantine_sha256)
    said, level = {"sex": ("sex", SEX), "ethnicity": ("ethnicity", ETHNICITY)}[by]
    with sql.connect() as connection:
        connection.execute(
            f"""
            CREATE TABLE person AS SELECT source_person_id AS id, {level} AS level FROM (
                SELECT source_person_id,
                       list({said} ORDER BY known_from DESC, {said}) FILTER ({said} IS NOT NULL)[1] AS said
                FROM read_parquet({_list(path.as_posix() for path in identity)}) GROUP BY source_person_id
            )
            """
        )
        found = connection.execute(
            f"""
            WITH broken AS (
                SELECT unnest(rules) AS rule, {_id(source)} AS id
                FROM read_parquet({_list(path.as_posix() for path in quarantined)})
            ), counted AS (
                SELECT rule, coalesce(level, {sql.text(NOT_KNOWN)}) AS level, count(*) AS rows,
                       count(DISTINCT person.id) AS people
                FROM broken LEFT JOIN person USING (id) GROUP BY ALL
            ), listed AS (SELECT level, count(*) AS listed FROM person GROUP BY level),
            every AS (
                SELECT rule, level, listed
                FROM (SELECT DISTINCT rule FROM counted),
                     (FROM listed UNION ALL SELECT {sql.text(NOT_KNOWN)}, 0)
            )
            SELECT rule, level, coalesce(rows, 0), coalesce(people, 0), listed
            FROM every LEFT JOIN counted USING (rule, level)
            ORDER BY rule, level = {sql.text(NOT_KNOWN)}, level
            """
        ).fetchall()
    return [Count(name, *row) for row in found]


def id_columns(source: Source) -> dict[str, tuple[str, ...]]:
    """Return, for each declared file, the columns that hold the identifier of its row's person, the likeliest first.

    That is what a mapping of people, or of something about a person, takes as their identifier, where it is a column as
    it stands: in a mapping of that file, else in one of another table.
    """
    own: dict[str, list[str]] = {}
    every = []
    for mapped in mappings(source):
        name = "id" if mapped.group == "people" else "person"
        for field in mapped.fields:
            if (
                field.name == name
                and mapped.group != "areas"
                and field.expression
                and _PLAIN.fullmatch(field.expression)
            ):
                own.setdefault(mapped.table, []).append(field.expression)
                every.append(field.expression)
    found = {}
    for file in source.files:
        there = {column.lower(): column for column in file.columns}
        likely = [there[one.lower()] for one in (*own.get(file.name, ()), *every) if one.lower() in there]
        found[file.name] = tuple(dict.fromkeys(likely))
    return found


def _id(source: Source | None) -> str:
    """Return the SQL of the identifier in a quarantined row, NULL where there is none."""
    cases = ["WHEN starts_with(mapping, 'people.') THEN cells['id']", "WHEN mapping IS NOT NULL THEN cells['person']"]
    for table, columns in (id_columns(source) if source is not None else {}).items():
        if columns:
            cells = ", ".join(f"nullif(trim(cells[{sql.text(column)}]), '')" for column in columns)
            cases.append(f'WHEN "table" = {sql.text(table)} THEN coalesce({cells}, NULL)')
    return f"CASE {' '.join(cases)} END"


def _list(texts: Any) -> str:
    return "[" + ", ".join(sql.text(one) for one in texts) + "]"


def text_of(share: Mapping[str, Any]) -> str:
    """Return a share of `by_group` for people."""
    return str(share["withheld"]) if "withheld" in share else figures.from_json(share).text()
