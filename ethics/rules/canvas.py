"""The data ethics canvas: 15 sections in four groups, after the ODI's Data Ethics Canvas, with our own questions.

A partnership keeps its answers in `canvases/<use case>.yaml`:

    sections:
      data_sources: "Police and school records of the past four years about…"

Pure, except for `read`, which reads that file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from hub import yaml_documents
from hub.digests import digest_of
from hub.errors import ConfigurationError
from hub.names import checked
from hub.yaml_documents import Document

FEWEST_WORDS = 8
MOST_CHARACTERS = 20_000
_PLACEHOLDER = re.compile(r"\b(tbc|tbd|todo|to be confirmed|to be completed|lorem ipsum|xxx+)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the canvas.

    Attributes:
        key: how files name it.
        title: the canvas's own name.
        group: the group it stands in.
        question: what the proposer answers, in our words.
    """

    key: str
    title: str
    group: str
    question: str


_KNOW = "Know your data"
_IMPACT = "Explore your impact"
_ENGAGE = "Plan your engagement"
_PROCESS = "Integrate into processes"

SECTIONS: tuple[Section, ...] = (
    Section(
        "data_sources",
        "Data sources",
        _KNOW,
        "Which data is used, about whom, how was it collected, and by which agency?",
    ),
    Section(
        "rights_around_data_sources",
        "Rights around data sources",
        _KNOW,
        "What allows each use of this data: which power, agreement or consent?",
    ),
    Section(
        "limitations_in_data_sources",
        "Limitations in data sources",
        _KNOW,
        "What is missing, out of date, wrong or unfair in the data, and for whom?",
    ),
    Section(
        "ethical_and_legislative_context",
        "Ethical and legislative context",
        _KNOW,
        "Which laws, codes and professional rules apply, and how are they met?",
    ),
    Section(
        "your_reason_for_using_data",
        "Your reason for using data",
        _IMPACT,
        "What is this for, and which other ways of helping were considered?",
    ),
    Section(
        "positive_effects_on_people",
        "Positive effects on people",
        _IMPACT,
        "Who is better off because of this, and how will that be measured?",
    ),
    Section(
        "negative_effects_on_people",
        "Negative effects on people",
        _IMPACT,
        "Who could be harmed, singled out or left without help?",
    ),
    Section(
        "minimising_negative_impact",
        "Minimising negative impact",
        _IMPACT,
        "What is done to lessen harm and unfairness, and how is it known to work?",
    ),
    Section(
        "engaging_with_people",
        "Engaging with people",
        _ENGAGE,
        "Who was asked about this, and how can people correct, question or object to what is held?",
    ),
    Section(
        "communicating_your_purpose",
        "Communicating your purpose",
        _ENGAGE,
        "How are people told what this is for, and how is it known that they understand?",
    ),
    Section(
        "openness_and_transparency",
        "Openness and transparency",
        _ENGAGE,
        "What is published about this, and where can anybody find it?",
    ),
    Section(
        "sharing_data_with_others",
        "Sharing data with others",
        _ENGAGE,
        "Who is shown what, and under which terms?",
    ),
    Section(
        "ongoing_implementation",
        "Ongoing implementation",
        _PROCESS,
        "Which people, time and systems does this need from now on?",
    ),
    Section(
        "reviews_and_iterations",
        "Reviews and iterations",
        _PROCESS,
        "When is this looked at again, by whom, and what would bring that forward?",
    ),
    Section(
        "your_actions",
        "Your actions",
        _PROCESS,
        "Who does what next, and by when?",
    ),
)

KEYS: tuple[str, ...] = tuple(section.key for section in SECTIONS)


class CanvasFile(Document):
    """The file `canvases/<use case>.yaml`."""

    sections: dict[str, str] = Field(description="An answer, in plain words, for each of the 15 sections.")


def template(use_case: str) -> str:
    """Return a canvas without answers: each section under its question, and the sections under their groups."""
    lines = [f"# The data ethics canvas of the use case {use_case}: answer each question in plain words.", "sections:"]
    group = None
    for section in SECTIONS:
        if section.group != group:
            group = section.group
            lines.append(f"  # {group}")
        lines += [f"  # {section.question}", f'  {section.key}: ""']
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Gap:
    """A section that has no sufficient answer, and why."""

    section: Section
    why: str

    def __str__(self) -> str:
        """Give the section's title and the reason."""
        return f"{self.section.title} ({self.why})"


def gaps(answers: Mapping[str, str]) -> tuple[Gap, ...]:
    """Return the sections without a sufficient answer, in the canvas's order; none means that it may be submitted.

    An answer is sufficient when it has at least 8 words, of which 5 differ, holds no placeholder such as "TBC", and is
    not the same as another section's answer. Whether it is a good answer is for the group to say.
    """
    normal = {key: " ".join(_WORD.findall(text.lower())) for key, text in answers.items()}
    found = []
    for section in SECTIONS:
        text = answers.get(section.key, "")
        words = normal.get(section.key, "").split()
        why = ""
        if not words:
            why = "no answer"
        elif _PLACEHOLDER.search(text):
            why = "still holds a placeholder"
        elif len(words) < FEWEST_WORDS or len(set(words)) < 5:
            why = f"too short: at least {FEWEST_WORDS} words"
        elif list(normal.values()).count(normal[section.key]) > 1:
            why = "the same words as another section"
        if why:
            found.append(Gap(section, why))
    return tuple(found)


def digest(answers: Mapping[str, str]) -> str:
    """Return the canvas digest: SHA-256 of the answers in canonical JSON, whatever their order."""
    return digest_of({key: answers[key] for key in KEYS if key in answers})


def path_of(folder: Path, use_case: str) -> Path:
    """Return where the partnership in `folder` keeps the canvas of `use_case`.

    Raises:
        ConfigurationError: that is not the name of a use case.
    """
    return folder / "canvases" / f"{checked(use_case, 'use case')}.yaml"


def read(path: Path) -> dict[str, str]:
    """Read the answers in a canvas file, in the canvas's order; sections may still be missing.

    Raises:
        ConfigurationError: the file is missing or wrong, or names a section that the canvas does not have; the message
            names file and line.
    """
    found = yaml_documents.read(path, CanvasFile).sections
    for key, text in found.items():
        if key not in KEYS:
            raise yaml_documents.unknown_name(path, f"sections.{key}", "canvas section", key, KEYS)
        if len(text) > MOST_CHARACTERS:
            raise ConfigurationError(
                f"{path}: sections.{key}: longer than {MOST_CHARACTERS} characters.", "Shorten it."
            )
    return {key: found[key] for key in KEYS if key in found}
