"""One spelling of names, addresses, postcodes, sex and identifiers."""

import pytest

from hub import sql
from hub.identity import spellings
from hub.linking.nicknames import NAMESAKES


def _spell(expression: str, value: str | None) -> str | None:
    with sql.connect(threads=1) as connection:
        [(found,)] = connection.execute(f"SELECT {expression} FROM (SELECT ?::VARCHAR AS x)", [value]).fetchall()
        return found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  SMITH ", "smith"),
        ("O'Brien", "obrien"),
        ("O’Brien", "obrien"),
        ("Smith-Jones", "smith jones"),
        ("Zoë", "zoe"),
        ("Łukasz", "lukasz"),
        ("Søren Þór", "soren thor"),
        ("Weiß-Đorđević", "weiss dordevic"),
        ("Ħæœı", "haeoei"),
        ("Мария", "мария"),
        ("St. John", "st john"),
        ("Anne  Marie", "anne marie"),
        ("-", None),
        ("123", None),
        ("", None),
        (None, None),
    ],
)
def test_names(value: str | None, expected: str | None) -> None:
    assert _spell(spellings.name("x"), value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12, High Street", "12 high st"),
        ("Flat 2/14 Mill Road", "fl 2 14 mill rd"),
        ("12 HIGH ST.", "12 high st"),
        ("Streetly House", "streetly house"),
        ("  ", None),
        (None, None),
    ],
)
def test_addresses(value: str | None, expected: str | None) -> None:
    assert _spell(spellings.address("x"), value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("PR1 2ab", "pr12ab"), (" pr12AB ", "pr12ab"), ("ZZ99 3VZ", None), ("?", None), (None, None)],
)
def test_postcodes(value: str | None, expected: str | None) -> None:
    assert _spell(spellings.postcode("x"), value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("M", "m"), ("male", "m"), ("1", "m"), ("Female", "f"), ("2", "f"), ("U", None), ("0", None), (None, None)],
)
def test_sex(value: str | None, expected: str | None) -> None:
    assert _spell(spellings.sex("x"), value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("943 476 5919", "9434765919"), ("h123-4", "H1234"), ("--", None), (None, None)]
)
def test_identifiers(value: str | None, expected: str | None) -> None:
    assert _spell(spellings.identifier("x"), value) == expected


def test_forms_of_names_go_both_ways_and_are_spelt_alike() -> None:
    pairs = set(NAMESAKES)
    assert ("tom", "thomas") in pairs
    assert ("thomas", "tom") in pairs
    assert ("ella", "emma") not in pairs
    assert all((other, one) in pairs and one != other for one, other in pairs)
    names = sorted({one for pair in pairs for one in pair})
    with sql.connect(threads=1) as connection:
        query = f"SELECT {spellings.name('x')} FROM (SELECT unnest(?::VARCHAR[]) AS x)"
        assert [spelt for (spelt,) in connection.execute(query, [names]).fetchall()] == names
