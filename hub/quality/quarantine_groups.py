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
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hub import figures, sql
from hub.declarations.mapping import mappings
from hub.declarations.partnership import Partnership
from hub.declarations.sources import Source
from hub.disclosing.disclosure import WITHHELD, Number, SmallNumbers, Withheld, as_json, in_table, text
from hub.disclosing.withheld_cells import Unit
from hub.figures import Stated
from hub.identity import store as identity_store
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
    listed: dict[str, dict[str, int]] = {}
    for name in sorted(held):
        counts, listed[name] = _counts(workspace, name, declared.get(name), held[name], by)
        found += counts
    return {"by": by, "note": NO_SHARE_OF_ROWS, "rows": shown(partnership.small_numbers, found, listed)}


def shown(
    small: SmallNumbers, counts: Sequence[Count], listed: Mapping[str, Mapping[str, int]]
) -> list[dict[str, Any]]:
    """Return the counts as rows that may be shown, rule by rule.

    Everybody knows how many rows break a rule: `hub quarantine` counts them. How many people a source lists, and how
    many of a group all sources list together, stands in the quality report: so the people of all sources and groups are
    one table.

    Args:
        small: which numbers may be shown.
        counts: of all sources and rules.
        listed: for each source, also one without quarantined rows, the people of each group whom it lists.
    """
    unlisted = _unlisted(small, listed)
    rules: dict[tuple[str, str], list[Count]] = {}
    for one in counts:
        rules.setdefault((one.source, one.rule), []).append(one)
    return [row for key in sorted(rules) for row in _rule(small, rules[key], unlisted)]


def _rule(small: SmallNumbers, levels: Sequence[Count], unlisted: Collection[Unit]) -> list[dict[str, Any]]:
    """Return the rows of one rule of one source; of one with few rows nothing is told by group, not even 0.

    Where the source lists nobody, every row is one of nobody known, and that is how many `hub quarantine` counts.
    """
    someone = any(one.listed for one in levels)
    few = someone and small.is_small(sum(one.rows for one in levels))
    hidden = _hidden(small, levels, unlisted) if someone else frozenset()
    found = []
    for one in levels:
        row = {"source": one.source, "rule": one.rule, "group": one.level}
        row["rows"] = as_json(WITHHELD if few or ("rows", one.level) in hidden else one.rows)
        if one.level == NOT_KNOWN:
            share: Stated | Withheld = figures.NotComputed(0, NOT_KNOWN)
            found.append(row | {"people": None, "listed": None, "share": share.as_json()})
            continue
        people: Number = WITHHELD if few or (_people_of(one), one.level) in hidden else one.people
        listed: Number = WITHHELD if (one.source, one.level) in unlisted else one.listed
        share = figures.share(one.people, one.listed, "people") if WITHHELD not in (people, listed) else WITHHELD
        found.append(row | {"people": as_json(people), "listed": as_json(listed), "share": share.as_json()})
    return found


def _people_of(one: Count) -> str:
    """Return with what the people of a group are shown or withheld."""
    return "people" if one.rows else "rows"


def _hidden(small: SmallNumbers, levels: Sequence[Count], unlisted: Collection[Unit]) -> frozenset[Unit]:
    """Return what is withheld of a rule, as ("rows" or "people", group)."""
    total = sum(one.rows for one in levels)
    if small.is_small(total):
        return frozenset()
    told = small.told()
    rows = [told.number(one.rows, ("rows", one.level), most=total) for one in levels]
    told.relation(dict.fromkeys(rows, 1), total, total)
    for place, one in zip(rows, levels, strict=True):
        if one.level == NOT_KNOWN:
            continue
        # A row of the group is somebody's: that there are no people tells that there are no rows.
        people = told.number(one.people, (_people_of(one), one.level))
        told.at_most(people, place)
        # That nobody else is listed would tell of everybody in the group that a row of theirs is wrong.
        left = one.listed - one.people
        others = told.number(left, None, small=one.listed > 0 and left < small.fewest)
        if (one.source, one.level) in unlisted:
            told.sum(told.number(one.listed, None, small=False), (people, others))
        else:
            told.relation({people: 1, others: 1}, one.listed, one.listed)
    return told.withheld()


def _unlisted(small: SmallNumbers, listed: Mapping[str, Mapping[str, int]]) -> frozenset[Unit]:
    """Return of which (source, group) it is not told how many people the source lists.

    All sources and groups are one table. Its sums over groups and over sources are known, but for groups of which all
    sources together list few: of them, and of as many others as it takes, the quality report does not tell the sum.
    """
    groups = sorted({group for by_group in listed.values() for group in by_group})
    sums = [sum(by_group.get(group, 0) for by_group in listed.values()) for group in groups]
    told = small.told()
    # A group of which a source lists nobody has no row, so everybody knows that it is nobody.
    places = {
        (source, group): told.number(many, (source, group))
        for source, by_group in listed.items()
        for group, many in by_group.items()
    }
    for source, by_group in listed.items():
        total = sum(by_group.values())
        told.relation({places[source, group]: 1 for group in by_group}, total, total)
    for group, total, said in zip(groups, sums, small.parts(sums), strict=True):
        parts = [places[source, group] for source, by_group in listed.items() if group in by_group]
        if isinstance(said, int):
            told.relation(dict.fromkeys(parts, 1), total, total)
        else:
            told.sum(told.number(total, None), parts)
    return told.withheld()


def _counts(
    workspace: Workspace, name: str, source: Source | None, held: Sequence[Extract], by: Grouping
) -> tuple[list[Count], dict[str, int]]:
    """Count the rows of one source, and the people whom it lists by group.

    Every group that its people have stands under every rule, also with 0.
    """
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
        listed = connection.execute("SELECT level, count(*) FROM person GROUP BY level").fetchall()
    return [Count(name, *row) for row in found], dict(listed)


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


def in_words(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of `by_group` for people."""
    share = row["share"]
    words = text(share) if "withheld" in share else figures.from_json(share).text()
    return {name: in_table(value) for name, value in row.items()} | {"share": words}
