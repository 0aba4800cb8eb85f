"""The split of as-of dates into three times: to train, to choose, and to test once."""

import datetime
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


class Split(Document):
    """Three times, one after the other: to train, to choose between models, and to test once."""

    train: Range = Field(description="As-of dates to train on.")
    choose: Range = Field(description="As-of dates to choose, calibrate and set thresholds on.")
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
