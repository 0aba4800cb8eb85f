"""One score for one person and one purpose, or the refusal; both are in the ledger before they leave."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from audits.explaining.reasons import strongest
from audits.phrases import sentence
from ethics.errors import SupersededError
from hub.disclosing.disclosure import WITHHELD
from hub.errors import RecordError, SentinelError
from hub.ledger import ledger
from hub.ledger.ledger import Entry, moment
from hub.ledger.subjects import Subjects
from hub.ledger.writes import Writes
from models import figures
from models.bundle.bundles import Bundle
from models.figures import NotComputed
from service.gate import sources_told
from service.gate.audience import Audience, agency_of
from service.gate.gate import Gate, Opened
from service.scoring.answers import (
    ConditionReference,
    DecisionReference,
    Evidence,
    ProbabilityRange,
    Score,
    ScoreRequest,
    SnapshotReference,
    WithheldReasons,
)
from service.scoring.problems import Problem

CALLER = "local"
_CAVEATS = (
    "A score never decides. It may be wrong; what you and the family know comes first.",
    "It says how often the outcome followed for people with similar records, not what will happen to this person.",
)


class UnexpectedError(SentinelError):
    """Something failed that nobody foresaw. Its own text may hold a person's value, so only its type is told."""


class Scorer:
    """Scores behind a gate. Safe for many threads."""

    def __init__(self, gate: Gate) -> None:
        """Take the gate.

        Args:
            gate: what must be open.
        """
        self.gate = gate
        self._subjects = Subjects.open(gate.workspace)
        self._writes = Writes(gate.store)

    def score(self, request: ScoreRequest) -> Score:
        """Return the score and write it to the ledger first.

        Raises:
            SentinelError: the gate is closed, the agency or the person is unknown, the person is not in the cohort, or
                the ledger cannot be written. Nothing is scored then.
        """
        try:
            try:
                return self._score(request)
            except SupersededError:
                return self._score(request)  # once more, with what took the place of what was looked at
        except SentinelError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, no score leaves and its text is not told
            raise UnexpectedError(f"Something failed here ({type(error).__name__}); no score left.") from None

    def refused(self, document: Problem, request: ScoreRequest | None) -> None:
        """Write a refusal to the ledger. Of a request that was not as declared, nothing is kept but that it came.

        That the ledger cannot be written is not written: whoever asks would wait twice to hear it.
        """
        if document.type.endswith(f":{RecordError.kind}"):
            return
        facts = {"problem": document.type, "status": document.status}
        if request is not None:
            facts |= {"person": self._subjects.name(request.person_id), "purpose": request.purpose}

        def write(session: Session) -> Entry:
            at = moment(session, self.gate.store.now())
            return ledger.append(session, kind="refusal", actor=CALLER, facts=facts, at=at)

        self._writes.do(write)

    def _score(self, request: ScoreRequest) -> Score:
        opened = self.gate.open(request.purpose, at=self.gate.store.now())
        agency = agency_of(opened.declared.partnership, request.agency)
        as_of_date = opened.use_case.newest(opened.snapshot.known_to)
        permits = opened.declared.permits
        audience = Audience(agency, permits, opened.snapshot, request.purpose, opened.day, as_of_date)
        values = opened.online.vector(request.person_id, as_of_date=as_of_date)
        opened.bundle.require_numbers(values)
        matrix = values.reshape(1, -1)
        probabilities = opened.model.probabilities(matrix)
        probability, band = float(probabilities[0]), opened.model.bands(probabilities)[0]
        raised, lowered = strongest(
            opened.bundle.indicators, values, opened.model.contributions(matrix)[0], usual=opened.bundle.usual, top=3
        )
        reasons, reasons_withheld = audience.told(raised, "reason", "reasons")
        strengths, strengths_withheld = audience.told(lowered, "strength", "strengths")
        facts = {
            "person": self._subjects.name(request.person_id),
            "purpose": request.purpose,
            "agency": agency,
            "withheld": reasons_withheld + strengths_withheld,
            "as_of_date": as_of_date.isoformat(),
            "band": band,
            "probability": round(probability, 6),
            "bundle": opened.bundle.digest,
            "audit": opened.decision.audit,
            "decision": opened.decision.id,
            "snapshot": opened.snapshot.digest,
            "online_source": opened.online.artefact.digest,
        }

        def write(session: Session) -> Entry:
            # Asked again inside the write, about the very same decision: what ended it leaves no score behind it.
            at = moment(session, self.gate.store.now())
            self.gate.confirm(session, opened, at=at)
            return ledger.append(session, kind="score", actor=CALLER, facts=facts, at=at)

        entry = self._writes.do(write)
        return Score(
            person_id=request.person_id,
            purpose=request.purpose,
            as_of_date=as_of_date,
            band=band,
            band_in_words=_band_in_words(opened.bundle, band),
            probability=round(probability, 4),
            probability_in_words=f"Within {opened.use_case.horizon_days} days: {opened.use_case.outcome.plain}",
            probability_range=_range(opened, probability),
            probability_evidence=_evidence_at(opened, probability),
            band_evidence=_evidence_in(opened, band),
            agency=agency,
            reasons=reasons,
            protective_factors=strengths,
            withheld=WithheldReasons(reasons=reasons_withheld, protective_factors=strengths_withheld),
            model=opened.bundle.digest,
            audit=opened.decision.audit,
            decision=DecisionReference(
                id=opened.decision.id,
                expires_on=opened.decision.expires_on,
                conditions=[
                    ConditionReference(words=one.words, owner=one.owner, due=one.due)
                    for one in opened.decision.conditions
                ],
            ),
            snapshot=SnapshotReference(digest=opened.snapshot.digest, known_to=opened.snapshot.known_to),
            caveats=_caveats(opened, bool(lowered)),
            ledger_entry=entry.seq,
        )


def _band_in_words(bundle: Bundle, band: str) -> str:
    return next(str(one["plain"]) for one in bundle.thresholds.as_json()["bands"] if one["name"] == band)


def _range(opened: Opened, probability: float) -> ProbabilityRange:
    """Return how far the probability would move, in words that a simulation with known truth bears out."""
    stability = opened.bundle.stability
    if isinstance(stability, NotComputed):
        words = f"How far it would move if other families had been learned from is not known: {stability.reason}."
        return ProbabilityRange(low=None, high=None, words=words)
    low, high = stability.around(probability)
    words = (
        f"Models that learned from other families of the same kind would give 19 of 20 {opened.use_case.people} with "
        f"such a probability one between {100 * low:.1f} % and {100 * high:.1f} %. What all such models have wrong, "
        "this does not show."
    )
    return ProbabilityRange(low=round(low, 4), high=round(high, 4), words=words)


def _evidence_at(opened: Opened, probability: float) -> Evidence:
    """Return what the audit tells where the probabilities of the test dates were like this one."""
    steps = opened.performance["calibration"]
    if not steps:
        return _evidence(opened.use_case.people, WITHHELD.as_json(), "had a probability like this one")
    found = next((one for one in steps if probability <= one["to"]), steps[-1])
    low, high = (f"{100 * found[end]:.0f} %" for end in ("from", "to"))
    observed = {**found["observed"], "n": found["rows"]}
    return _evidence(opened.use_case.people, observed, f"had a probability from {low} to {high}")


def _evidence_in(opened: Opened, band: str) -> Evidence:
    """Return what the audit tells of a band."""
    found = next(one for one in opened.performance["bands"] if one["name"] == band)
    return _evidence(opened.use_case.people, found["with_outcome"], "were in this band")


def _evidence(people: str, observed: Mapping[str, Any], alike: str) -> Evidence:
    asked = f"How often the outcome followed for {people} who {alike}"
    if "withheld" in observed:
        words = f"{asked} is withheld: it would tell too much about too few of them."
        return Evidence(share=None, low=None, high=None, n=None, words=words)
    figure = figures.from_json(observed)
    if isinstance(figure, NotComputed):
        return Evidence(share=None, low=None, high=None, n=figure.n, words=f"{asked} is {figure.text()}.")
    share, low, high = (f"{100 * number:.1f} %" for number in (figure.value, figure.low, figure.high))
    words = (
        f"On the test dates {people} {alike} {figure.n:,} times, "
        f"and in {share} of them ({low} to {high}) the outcome followed."
    )
    return Evidence(share=figure.value, low=figure.low, high=figure.high, n=figure.n, words=words)


def _caveats(opened: Opened, has_strengths: bool) -> list[str]:
    outcome = opened.use_case.outcome
    found = [
        *_CAVEATS,
        f"Who decides what it estimates: {sentence(outcome.decided_by)} "
        f"What is known to be unfair in it: {sentence(outcome.known_bias)}",
    ]
    if not has_strengths:
        found.append("Nothing that lowered it is in the records; that does not mean that there are no strengths.")
    if opened.snapshot.digest != opened.decision.snapshot:
        found.append("The hub has published newer data since the model was audited.")
    old = sources_told.caveat(opened.told)
    if old is not None:
        found.append(old)
    assumed = [name for name, said in opened.snapshot.facts.sources.items() if said.assumed_recording is not None]
    if assumed:
        found.append(f"When these sources became known is assumed, not recorded: {', '.join(sorted(assumed))}.")
    return found
