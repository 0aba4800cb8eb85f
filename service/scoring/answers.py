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
    agency: str | None = Field(
        default=None,
        pattern=PURPOSE,
        description="The agency of whoever asks, as partnership.yaml names it; else the one that runs the hub.",
    )


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
    """What the audit tells of people who were scored alike on the test dates: the number behind the word."""

    share: float | None = Field(
        description="Share of them who had the outcome; null when it was not computed, or is withheld."
    )
    low: float | None = Field(description="Lower bound of its 95 % interval.")
    high: float | None = Field(description="Upper bound of its 95 % interval.")
    n: int | None = Field(description="How many times people were scored alike, over all test dates; null if withheld.")
    words: str = Field(description="The same in plain words, or why there is no number.")


class ProbabilityRange(BaseModel):
    """How far the probability would move if the model had learned from other families."""

    low: float | None = Field(description="The lower end; null where it is not known.")
    high: float | None = Field(description="The upper end; null where it is not known.")
    words: str = Field(description="The same in plain words, and what it does not say; or why there is none.")


class WithheldReasons(BaseModel):
    """How many of the reasons may not be shown to the agency that asks."""

    reasons: int = Field(description="Of what raised the probability most.")
    protective_factors: int = Field(description="Of what lowered it most.")


class Score(BaseModel):
    """A score. A person decides, not this."""

    person_id: str = Field(description="The hub's pseudonym of the person.")
    purpose: str = Field(description="What the score is for, and nothing else.")
    as_of_date: datetime.date = Field(description="The date of looking: nothing that became known later was seen.")
    band: str = Field(description="offer_help, talk_about_it or no_suggestion.")
    band_in_words: str = Field(description="What the band suggests.")
    probability: float = Field(ge=0, le=1, description="Calibrated probability of the outcome within the horizon.")
    probability_in_words: str = Field(description="What the probability is of.")
    probability_range: ProbabilityRange = Field(
        description="How far it would move had other families been learned from."
    )
    probability_evidence: Evidence = Field(description="How often the outcome followed at probabilities like this one.")
    band_evidence: Evidence = Field(description="How often the outcome followed in this band.")
    agency: str | None = Field(description="The agency to which the reasons are told; taken on trust.")
    reasons: list[str] = Field(description="What raised the probability most, in plain words, or that it is withheld.")
    protective_factors: list[str] = Field(description="What lowered it most: strengths, or that they are withheld.")
    withheld: WithheldReasons = Field(description="Reasons whose source may not be shown to the agency.")
    model: str = Field(description="Digest of the model bundle.")
    audit: str = Field(description="Digest of its audit.")
    decision: DecisionReference
    snapshot: SnapshotReference
    caveats: list[str] = Field(description="What to keep in mind, and what is known to be unfair or missing.")
    ledger_entry: int = Field(description="Number of this score in the ledger.")
