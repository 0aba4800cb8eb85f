"""One score for one person and one purpose, or the refusal; both are in the ledger before they leave."""

import datetime
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from audits.reasons import reasons
from ethics import ledger
from ethics.approvals import decision_in
from features.online import vector
from hub.errors import SentinelError
from models import figures
from models.bundles import Bundle
from models.figures import NotComputed
from service.gate import Gate, Opened
from service.problems import Problem

CALLER = "local"
PERSON_ID = r"^p[0-9a-f]{24}$"
PURPOSE = r"^[a-z][a-z0-9_]{0,59}$"
_CAVEATS = (
    "A score never decides. It may be wrong; what you and the family know comes first.",
    "It says how often the outcome followed for people with similar records, not what will happen to this person.",
)


class ScoreRequest(BaseModel):
    """Whom to score, and what for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    person_id: str = Field(pattern=PERSON_ID, description="The hub's pseudonym of the person.")
    purpose: str = Field(pattern=PURPOSE, description="The purpose, as the partnership's use case names it.")


class DecisionReference(BaseModel):
    """The decision that allows this score."""

    id: int = Field(description="Number of the decision in the ethics record.")
    expires_on: datetime.date = Field(description="First day on which it no longer holds.")
    conditions: list[str] = Field(description="Conditions under which it was given.")


class SnapshotReference(BaseModel):
    """The data that the score stands on."""

    digest: str = Field(description="Digest of the snapshot.")
    known_to: datetime.date = Field(description="The last day that it covers.")


class Evidence(BaseModel):
    """What happened to people in this band on the test dates: the number behind the word."""

    share: float | None = Field(description="Share of them who had the outcome; null when it was not computed.")
    low: float | None = Field(description="Lower bound of its 95 % interval.")
    high: float | None = Field(description="Upper bound of its 95 % interval.")
    n: int = Field(description="How many rows of people and dates were in the band.")
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
    evidence: Evidence
    reasons: list[str] = Field(description="What raised the probability most, in plain words.")
    protective_factors: list[str] = Field(description="What lowered it most: strengths, in plain words.")
    model: str = Field(description="Digest of the model bundle.")
    audit: str = Field(description="Digest of its audit.")
    decision: DecisionReference
    snapshot: SnapshotReference
    caveats: list[str] = Field(description="What to keep in mind, and what is known to be unfair or missing.")
    ledger_entry: int = Field(description="Number of this score in the ledger.")


class UnexpectedError(SentinelError):
    """Something failed that nobody foresaw. Its own text may hold a person's value, so only its type is told."""


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores behind a gate."""

    gate: Gate

    def score(self, request: ScoreRequest) -> Score:
        """Return the score and write it to the ledger first.

        Raises:
            SentinelError: the gate is closed, the person is unknown or not in the cohort, or the ledger cannot be
                written. Nothing is scored then.
        """
        try:
            return self._score(request)
        except SentinelError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, no score leaves and its text is not told
            raise UnexpectedError(f"Something failed here ({type(error).__name__}); no score left.") from None

    def refused(self, document: Problem, request: ScoreRequest | None) -> None:
        """Write a refusal to the ledger. Of a request that was not as declared, nothing is kept but that it came."""
        facts = {"problem": document.type, "status": document.status}
        if request is not None:
            facts |= {"person_id": request.person_id, "purpose": request.purpose}
        store = self.gate.store
        with store.writing() as session:
            ledger.append(session, kind="refusal", actor=CALLER, facts=facts, at=store.now())

    def _score(self, request: ScoreRequest) -> Score:
        store = self.gate.store
        now = store.now()
        opened = self.gate.open(request.purpose, at=now)
        as_of_date = opened.use_case.newest(opened.snapshot.known_to)
        values = vector(
            opened.snapshot, opened.use_case, opened.bundle.indicators, request.person_id, as_of_date=as_of_date
        )
        matrix = values.reshape(1, -1)
        probability = float(opened.model.probabilities(matrix)[0])
        band = opened.model.bands(opened.model.probabilities(matrix))[0]
        raised, lowered = reasons(opened.bundle.indicators, values, opened.model.contributions(matrix)[0], top=3)
        facts = {
            "person_id": request.person_id,
            "purpose": request.purpose,
            "as_of_date": as_of_date.isoformat(),
            "band": band,
            "probability": round(probability, 6),
            "bundle": opened.bundle.digest,
            "decision": opened.decision.id,
            "snapshot": opened.snapshot.digest,
        }
        with store.writing() as session:
            # Asked again inside the write: a withdrawal that came in between leaves no score behind it.
            decision_in(session, purpose=request.purpose, at=store.now())
            entry = ledger.append(session, kind="score", actor=CALLER, facts=facts, at=now)
        return Score(
            person_id=request.person_id,
            purpose=request.purpose,
            as_of_date=as_of_date,
            band=band,
            band_in_words=_band_in_words(opened.bundle, band),
            probability=round(probability, 4),
            probability_in_words=f"Within {opened.use_case.horizon_days} days: {opened.use_case.outcome.plain}",
            evidence=_evidence(opened.bundle, band),
            reasons=list(raised),
            protective_factors=list(lowered),
            model=opened.bundle.digest,
            audit=opened.decision.audit,
            decision=DecisionReference(
                id=opened.decision.id,
                expires_on=opened.decision.expires_on,
                conditions=[str(condition) for condition in opened.decision.conditions],
            ),
            snapshot=SnapshotReference(digest=opened.snapshot.digest, known_to=opened.snapshot.known_to),
            caveats=_caveats(opened),
            ledger_entry=entry.seq,
        )


def _band_in_words(bundle: Bundle, band: str) -> str:
    return next(str(one["plain"]) for one in bundle.thresholds.as_json()["bands"] if one["name"] == band)


def _evidence(bundle: Bundle, band: str) -> Evidence:
    figure = figures.from_json(bundle.metrics["bands"][band]["with_outcome"])
    if isinstance(figure, NotComputed):
        words = f"How often the outcome followed in this band is {figure.text()}."
        return Evidence(share=None, low=None, high=None, n=figure.n, words=words)
    share, low, high = (f"{100 * number:.1f} %" for number in (figure.value, figure.low, figure.high))
    words = (
        f"On the test dates {bundle.use_case.people} were in this band {figure.n:,} times, "
        f"and in {share} of them ({low} to {high}) the outcome followed."
    )
    return Evidence(share=figure.value, low=figure.low, high=figure.high, n=figure.n, words=words)


def _caveats(opened: Opened) -> list[str]:
    outcome = opened.use_case.outcome
    found = [*_CAVEATS, f"What it estimates is decided by: {outcome.decided_by} Known bias: {outcome.known_bias}"]
    if opened.snapshot.digest != opened.decision.snapshot:
        found.append("The hub has published newer data since the model was audited.")
    assumed = [name for name, said in opened.snapshot.artefact.facts["sources"].items() if said["assumed_recording"]]
    if assumed:
        found.append(f"When these sources became known is assumed, not recorded: {', '.join(sorted(assumed))}.")
    return found
