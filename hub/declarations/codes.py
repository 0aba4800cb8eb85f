"""Code lists: what the codes of a format mean, from when to when each was in use, and which dangers they carry.

A list is a file of `hub/code_lists/`. A code may stand in it several times, with other meanings at other times.
"""

import datetime
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from hub import yaml_documents
from hub.names import NAME, checked
from hub.yaml_documents import Document

FOLDER = Path(str(resources.files("hub").joinpath("code_lists")))
"""Where the lists stand, one YAML file each."""


class Code(Document):
    """One code and what it means from `valid_from` until the day before `valid_to`."""

    code: str = Field(min_length=1, description="The code, as text.")
    meaning: str = Field(min_length=1, description="What it means, in plain words.")
    valid_from: datetime.date | None = Field(default=None, description="First day on which it was in use, where known.")
    valid_to: datetime.date | None = Field(default=None, description="First day on which it was in use no longer.")
    groups: dict[str, str] = Field(default_factory=dict, description="Groups that it belongs to, such as session.")
    danger: str | None = Field(default=None, description="Why the code may mislead, or stand for something protected.")

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if self.valid_from is not None and self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError(f"the code {self.code}: valid_to is not after valid_from; correct one of the dates")
        return self


class CodeList(Document):
    """One list of codes."""

    name: str = Field(pattern=NAME, description="The file's name, without .yaml.")
    title: str = Field(min_length=3, description="What the codes are about.")
    publisher: str = Field(default="", description="Who publishes the list.")
    specification: str = Field(default="", description="Where the list comes from: title and year.")
    about: str = Field(default="", description="What a reader has to know about the list.")
    codes: tuple[Code, ...] = Field(min_length=1, description="The codes.")

    @model_validator(mode="after")
    def _one_meaning_a_day(self) -> Self:
        def begins(code: Code) -> datetime.date:
            return code.valid_from or datetime.date.min

        for one, following in pairwise(sorted(self.codes, key=lambda code: (code.code, begins(code)))):
            if one.code == following.code and (one.valid_to is None or begins(following) < one.valid_to):
                raise ValueError(f"the code {one.code} has two meanings on one day; give each its dates")
        return self


def names() -> list[str]:
    """Return the names of all lists, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


@cache
def read(name: str) -> CodeList:
    """Return the list called `name`.

    Raises:
        ConfigurationError: there is no such file, or it is not as declared.
    """
    path = FOLDER / f"{checked(name, 'code list')}.yaml"
    found = yaml_documents.read(path, CodeList)
    yaml_documents.require_name(path, found.name)
    return found
