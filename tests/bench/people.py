"""A county of invented people, made in seconds: six sources, households, twins, errors, identifiers, and the truth.

    write(connection, records, folder)      # folder/SOURCE.parquet (hub.tables.IDENTITY_RECORD) and truth.parquet

Families have one to five children, one surname (93 %), one address, sometimes a second one; 3 % of births are twins.
Given names are drawn from 1,500 and family names from 20,000, the common ones as common as in life. Every draw is a
hash of what is drawn for, so that the same call gives the same people.
"""

from pathlib import Path

import duckdb

from hub import parquet_files, sql
from hub.tables import IDENTITY_RECORD

SOURCES = {
    "school": (0.9, "upn", 0.95),
    "health": (0.75, "nhs_number", 0.9),
    "social_care": (0.25, "upn", 0.5),
    "police": (0.3, None, 0.0),
    "early_help": (0.35, "nhs_number", 0.3),
    "youth_justice": (0.12, "nhs_number", 0.5),
}
"""Share of children whom a source knows, the kind of identifier that it holds, and how often."""

MANY = ("police",)
"""The sources that may hold one person twice."""

RECORDS_A_CHILD = sum(share for share, _, _ in SOURCES.values())
_GIVEN, _FAMILY = 1_500, 20_000
_SYLLABLES = ["ba", "ral", "den", "to", "mi", "shor", "ka", "wen", "li", "gar", "so", "ne", "fi", "dru", "pel", "ya"]


def write(connection: duckdb.DuckDBPyConnection, records: int, folder: Path) -> None:
    """Write the identity rows of about so many records, and the truth (source, source_person_id, true_person)."""
    children = round(records / RECORDS_A_CHILD)
    syllables = "[" + ", ".join(f"'{one}'" for one in _SYLLABLES) + "]"
    connection.execute(
        f"""
        CREATE OR REPLACE MACRO draw(of, what) AS (hash(of, what) % 1000000007)::DOUBLE / 1000000007;
        CREATE OR REPLACE MACRO pick(of, what, many) AS (hash(of, what) % many)::BIGINT;
        CREATE OR REPLACE MACRO syllable(place, number) AS ({syllables})[((number >> (4 * place)) % 16 + 1)::BIGINT];
        CREATE OR REPLACE MACRO word(number) AS
            syllable(2, number * 977) || syllable(1, number) || syllable(0, number) || syllable(3, number * 31);
        CREATE OR REPLACE MACRO common(share, names, start) AS
            (start * (pow((names + start) / start, share) - 1))::BIGINT;
        CREATE OR REPLACE MACRO misspelt(text, share, letter) AS
            left(text, 1 + (share * (len(text) - 1))::INT) || ({syllables})[1 + (letter * 15)::INT][1]
            || substr(text, 3 + (share * (len(text) - 1))::INT);
        CREATE OR REPLACE MACRO home(number) AS
            (1 + pick(number, 'house', 140))::VARCHAR || ' ' || word(pick(number, 'street', 3000)) || ' Road';
        CREATE OR REPLACE MACRO code(number) AS
            'P' || chr((65 + pick(number, 'area', 20))::INT) || (1 + pick(number, 'district', 40))::VARCHAR || ' '
            || (1 + pick(number, 'sector', 9))::VARCHAR || chr((65 + pick(number, 'unit', 20))::INT)
            || chr((65 + pick(number, 'last', 10))::INT);
        CREATE OR REPLACE TABLE child AS
        WITH family AS (
            SELECT number AS household, 1 + (draw(number, 'children') * 3.2)::INT AS children,
                   common(draw(number, 'family'), {_FAMILY}, 40) AS family,
                   DATE '2004-01-01' + (draw(number, 'born') * 3600)::INT AS first
            FROM range({children}) one(number)
        ), birth AS (SELECT *, unnest(range(children)) AS place FROM family),
        born AS (
            SELECT household, family, place, first
                   + ((place - (draw((household, place), 'twin') < 0.03 AND place > 0)::INT)
                      * (400 + 900 * draw(household, 'apart')))::INT AS born
            FROM birth
        )
        SELECT row_number() OVER (ORDER BY household, place) AS child, household,
               word(7 + common(draw((household, place), 'given'), {_GIVEN}, 30)) AS given,
               word(40000 + CASE WHEN draw((household, place), 'other') < 0.93 THEN family
                    ELSE common(draw((household, place), 'family'), {_FAMILY}, 40) END) AS family,
               born, CASE WHEN draw((household, place), 'sex') < 0.5 THEN 'M' ELSE 'F' END AS sex
        FROM born QUALIFY child <= {children}
        """
    )
    connection.execute("CREATE OR REPLACE TABLE truth (source VARCHAR, source_person_id VARCHAR, true_person BIGINT)")
    for source, (share, kind, known) in SOURCES.items():
        connection.execute(_records(source, share, kind, known, copies=2 if source in MANY else 1))
        parquet_files.write(
            connection, f"SELECT {_columns(connection)} FROM said", IDENTITY_RECORD, folder / f"{source}.parquet"
        )
        connection.execute("INSERT INTO truth SELECT source, source_person_id, child FROM said")
    connection.execute(f"COPY truth TO {sql.text((folder / 'truth.parquet').as_posix())} (FORMAT parquet)")


def _columns(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the columns of an identity record; what nobody said is empty."""
    said = {name for (name, *_) in connection.execute("DESCRIBE said").fetchall()}
    names = [field.name for field in IDENTITY_RECORD.fields]
    return ", ".join(name if name in said else f"NULL AS {name}" for name in names)


def _records(source: str, share: float, kind: str | None, known: float, copies: int) -> str:
    identifiers = "MAP {}::MAP(VARCHAR, VARCHAR)"
    if kind:
        held = f"MAP {{'{kind}': '{kind[0].upper()}' || (7919 * child % 100000007)::VARCHAR}}"
        identifiers = f"CASE WHEN draw(of, 'identifier') < {known} THEN {held} ELSE {identifiers} END"
    return f"""
        CREATE OR REPLACE TEMP TABLE said AS
        WITH known AS (
            SELECT *, '{source}' || child || '.' || copy AS of FROM child, range({copies}) copies(copy)
            WHERE draw('{source}' || child, 'known') < {share}
              AND (copy = 0 OR draw('{source}' || child, 'copy') < 0.1)
        )
        SELECT child, md5(of) AS record_key, '{source}' AS source,
               upper('{source[:2]}') || (pick(of, 'own', 1000000000000))::VARCHAR AS source_person_id,
               CASE WHEN draw(of, 'given') < 0.05 THEN misspelt(given, draw(of, 'at'), draw(of, 'letter'))
                    ELSE given END AS given_name,
               CASE WHEN draw(of, 'family') < 0.05 THEN misspelt(family, draw(of, 'at2'), draw(of, 'letter2'))
                    ELSE family END AS family_name,
               CASE WHEN draw(of, 'no birthday') < 0.02 THEN NULL
                    WHEN draw(of, 'birthday') < 0.01 THEN born + (1 + pick(of, 'off', 9))::INT
                    WHEN draw(of, 'birthday') < 0.015 AND day(born) <= 12
                        THEN make_date(year(born), day(born), month(born)) ELSE born END AS date_of_birth,
               CASE WHEN draw(of, 'sex') > 0.02 THEN sex END AS sex,
               CASE WHEN draw(of, 'home') < 0.85 THEN household ELSE household + 10000000 END AS here,
               CASE WHEN draw(of, 'address') > 0.05 THEN home(here) END AS address,
               CASE WHEN draw(of, 'postcode') > 0.03 THEN code(here) END AS postcode,
               DATE '2020-01-01' AS valid_from, DATE '2020-02-01' AS known_from,
               {identifiers} AS identifiers, MAP {{}}::MAP(VARCHAR, VARCHAR) AS attributes
        FROM known
    """
