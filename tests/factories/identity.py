"""Identity records of an invented town: households with brothers, sisters and twins, several sources, errors, truth."""

import datetime
import math
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hub.tables import IDENTITY_RECORD
from hub.workspace import Workspace


def _words(text: str) -> list[str]:
    return text.split()


BOYS = _words(
    """
    Oliver George Noah Arthur Harry Leo Muhammad Jack Charlie Oscar Jacob Henry Thomas Freddie Alfie Theo William
    Archie Joshua Alexander James Isaac Edward Lucas Tommy Finley Max Logan Ethan Mohammed Teddy Benjamin Arlo
    Joseph Sebastian Harrison Elijah Adam Daniel Samuel Louie Mason Reuben Albie Rory Jaxon Hugo Luca Zachary
    Reggie Hunter Louis Dylan Albert David Jude Frankie Roman Ezra Toby Riley Carter Ronnie Frederick Gabriel
    Stanley Bobby Jesse Michael Elliot Grayson Mohammad Liam Jenson Ellis Harley Harvey Jayden Jake Ralph Rowan
    Elliott Jasper Ollie Charles Finn Felix Caleb Chester Jackson Hudson Leon Ibrahim Ryan Blake Alfred Oakley
    Matthew Luke Yusuf
    """
)
GIRLS = _words(
    """
    Olivia Amelia Isla Ava Mia Isabella Sophia Grace Lily Freya Emily Ivy Ella Rosie Evie Florence Poppy Charlotte
    Willow Evelyn Elsie Sophie Daisy Sienna Alice Phoebe Millie Matilda Harper Isabelle Ruby Emma Maisie Aria
    Penelope Mila Ada Esme Ellie Luna Jessica Eva Chloe Layla Aisha Maya Fatima Hannah Zara Maryam Erin Holly
    Bella Molly Lottie Sarah Eliza Orla Nancy Thea Robyn Zoe Imogen Amber Abigail Martha Lucy Maria Summer
    Scarlett Georgia Eleanor Jasmine Violet Lola Rose Iris Lyla Beatrice Amelie Arabella Hallie Harriet Edith
    Clara Lara Aurora Annabelle Megan Anna Khadija Niamh Zofia Julia Hanna Lena Maja Amira Safa
    """
)
FAMILIES = _words(
    """
    Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans Walker White
    Roberts Green Hall Wood Jackson Clarke Khan Hussain Ahmed Ali Singh Begum Kaur Hughes Edwards Turner Hill
    Moore Harrison Cooper Ward Morris Clark Lee King Baker Harris Allen Scott Watson Parker Bennett Young Cook
    Bailey Shaw Carter Richardson Marshall Collins Bell Cox Mitchell Murphy Kelly Gray Adams Campbell Anderson
    Mills Barnes Knight Rogers Palmer Stevens Webb Holmes Hunt Fisher Butler Russell Barker Simpson Ellis Foster
    Chapman Mason Lloyd Powell Dixon Gibson Rose Grant Stone Kaye Ashworth Barnes Bleasdale Catterall Duckworth
    Entwistle Fairhurst Greenhalgh Haworth Iddon Kershaw Livesey Mellor Nuttall Ormerod Pilkington Ramsbottom
    Sharples Threlfall Unsworth Walmsley Yates Nowak Kowalski Wisniewski Popescu Ivanov O'Brien O'Connor McDonald
    Smith-Jones Rahman Chowdhury Iqbal Mahmood Shah
    """
)
STREETS = _words(
    """
    High Church Station Victoria Park Mill Albert Queen King Moor Chapel School Manor Bank Spring Lane
    """
)
NICKNAMES = {
    "Thomas": "Tom", "William": "Billy", "Joshua": "Josh", "Samuel": "Sam", "Benjamin": "Ben", "Daniel": "Dan",
    "Elizabeth": "Lizzie", "Abigail": "Abi", "Alexander": "Alex", "Matthew": "Matt", "Eleanor": "Ellie",
    "Isabella": "Izzy", "Frederick": "Fred", "Joseph": "Joe", "Charles": "Charlie", "Jessica": "Jess",
}  # fmt: skip
ETHNICITIES = ("WBRI", "WBRI", "WBRI", "WBRI", "APKN", "AIND", "BCRB", "MWBC", "WEEU", "NOBT")
COVERAGE = {"school": 0.97, "social_care": 0.35, "health": 0.6, "police": 0.3, "youth_justice": 0.12}
IDENTIFIERS = {"school": ("upn",), "social_care": ("upn",), "health": ("nhs_number",), "youth_justice": ("nhs_number",)}


@dataclass
class Child:
    """One invented child and the truth about it."""

    number: int
    given: str
    family: str
    born: datetime.date
    sex: str
    ethnicity: str
    homes: list[tuple[datetime.date, str, str]] = field(default_factory=list)


def _name(draw: random.Random, names: list[str]) -> str:
    """Draw a name; the first ones are common, as in life."""
    at = int(math.exp(draw.random() * math.log((len(names) + 12) / 12)) * 12) - 12
    return names[min(at, len(names) - 1)]


def _home(draw: random.Random) -> tuple[str, str]:
    postcode = f"{draw.choice(('PR', 'BB', 'LA', 'FY'))}{draw.randint(1, 9)} {draw.randint(1, 9)}"
    postcode += draw.choice("ABDEFGHJLN") + draw.choice("ABDEFGHJLN")
    return f"{draw.randint(1, 140)} {draw.choice(STREETS)} {draw.choice(('Street', 'Road', 'Avenue'))}", postcode


def children(how_many: int, seed: int = 1) -> list[Child]:
    """Return children in households of one to five, 4 % of births twins, often with a shared surname and address."""
    draw = random.Random(seed)
    found: list[Child] = []
    while len(found) < how_many:
        family, ethnicity = _name(draw, FAMILIES), draw.choice(ETHNICITIES)
        first = datetime.date(2020, 1, 1)
        homes = [(first, *_home(draw))]
        if draw.random() < 0.3:
            homes.append((first + datetime.timedelta(days=draw.randrange(30, 1200)), *_home(draw)))
        used: set[str] = set()
        born = datetime.date(2004, 1, 1) + datetime.timedelta(days=draw.randrange(14 * 365))
        births = draw.choice((1, 1, 2, 2, 2, 3, 3, 4))
        for _ in range(births):
            for _twin in range(2 if draw.random() < 0.04 else 1):
                sex = draw.choice("MF")
                given = _name(draw, BOYS if sex == "M" else GIRLS)
                while given in used:
                    given = _name(draw, BOYS if sex == "M" else GIRLS)
                used.add(given)
                surname = family if draw.random() < 0.93 else _name(draw, FAMILIES)
                found.append(Child(len(found), given, surname, born, sex, ethnicity, list(homes)))
            born += datetime.timedelta(days=draw.randrange(330, 1500))
    return found[:how_many]


def misspelt(draw: random.Random, text: str) -> str:
    """Return `text` with one letter changed, dropped, doubled or swapped."""
    if len(text) < 3:
        return text
    at = draw.randrange(1, len(text) - 1)
    letter = draw.choice("abcdefghijklmnoprstuwy")
    return draw.choice(
        (
            text[:at] + letter + text[at + 1 :],
            text[:at] + text[at + 1 :],
            text[:at] + text[at] + text[at:],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        )
    )


def _misdated(draw: random.Random, day: datetime.date) -> datetime.date:
    if day.day <= 12 and draw.random() < 0.5:
        return day.replace(month=day.day, day=day.month)
    return day + datetime.timedelta(days=draw.choice((1, -1, 2, 9, 10, -10)))


def record(child: Child, source: str, draw: random.Random, error: float = 0.08) -> list[dict[str, Any]]:
    """Return the identity rows that `source` holds of `child`: one for each address that it knows."""
    given, family, born, sex = child.given, child.family, child.born, child.sex
    if draw.random() < error:
        given = NICKNAMES.get(given, misspelt(draw, given)) if draw.random() < 0.7 else misspelt(draw, given)
    if draw.random() < error:
        family = misspelt(draw, family)
    if draw.random() < error / 8:
        given, family = family, given
    if draw.random() < error / 3:
        born = _misdated(draw, born)
    missing_birthday = source == "police" and draw.random() < 0.05
    homes = child.homes if draw.random() < 0.6 else [draw.choice(child.homes)]
    identifiers = {}
    for kind in IDENTIFIERS.get(source, ()):
        if draw.random() < 0.8:
            identifiers[kind] = f"{kind[:1].upper()}{child.number:07}"
    rows = []
    for since, address, postcode in homes:
        rows.append(
            identity_row(
                source,
                f"{source[:2]}-{child.number * 7919 % 1000003:07}",
                given_name=given.upper() if source == "police" else given,
                family_name=family.upper() if source == "police" else family,
                date_of_birth=None if missing_birthday else born,
                sex=sex if draw.random() > 0.02 else None,
                ethnicity=child.ethnicity if source == "school" else None,
                address=address if draw.random() > 0.1 else None,
                postcode=postcode if draw.random() > 0.05 else None,
                valid_from=since,
                known_from=since + datetime.timedelta(days=draw.randrange(0, 60)),
                identifiers=identifiers,
            )
        )
    return rows


def identity_row(source: str, own: str, **values: Any) -> dict[str, Any]:
    """Return one identity row; what is not given is empty, known from 2 January 2020."""
    row: dict[str, Any] = {name.name: None for name in IDENTITY_RECORD.fields}
    row |= {"record_key": f"{source}:{own}", "source": source, "source_person_id": own, "identifiers": {}}
    row |= {"attributes": {}, "known_from": datetime.date(2020, 1, 2)}
    return row | values


def table(rows: Iterable[dict[str, Any]]) -> pa.Table:
    """Return identity rows as a table with its schema."""
    whole = [
        row | {name: list(row[name].items()) for name in ("identifiers", "attributes") if isinstance(row[name], dict)}
        for row in rows
    ]
    return IDENTITY_RECORD.conform(pa.Table.from_pylist(whole, schema=IDENTITY_RECORD.schema))


def town(how_many: int, seed: int = 1, error: float = 0.08) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Return the identity rows that five sources hold of a town's children, and record_key → the child's number."""
    draw = random.Random(seed + 1000)
    rows, truth = [], {}
    for child in children(how_many, seed):
        for source, share in COVERAGE.items():
            if draw.random() < share:
                found = record(child, source, draw, error)
                rows += found
                truth[found[0]["record_key"]] = child.number
    return rows, truth


def write_records(workspace: Workspace, source: str, digest: str, rows: Iterable[dict[str, Any]]) -> None:
    """Write identity rows where ingest would."""
    path = workspace.identity / "records" / source / f"{digest}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table(rows), path)
