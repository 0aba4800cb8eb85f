"""What goes over the wire: the request for a score, and the score with everything a person needs to weigh it."""

import datetime

from pydantic import BaseModel, ConfigDict, Field

PERSON_ID = r"^p[0-9a-f]{24}$"
PURPOSE = r"^[a-z][a-z0-9_]{0,59}$"


class ScoreRequest(BaseModel):
    """Whom to score, and what for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    person_id: str = Field(pattern=PERSON_ID, description="The hub's pseudonym of the person.")
    purpose: str = Field(pattern=PURPOSE, description="The purpose, as the partnership's use case names it.")


class ConditionReference(BaseModel):
    """One condition of the decision."""

    words: str = Field(description="What must be done.")
    owner: str = Field(description="Who sees to it.")
    due: datetime.date = Field(description="By when.")


class DecisionReference(BaseModel):
    """The decision that allows this score."""

    id: int = Field(description="Number of the decision in the ethics record.")
    expires_on: datetime.date = Field(description="First day on which it no longer holds.")
    conditions: list[ConditionReference] = Field(description="Conditions under which it was given.")


class SnapshotReference(BaseModel):
    """The data that the score stands on."""

    digest: str = Field(description="Digest of the snapshot.")
    known_to: datetime.date = Field(description="The last day that it covers.")


class Evidence(BaseModel):
    """What happened on the test dates to people who were scored alike: the number behind the word."""

    share: float | None = Field(description="Share of them who had the outcome; null when it was not computed.")
    low: float | None = Field(description="Lower bound of its 95 % interval.")
    high: float | None = Field(description="Upper bound of its 95 % interval.")
    n: int = Field(description="How many times people were scored alike, over all test dates.")
    words: str = Field(description="The same in plain words, or why there is no number.")


class Score(BaseModel):
    """A score. A person decides, not this."""

    person_id: str = Field(description="The hub's pseudonym of the person.")
    purpose: str = Field(description="What the score is for, and nothing else.")
    as_of_date: datetime.date = Field(description="The date of looking: nothing that became known later was seen.")
    band: str = Field(description="offer_help, talk_about_it or no_suggestion.")
    band_in_words: str = Field(description="What the band suggests.")
    probability: float = Field(ge=0, le=1, description="Calibrated probability of the outcome within the horizon.")
    probability_in_words: str = Field(description="What the probability is of.")
    probability_evidence: Evidence = Field(description="How often the outcome followed at probabilities like this one.")
    band_evidence: Evidence = Field(description="How often the outcome followed in this band.")
    reasons: list[str] = Field(description="What raised the probability most, in plain words.")
    protective_factors: list[str] = Field(description="What lowered it most: strengths, in plain words.")
    model: str = Field(description="Digest of the model bundle.")
    audit: str = Field(description="Digest of its audit.")
    decision: DecisionReference
    snapshot: SnapshotReference
    caveats: list[str] = Field(description="What to keep in mind, and what is known to be unfair or missing.")
    ledger_entry: int = Field(description="Number of this score in the ledger.")
