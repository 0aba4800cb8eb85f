"""The dictionary of indicators: windows as dates, filters in words, who uses what; and the commands that show it."""

import datetime
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from features.commands.catalogue_cli import app
from features.declarations.catalogue import Direction, EventFilter, Indicator, IndicatorKind, Over
from features.declarations.measures import DEFINITIONS, Measure, Reads
from features.dictionary import dictionary, words
from features.dictionary import record as dictionary_record
from hub.errors import ConfigurationError, NotFoundError
from tests.factories import lancashire

PARTNERSHIP = lancashire.declared()
ENTRIES = dictionary.entries(PARTNERSHIP)
BY_NAME = {entry.indicator.name: entry for entry in ENTRIES}
PLACE = ["--partnership", str(lancashire.FOLDER)]


def indicator(measure: str = "count", **said: Any) -> Indicator:
    """Return an indicator with what its measure needs; `said` overrules."""
    needs = DEFINITIONS[Measure(measure)]
    one = {"types": ["contact"]}
    reads: dict[Reads, dict[str, Any]] = {
        Reads.EVENTS: {"events": one},
        Reads.KINDS: {"kinds": {"any_contact": one}},
        Reads.SPELLS: {"spells": {"starts": {"types": ["help_start"]}, "ends": {"types": ["help_end"]}}},
        Reads.NOTHING: {},
    }
    windows = {"window_days": 365} if needs.needs_window else {}
    recent = {"recent_days": 90} if needs.needs_recent else {}
    return Indicator.model_validate(
        {
            "name": "example",
            "plain": "An example of an indicator",
            "unit": "times",
            "sources": ["police"],
            "measure": measure,
            "kind": "context",
            "direction": "unknown",
            "missing": "An example.",
            "why_fair": "It stands in no catalogue.",
        }
        | reads[needs.reads]
        | windows
        | recent
        | said
    )


@pytest.mark.parametrize(
    ("window", "recent", "as_of", "says"),
    [
        (365, None, "2025-01-01", "for a look on 1 January 2025: from 2 January 2024 to 31 December 2024, inclusive"),
        (365, None, "2024-02-29", "for a look on 29 February 2024: from 1 March 2023 to 28 February 2024, inclusive"),
        (1, None, "2024-03-01", "for a look on 1 March 2024: from 29 February 2024 to 29 February 2024, inclusive"),
        (None, None, "2025-01-01", "for a look on 1 January 2025: until 31 December 2024, inclusive"),
        (
            365,
            90,
            "2025-01-01",
            "for a look on 1 January 2025: from 2 January 2024 to 31 December 2024, inclusive; what happened from "
            "3 October 2024 on is compared with what happened until 2 October 2024",
        ),
    ],
)
def test_a_window_as_dates(window: int | None, recent: int | None, as_of: str, says: str) -> None:
    found = indicator("trend" if recent else "count", window_days=window, **({"recent_days": recent} if recent else {}))
    assert words.dates(found, as_of_date=datetime.date.fromisoformat(as_of)) == says


@given(st.integers(1, 36_600), st.dates(datetime.date(2000, 1, 1), datetime.date(2100, 1, 1)))
def test_a_window_holds_as_many_days_as_it_says(days: int, looking: datetime.date) -> None:
    first, last = words.span(indicator(window_days=days), as_of_date=looking)
    assert first is not None
    assert (last - first).days + 1 == days
    assert last < looking


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ({"types": ["contact"]}, "records of the type contact"),
        (
            {"types": ["a", "b", "c"], "roles": ["victim", "witness"]},
            "records of the type a, b or c, in the role victim or witness",
        ),
        ({"types": ["a"], "details": ["x"]}, "records of the type a, about x"),
        ({"types": ["a"], "origins": ["reported"]}, "records of the type a, that somebody reported"),
        ({"types": ["a"], "origins": ["agency"]}, "records of the type a, that the agency began itself"),
    ],
)
def test_a_filter_in_words(found: dict[str, Any], says: str) -> None:
    assert words.records(EventFilter.model_validate(found)) == says


@pytest.mark.parametrize("measure", Measure)
def test_every_measure_has_words(measure: Measure) -> None:
    found = indicator(measure.value)
    assert words.counted(found)
    assert measure.value in words.worked_out(found)
    assert words.without_record(found) == ("no number" if DEFINITIONS[measure].empty is None else "0")


def test_every_choice_has_words_of_its_own() -> None:
    for choices, said in ((IndicatorKind, words.KINDS), (Direction, words.DIRECTIONS), (Over, words.WHOSE)):
        assert set(said) == set(choices)
        assert len(set(said.values())) == len(said)


@pytest.mark.parametrize(
    ("said", "theme"),
    [
        ({}, "police"),
        ({"over": "household"}, "police"),
        ({"sources": ["police", "school"]}, "several_sources"),
        ({"over": "area", "sources": ["areas"]}, "area"),
        ({"measure": "known"}, "coverage"),
    ],
)
def test_the_theme_of_an_indicator(said: dict[str, Any], theme: str) -> None:
    assert dictionary.theme(indicator(**said)) == theme


def test_an_entry_says_who_uses_it_and_under_which_law() -> None:
    entry = BY_NAME["suspensions_365"]
    assert [one.name for one in entry.used_by] == ["early_help_offer", "mentor_offer"]
    assert entry.left_out_by == ()
    rows = dict(dictionary_record.permissions(PARTNERSHIP, entry, on=datetime.date(2025, 1, 6)))
    assert "Children Act 2004 s10" in rows["Gateways of exclusions"]
    assert "until 31 December 2030" in rows["Gateways of exclusions"]
    assert rows["exclusions for early_help_offer"].startswith("usable on 6 January 2025")
    assert rows["exclusions for mentor_offer"].startswith("missing on 6 January 2025")


def test_facts_hold_every_declared_word() -> None:
    for entry in ENTRIES:
        one = entry.indicator
        said = " ".join(words for _, words in dictionary_record.facts(entry, as_of_date=words.EXAMPLE))
        for text in (one.unit, one.missing, one.why_fair, one.proxy_danger, *one.sources, *one.types()):
            assert text in said, (one.name, text)


@pytest.mark.parametrize(
    ("wish", "holds"),
    [
        ({"theme": "police"}, lambda entry: entry.indicator.sources == ("police",)),
        ({"source": "police"}, lambda entry: "police" in entry.indicator.sources),
        ({"kind": IndicatorKind.PROTECTIVE}, lambda entry: entry.indicator.kind is IndicatorKind.PROTECTIVE),
        ({"use_case": "mentor_offer"}, lambda entry: "mentor_offer" in [one.name for one in entry.used_by]),
    ],
)
def test_choosing_keeps_what_fits_and_nothing_else(wish: dict[str, Any], holds: Any) -> None:
    found = dictionary.choose(PARTNERSHIP, ENTRIES, **wish)
    assert found
    assert all(map(holds, found))
    if "theme" not in wish:
        assert list(found) == [entry for entry in ENTRIES if holds(entry)]


@pytest.mark.parametrize("wish", [{"theme": "polise"}, {"source": "polise"}, {"use_case": "polise"}])
def test_an_unknown_wish_names_what_there_is(wish: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="called polise") as refused:
        dictionary.choose(PARTNERSHIP, ENTRIES, **wish)
    assert refused.value.remedy.startswith("There is: ")


def test_the_list_as_a_table_and_as_json() -> None:
    done = CliRunner().invoke(app, ["list", "--kind", "protective", "--use-case", "early_help_offer", *PLACE])
    assert done.exit_code == 0
    assert f"of {len(ENTRIES)}" in done.stdout
    assert "trusted_worker_now" in done.stdout
    assert "police_harmed_365" not in done.stdout
    whole = json.loads(CliRunner().invoke(app, ["list", "--json", *PLACE]).stdout)
    assert [one["name"] for one in whole] == [entry.indicator.name for entry in ENTRIES]
    assert set(Indicator.model_fields) < set(whole[0])
    assert whole[0]["gateways"]["police"]


def test_one_indicator_whole() -> None:
    done = CliRunner().invoke(app, ["show", "contacts_trend_365", "--as-of", "2024-03-01", *PLACE])
    said = " ".join(done.stdout.split())
    assert done.exit_code == 0
    assert "1 March 2024" in said
    assert "29 February 2024" in said
    told = json.loads(CliRunner().invoke(app, ["show", "contacts_trend_365", "--json", *PLACE]).stdout)
    assert told["example"] == {"as_of_date": "2025-01-01", "first": "2024-01-02", "last": "2024-12-31"}


def test_a_name_that_is_nearly_right_is_helped() -> None:
    done = CliRunner().invoke(app, ["show", "contacts_36", *PLACE])
    assert isinstance(done.exception, NotFoundError)
    assert done.exception.remedy == "Did you mean contacts_365?"
