"""The pages of indicators: every indicator stands there with every field, and the drawings say what is the case."""

import re

import pytest

from features.declarations.catalogue import Indicator, IndicatorKind
from features.declarations.measures import DEFINITIONS, Measure
from features.dictionary import dictionary
from hub.declarations import partnership as partnerships
from service.documentation import indicator_pages
from service.documentation.indicator_pages import FIRST, FOLDER

NAMES = sorted(path.parent.name for path in FOLDER.glob("*/indicators.yaml"))
PAGES = {name: indicator_pages.page(name, "") for name in NAMES}


def section(text: str, name: str) -> str:
    """Return the entry of one indicator."""
    parts = re.split(r"(?m)^#{2,3} ", text)
    found = [part for part in parts if part.startswith(f"{name}\n")]
    assert len(found) == 1, name
    return found[0]


def told(one: Indicator) -> list[str]:
    """Return everything that the entry of an indicator has to say."""
    codes = [
        code for found in one.filters() for codes in (found.types, found.roles, found.details) for code in codes or ()
    ]
    origins = {"reported": "somebody reported", "agency": "the agency began itself"}
    codes += [origins[origin] for found in one.filters() for origin in found.origins or ()]
    codes += [kind.replace("_", " ") for kind in one.kinds]
    said = DEFINITIONS[one.measure]
    numbers = [f"{number:,}" for number in (one.window_days, one.recent_days) if number is not None]
    texts = [one.plain, one.unit, one.missing, one.why_fair, one.proxy_danger, said.plain, said.formula]
    ways = [one.kind.value, one.measure.value, "no number" if said.empty is None else "| 0 |"]
    return [*texts, *numbers, *codes, *ways, *(f"({source})" for source in one.sources)]


@pytest.mark.parametrize("name", NAMES)
def test_every_indicator_stands_there_with_every_field(name: str) -> None:
    for entry in dictionary.entries(partnerships.read(FOLDER / name)):
        found = section(PAGES[name], entry.indicator.name)
        for words in told(entry.indicator):
            assert " ".join(words.split()).replace("|", "\\|") in found.replace("| 0 |", "\\| 0 \\|"), words
        for use_case in entry.used_by:
            assert use_case.name in re.findall(r"\| Used by \| (.*) \|", found)[0].split(", ")
        for use_case in entry.left_out_by:
            assert use_case.name in re.findall(r"\| Left out by \| (.*) \|", found)[0].split(", ")
        for _, gateways in entry.sources:
            for gateway in gateways:
                assert f"{gateway.name} ({gateway.law.value})" in found
                assert gateway.document in PAGES[name]


@pytest.mark.parametrize("name", NAMES)
def test_the_index_leads_to_every_entry_and_strengths_are_visible(name: str) -> None:
    entries = dictionary.entries(partnerships.read(FOLDER / name))
    index = section(PAGES[name], "All of them")
    assert sorted(re.findall(r"^\| \[\w+\]\(#(\w+)\)", index, flags=re.MULTILINE)) == sorted(
        entry.indicator.name for entry in entries
    )
    strengths = [entry.indicator.name for entry in entries if entry.indicator.kind is IndicatorKind.PROTECTIVE]
    if strengths:
        assert re.findall(r"\(#(\w+)\)", section(PAGES[name], "Strengths")) == strengths


def test_the_first_page_explains_every_measure() -> None:
    found = section(PAGES[FIRST], "What is worked out")
    for measure in Measure:
        assert f"| {measure.value} | {DEFINITIONS[measure].plain} |" in found
    for name in NAMES:
        assert ("## How to read an entry" in PAGES[name]) == (name == FIRST)


def test_the_drawing_of_a_window_is_true() -> None:
    found = section(PAGES[FIRST], "The window")
    assert "┌ 2 January 2024    the first day that counts" in found
    assert "└ 31 December 2024  the last day that counts" in found
    assert "  1 January 2024    too early" in found
    assert "  1 January 2025    the date of looking" in found


def test_the_drawing_of_times_is_true() -> None:
    lines = re.findall(r"```\n(.*?)\n```", section(PAGES[FIRST], "Times: what begins and ends"), flags=re.DOTALL)[0]
    window, first, second, united = lines.split("\n")
    inside = range(window.index("├"), window.index("┤") + 1)
    days = [{place for place in inside if line[place : place + 1] == mark} for line, mark in (
        (first, "▓"), (second, "▓"), (united, "█"))]  # fmt: skip
    assert f"the window, {len(inside)} days" in window
    assert f"{len(days[0])} of its days" in first
    assert f"{len(days[1])} days so far" in second
    assert days[2] == days[0] | days[1]
    assert f"{len(days[2])} days in all; the longest time without a break is {max(map(len, days[:2]))}" in united
