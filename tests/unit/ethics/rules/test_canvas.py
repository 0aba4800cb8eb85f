"""The 15 sections, what counts as an answer, the digest, and reading a canvas file."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethics.rules import canvas
from hub.errors import ConfigurationError
from tests.factories.ethics import answers

# The canvas's own names, written out by hand.
NAMES = """
Know your data: Data sources, Rights around data sources, Limitations in data sources, Ethical and legislative context
Explore your impact: Your reason for using data, Positive effects on people, Negative effects on people, \
Minimising negative impact
Plan your engagement: Engaging with people, Communicating your purpose, Openness and transparency, \
Sharing data with others
Integrate into processes: Ongoing implementation, Reviews and iterations, Your actions
"""


def test_the_sections_are_those_of_the_canvas_in_its_order() -> None:
    expected = [
        (group, title)
        for line in NAMES.strip().splitlines()
        for group, titles in [line.split(": ")]
        for title in titles.split(", ")
    ]
    assert [(section.group, section.title) for section in canvas.SECTIONS] == expected
    assert len(expected) == 15
    assert [section.key for section in canvas.SECTIONS] == [title.lower().replace(" ", "_") for _, title in expected]
    assert all(section.question.endswith("?") for section in canvas.SECTIONS)


def test_a_complete_canvas_has_no_gaps() -> None:
    assert canvas.gaps(answers()) == ()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("", "no answer"),
        ("   \n ", "no answer"),
        ("123 456 — …", "no answer"),
        ("See the report.", "too short: at least 8 words"),
        ("one two three four five six seven", "too short: at least 8 words"),
        ("one two three four five six seven eight", ""),
        ("yes yes yes yes yes yes yes yes yes yes", "too short: at least 8 words"),
        ("The data protection officer will write this section next week, TBC.", "still holds a placeholder"),
        ("To be confirmed with the schools before anything goes any further here", "still holds a placeholder"),
        ("Lorem ipsum dolor sit amet consectetur adipiscing elit sed", "still holds a placeholder"),
        ("Mae'r awdurdod lleol yn casglu data gan bob ysgol yn y sir", ""),
    ],
)
def test_what_counts_as_an_answer(words: str, why: str) -> None:
    found = canvas.gaps(answers() | {"your_actions": words})
    assert [(gap.section.key, gap.why) for gap in found] == ([("your_actions", why)] if why else [])


def test_a_missing_section_is_a_gap() -> None:
    some = answers()
    del some["data_sources"]
    assert [str(gap) for gap in canvas.gaps(some)] == ["Data sources (no answer)"]
    assert len(canvas.gaps({})) == 15


def test_the_same_words_twice_are_two_gaps() -> None:
    some = answers()
    some["your_actions"] = some["data_sources"].upper() + "!"
    assert [gap.section.key for gap in canvas.gaps(some)] == ["data_sources", "your_actions"]


@given(st.dictionaries(st.sampled_from(canvas.KEYS), st.text(st.characters(codec="utf-8"), max_size=40)))
def test_the_digest_is_that_of_the_answers_whatever_their_order(some: dict[str, str]) -> None:
    digest = canvas.digest(some)
    assert canvas.digest(dict(reversed(some.items()))) == digest
    for key in some:
        assert canvas.digest(some | {key: some[key] + "x"}) != digest
        assert canvas.digest({other: words for other, words in some.items() if other != key}) != digest


def test_reading_gives_the_sections_in_the_canvas_order(tmp_path: Path) -> None:
    file = tmp_path / "offer.yaml"
    file.write_text("sections:\n  your_actions: We do this.\n  data_sources: ' Police '\n", encoding="utf-8")
    assert list(canvas.read(file).items()) == [("data_sources", "Police"), ("your_actions", "We do this.")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "sections:\n  data_source: x\n",
            "offer.yaml:2: sections.data_source: there is no canvas section called data_source. "
            "Did you mean data_sources?",
        ),
        ("sections:\n  data_sources: [1]\n", "offer.yaml:2: sections.data_sources: "),
        ("section:\n  data_sources: x\n", "section: this key is not known here"),
        ("sections:\n  data_sources: 'x\n", "offer.yaml:"),
        ("sections:\n  data_sources: " + "word " * 4001, "longer than 20000 characters"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "offer.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        canvas.read(file)
    assert message in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"canvases/offer\.yaml: no such file"):
        canvas.read(canvas.path_of(tmp_path, "offer"))
