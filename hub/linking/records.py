"""One linkable record for each record key: the newest of what a source says of a person, with its history.

`record` has one row for each record key, from the view `identity_row` (hub.tables.IDENTITY_RECORD):

| column | what |
|---|---|
| number | from 0 in the order of (source, source_person_id), so that it is the same in every workspace |
| record_key, source | as in the identity rows |
| exclusive | the source when it holds one record a person, else the record key: two records with the same one differ |
| given_name, family_name, date_of_birth, sex, locality, email | the newest that is recorded, in one spelling |
| given_first, given_rest | first part of the given name, and the later ones |
| given_solid, family_solid | the names without the blanks between their parts |
| given_scanned, family_scanned | the same with letters that look alike as one letter (hub.identity.spellings.scanned) |
| given_forms | every part of every given name ever recorded, with its everyday and formal forms |
| family_parts | every family name ever recorded, and the parts of double names |
| given_sound, family_sound | how the names sound (hub.identity.spellings.sound) |
| homes | every address ever recorded, each as `house number/letters of the street/postcode`, any of them empty |
| addresses | the ones with a street, as words and postcode |
| postcodes, localities, emails | every one ever recorded, without order |
| house_numbers, email_halves | of the homes; what is before and behind the @ |
| postcode_halves | what is before the last three characters, and these |
| identifiers, identifier_kinds | `kind=value`, and the kinds |
"""

from collections.abc import Collection
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from hub import sql
from hub.declarations.placeholders import Placeholders
from hub.identity import spellings
from hub.linking import shared_values
from hub.linking.clusters import LARGEST
from hub.linking.nicknames import NAMESAKES
from hub.linking.shared_values import SetAside

_NEWEST = "ORDER BY known_from DESC, valid_from DESC NULLS LAST, {0}) FILTER ({0} IS NOT NULL)"


_ONE = ("given_name", "family_name", "date_of_birth", "sex", "locality", "email")
_EVERY = {
    "given_name": "given_names",
    "family_name": "family_names",
    "home": "homes",
    "address": "addresses",
    "postcode": "postcodes",
    "locality": "localities",
    "email": "emails",
}


def _newest() -> str:
    """Return SQL for one row a record: the newest and every value of its rows in `spelt`.

    Most records have a single row, which needs no ordering; the table `repeated` holds the keys of the others.
    """
    newest = (f"list({name} {_NEWEST.format(name)}[1] AS {name}" for name in _ONE)
    every = (
        f"coalesce(list_sort(list_distinct(list({name}) FILTER ({name} IS NOT NULL))), []) AS {names}"
        for name, names in _EVERY.items()
    )
    only = (f"CASE WHEN {name} IS NULL THEN [] ELSE [{name}] END AS {names}" for name, names in _EVERY.items())
    return f"""
        SELECT record_key, source, source_person_id, {", ".join(_ONE)}, {", ".join(only)}
        FROM spelt ANTI JOIN repeated USING (record_key)
        UNION ALL
        SELECT record_key, any_value(source) AS source, any_value(source_person_id) AS source_person_id,
               {", ".join(newest)}, {", ".join(every)}
        FROM spelt SEMI JOIN repeated USING (record_key) GROUP BY record_key
    """


@dataclass(frozen=True, slots=True)
class Built:
    """How many records there are, how many identifiers name nobody, and what was set aside (linking.shared_values)."""

    records: int
    refused_identifiers: int
    aside: tuple[SetAside, ...] = ()


def build(
    connection: duckdb.DuckDBPyConnection,
    one_record_sources: Collection[str],
    *,
    placeholders: Placeholders | None = None,
) -> Built:
    """Make the table `record` from the view `identity_row`, and the table `aside` of hub.linking.shared_values.

    Args:
        connection: a DuckDB that has the view.
        one_record_sources: the sources that hold one record a person.
        placeholders: what means "not known" besides what hub.declarations.placeholders lists.
    """
    _namesakes(connection)
    _spelt(connection)
    aside = shared_values.set_aside(connection, placeholders or Placeholders())
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE repeated AS SELECT record_key FROM spelt GROUP BY 1 HAVING count(*) > 1"
    )
    refused = _refused_identifiers(connection, tuple(one_record_sources))
    _record(connection, one_record_sources)
    for name in ("spelt", "repeated", "known_identifier", "refused_identifier"):
        connection.execute(f"DROP TABLE {name}")
    [(records,)] = connection.execute("SELECT count(*) FROM record").fetchall()
    return Built(int(records), refused, aside)


def _namesakes(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `namesake`: each form of a given name and the names that it may stand for (bill, william)."""
    namesakes = pa.table(list(zip(*NAMESAKES, strict=True)), names=["form", "namesake"])
    connection.register("namesake_given", namesakes)
    connection.execute("CREATE OR REPLACE TABLE namesake AS FROM namesake_given")
    connection.unregister("namesake_given")


def _spelt(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `spelt`: every row of identity with everything in one spelling, or NULL where it says nothing.

    | given_name      | becomes    | postcode | becomes | date_of_birth | becomes    |
    | " Zoë-Ann "     | zoe ann    | LE1 1AA  | le11aa  | 0011-03-02    | NULL       |
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE spelt AS
        SELECT record_key, source, source_person_id, known_from, valid_from,
               {spellings.name("given_name")} AS given_name,
               {spellings.name("family_name")} AS family_name,
               CASE WHEN year(date_of_birth) BETWEEN 1800 AND 2199 THEN strftime(date_of_birth, '%Y-%m-%d') END
                   AS date_of_birth,
               {spellings.sex("sex")} AS sex,
               {spellings.postcode("postcode")} AS postcode,
               {spellings.address("address")} AS street,
               street || '|' || coalesce({spellings.postcode("postcode")}, '') AS address,
               {spellings.home(spellings.address("address"), spellings.postcode("postcode"))} AS home,
               {spellings.name("locality")} AS locality,
               {spellings.email("email")} AS email,
               [entry.key || '=' || {spellings.identifier("entry.value")} FOR entry IN map_entries(identifiers)
                IF {spellings.identifier("entry.value")} IS NOT NULL] AS identifiers
        FROM identity_row
        """
    )


def _record(connection: duckdb.DuckDBPyConnection, one_record_sources: Collection[str]) -> None:
    """Make `record` of `spelt`, one row for each record key; the module's docstring says its columns.

    `newest` takes of several rows of one key what was said last and lists what was ever said (`_newest`); `known` keeps
    the identifiers that name somebody; `parts` and `forms` are the given names and what they may stand for; `sounds`
    is how names sound, worked out once for each name.

    Args:
        connection: holds `spelt`, `repeated`, `namesake`, `known_identifier` and `refused_identifier`.
        one_record_sources: the sources that hold one record a person: two records of one cannot be one person.
    """
    exclusive = f"CASE WHEN source IN {sql.texts(['', *one_record_sources])} THEN source ELSE record_key END"
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE record AS
        WITH newest AS (
            {_newest()}
        ),
        known AS (
            SELECT record_key, list_sort(list(identifier)) AS identifiers
            FROM known_identifier ANTI JOIN refused_identifier USING (identifier) GROUP BY record_key
        ),
        names AS (SELECT DISTINCT given_names FROM newest WHERE given_name IS NOT NULL),
        parts AS (
            SELECT DISTINCT given_names, unnest(flatten([string_split(one, ' ') FOR one IN given_names])) AS part
            FROM names
        ),
        forms AS (
            SELECT given_names, list_sort(list_distinct(list(form))) AS given_forms FROM (
                SELECT given_names, part AS form FROM parts
                UNION ALL SELECT given_names, namesake FROM parts JOIN namesake ON part = form
            ) GROUP BY given_names
        ),
        sounds AS (
            SELECT name, {spellings.sound("name")} AS sound FROM (
                SELECT string_split(given_name, ' ')[1] AS name FROM newest UNION SELECT family_name FROM newest
            )
        )
        SELECT row_number() OVER (ORDER BY source, source_person_id, record_key) - 1 AS number,
               record_key, source, {exclusive} AS exclusive,
               given_name,
               string_split(given_name, ' ')[1] AS given_first,
               nullif(array_to_string(string_split(given_name, ' ')[2:], ' '), '') AS given_rest,
               coalesce(given_forms, []) AS given_forms,
               given.sound AS given_sound,
               replace(given_name, ' ', '') AS given_solid,
               {spellings.scanned("replace(given_name, ' ', '')")} AS given_scanned,
               family_name,
               replace(family_name, ' ', '') AS family_solid,
               {spellings.scanned("replace(family_name, ' ', '')")} AS family_scanned,
               list_sort(list_distinct(family_names || flatten([string_split(one, ' ') FOR one IN family_names])))
                   AS family_parts,
               family.sound AS family_sound,
               date_of_birth,
               sex, locality, email, homes, addresses, postcodes, localities, emails,
               list_sort(list_distinct([number FOR number IN [split_part(one, '/', 1) FOR one IN homes]
                                        IF number <> ''])) AS house_numbers,
               list_sort(list_distinct(flatten([[split_part(one, '@', 1) || '@', '@' || split_part(one, '@', 2)]
                                                FOR one IN emails IF contains(one, '@')]))) AS email_halves,
               list_sort(list_distinct(flatten([[one[:-4] || '>', '>' || one[-3:]] FOR one IN postcodes])))
                   AS postcode_halves,
               coalesce(identifiers, []) AS identifiers,
               coalesce(list_sort(list_distinct([string_split(one, '=')[1] FOR one IN identifiers])), [])
                   AS identifier_kinds
        FROM newest LEFT JOIN forms USING (given_names) LEFT JOIN known USING (record_key)
        LEFT JOIN sounds given ON given.name = string_split(given_name, ' ')[1]
        LEFT JOIN sounds family ON family.name = family_name
        ORDER BY number
        """
    )


_ENOUGH_ONCE, _TWICE = 500, 2_000


def take_as_once(connection: duckdb.DuckDBPyConnection, sources: Collection[str]) -> tuple[str, ...]:
    """Take sources as holding each person once whose records show it, and return them.

    A file of 500 records and more, of which not one in 2,000 stands there twice to the letter while many stand in
    another file too, holds a person once, or nearly. Then two records in it are two people: twins, above all.

    Args:
        connection: holds the table `record`, whose column `exclusive` is changed.
        sources: of which nobody says so.
    """
    rows = connection.execute(
        f"""
        WITH named AS (
            SELECT source, given_name, family_name, date_of_birth, count(*) AS n FROM record
            WHERE given_name IS NOT NULL AND family_name IS NOT NULL AND date_of_birth IS NOT NULL GROUP BY ALL
        ), elsewhere AS (
            SELECT given_name, family_name, date_of_birth, true AS seen FROM named GROUP BY ALL HAVING count(*) > 1
        )
        SELECT source FROM named LEFT JOIN elsewhere USING (given_name, family_name, date_of_birth)
        WHERE source IN {sql.texts(["", *sources])} GROUP BY source
        HAVING sum(n) >= {_ENOUGH_ONCE} AND sum(n * (n - 1) / 2) * {_TWICE} <= sum(n)
            AND count(seen) >= 20 * greatest(sum(n * (n - 1) / 2), 1) ORDER BY 1
        """
    ).fetchall()
    found = tuple(source for (source,) in rows)
    connection.execute(f"UPDATE record SET exclusive = source WHERE source IN {sql.texts(['', *found])}")
    return found


def _refused_identifiers(connection: duckdb.DuckDBPyConnection, one_record_sources: tuple[str, ...]) -> int:
    """Make `known_identifier` and `refused_identifier`; return how many identifiers are refused.

    An identifier that a source with one record a person gives to two people names nobody; nor does one on more
    records than a person can have. Placeholders such as 999 999 9999 are found so, without a list of them.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE known_identifier AS "
        "SELECT DISTINCT source, record_key, unnest(identifiers) AS identifier FROM spelt"
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE refused_identifier AS SELECT DISTINCT identifier FROM (
            SELECT identifier FROM known_identifier GROUP BY source, identifier
            HAVING count(*) > CASE WHEN source IN {sql.texts(["", *one_record_sources])} THEN 1 ELSE {LARGEST} END
        )
        """
    )
    [(refused,)] = connection.execute("SELECT count(*) FROM refused_identifier").fetchall()
    return int(refused)
