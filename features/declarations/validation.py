"""The plan of dates: folds to compare candidates over, then dates to choose on, then dates to test on once."""

import datetime
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from hub.yaml_documents import Document


class Range(Document):
    """As-of dates in `[first, until)`."""

    first: datetime.date = Field(description="First date that is in.")
    until: datetime.date = Field(description="First date that is out.")

    def holds(self, day: datetime.date) -> bool:
        """Say whether `day` is in `[first, until)`."""
        return self.first <= day < self.until


class Window(StrEnum):
    """From which dates a fold learns."""

    EXPANDING = "expanding"
    ROLLING = "rolling"


class Folds(Document):
    """How the dates to train on are looked at one after the other, always learning from earlier ones.

    Each fold holds so many dates out, the last fold the last ones; it learns from dates whose horizon ended before its
    first one. So between what is learned from and what is held out lies a gap of at least the horizon.
    """

    number: int = Field(ge=1, le=20, description="How many folds.")
    dates: int = Field(default=1, ge=1, le=100, description="How many dates of looking each holds out.")
    window: Window = Field(
        default=Window.EXPANDING, description="expanding: learn from all earlier dates; rolling: from the last ones."
    )
    learn_dates: int | None = Field(
        default=None, ge=1, le=1000, description="For rolling: from how many dates each fold learns."
    )

    @model_validator(mode="after")
    def _a_window_that_rolls_has_a_length(self) -> Self:
        if (self.window is Window.ROLLING) != (self.learn_dates is not None):
            raise ValueError("a rolling window says learn_dates, and an expanding one does not")
        return self


class ValidationPlan(Document):
    """Three times, one after the other: to train, to choose between models, and to test once."""

    train: Range = Field(description="As-of dates to train on.")
    folds: Folds | None = Field(
        default=None, description="How candidates are compared over time; left out: on the dates to choose on."
    )
    choose: Range = Field(description="As-of dates to calibrate and set thresholds on.")
    test: Range = Field(description="As-of dates to report on.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not (
            self.train.first
            < self.train.until
            <= self.choose.first
            < self.choose.until
            <= self.test.first
            < self.test.until
        ):
            raise ValueError("train, choose and test must follow each other without overlap")
        return self
