"""Does every row of the ethics record agree with its entry in the ledger, and every entry have its row?

The chain shows what was done to entries. Words, verdicts and reasons stand in rows beside it, of which an entry holds
the digest: a row that was changed, removed or put in by hand does not fit its entry, and is named here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ethics.acts.transitions import KINDS, PROPOSED
from ethics.record import facts
from ethics.record.records import CanvasAnswerRow, DecisionRow, ProposalRow, RecommendationRow, WithdrawalRow
from ethics.rules.workflow import Action, ProposalState
from hub.digests import digest_of
from hub.errors import LedgerError
from hub.ledger import ledger
from hub.ledger.ledger import Entry
from hub.ledger.store import Store
from hub.ledger.tables import Base, utc_text

_KINDS = frozenset({PROPOSED, *KINDS.values()})
_Row = TypeVar("_Row", bound=Base)
_DIGESTS = ("purpose", "use_case", "bundle", "audit", "snapshot", "use_case_digest")


@dataclass(frozen=True, slots=True)
class Fault:
    """One row that is not what its entry says.

    Attributes:
        entry: number of the entry.
        why: what is wrong, in words.
    """

    entry: int
    why: str


def verify(store: Store) -> list[Fault]:
    """Compare every row of the record with its entry; return what does not agree, by the number of the entry."""
    with store.reading() as session:
        entries = {entry.seq: entry for kind in _KINDS for entry in ledger.entries(session, kind=kind)}
        return faults(session, entries)


def faults(session: Session, entries: Mapping[int, Entry], *, proposal: int | None = None) -> list[Fault]:
    """Compare rows of the record with their entries; return what does not agree, by the number of the entry.

    Args:
        session: the open session.
        entries: those that the rows should agree with, by number.
        proposal: only the rows about this one, of which `entries` are then all.
    """
    try:
        checks = (_proposals, _answers, _recommendations, _decisions, _withdrawals)
        found = [fault for check in checks for fault in check(session, entries, proposal)]
    except (ValueError, TypeError, KeyError, AttributeError, SQLAlchemyError):
        return [Fault(0, "a field of the record is damaged, so that it cannot be read")]
    return sorted(found, key=lambda one: one.entry)


def _about(proposal: int | None, rows: type[_Row], number: Any) -> Select[_Row]:
    """Return the query for rows: for all, or for those in which `number` is that of the proposal."""
    return select(rows) if proposal is None else select(rows).where(number == proposal)


def require(found: list[Fault]) -> None:
    """Raise LedgerError, naming the first row that does not agree, when there is one."""
    if found:
        raise LedgerError(
            f"The record does not agree with the ledger at entry {found[0].entry}: {found[0].why}. "
            f"{len(found)} such rows in all.",
            "Keep the database as it is and compare it with the last backup.",
        )


def _compared(
    what: str, row: Any, entry: Entry | None, kind: str, actor: str, at: Any, expected: Mapping[str, Any]
) -> Iterator[Fault]:
    """Yield what is wrong with one row, whose entry should hold the facts `expected`."""
    if entry is None or entry.kind != kind:
        yield Fault(row.id, f"the {what} was put in: the ledger has no such entry")
        return
    said = entry.read_facts()
    wrong = [name for name, value in expected.items() if said.get(name) != value]
    if entry.actor != actor:
        wrong.append("who")
    if entry.at != utc_text(at):
        wrong.append("when")
    if wrong:
        yield Fault(row.id, f"the {what} was changed ({', '.join(name.replace('_', ' ') for name in wrong)})")


def _missing(what: str, entries: Mapping[int, Entry], kinds: set[str], numbers: set[int]) -> Iterator[Fault]:
    for number, entry in entries.items():
        if entry.kind in kinds and number not in numbers:
            yield Fault(number, f"the {what} was removed")


def _proposals(session: Session, entries: Mapping[int, Entry], proposal: int | None) -> Iterator[Fault]:
    rows = session.scalars(_about(proposal, ProposalRow, ProposalRow.id)).all()
    yield from _missing("proposal", entries, {PROPOSED}, {row.id for row in rows})
    steps: dict[int, list[Entry]] = {}
    for number in sorted(entries):
        about = entries[number].read_facts().get("proposal")
        if isinstance(about, int):
            steps.setdefault(about, []).append(entries[number])
    for row in rows:
        expected = {name: getattr(row, name) for name in _DIGESTS}
        expected |= {"partnership": row.partnership, "trainers": sorted(one.person for one in row.trainers)}
        yield from _compared("proposal", row, entries.get(row.id), PROPOSED, row.proposed_by, row.proposed_at, expected)
        state, number, round_, canvas = ProposalState.DRAFT.value, row.id, 1, None
        for step in steps.get(row.id, []):
            said = step.read_facts()
            state, number, canvas = str(said["to"]), step.seq, said.get("canvas_digest", canvas)
            round_ = int(said["round"])
            if said["action"] == Action.RETURN:
                round_, canvas = round_ + 1, None
        if (row.state, row.changed_by_entry, row.round, row.canvas_digest) != (state, number, round_, canvas):
            yield Fault(row.id, f"the proposal's state was changed: by the ledger it is {state.replace('_', ' ')}")


def _answers(session: Session, entries: Mapping[int, Entry], proposal: int | None) -> Iterator[Fault]:
    kind = KINDS[Action.ANSWER]
    rows: dict[int, list[CanvasAnswerRow]] = {}
    for row in session.scalars(_about(proposal, CanvasAnswerRow, CanvasAnswerRow.proposal_id)):
        rows.setdefault(row.id, []).append(row)
    yield from _missing("canvas answer", entries, {kind}, set(rows))
    for group in rows.values():
        expected = {
            "proposal": group[0].proposal_id,
            "answers": {row.section: digest_of(row.words) for row in group},
        }
        for row in {(one.proposal_id, one.answered_by, one.at): one for one in group}.values():
            expected["proposal"] = row.proposal_id
            yield from _compared("canvas answer", row, entries.get(row.id), kind, row.answered_by, row.at, expected)


def _recommendations(session: Session, entries: Mapping[int, Entry], proposal: int | None) -> Iterator[Fault]:
    kind = KINDS[Action.RECOMMEND]
    rows = session.scalars(_about(proposal, RecommendationRow, RecommendationRow.proposal_id)).all()
    yield from _missing("recommendation", entries, {kind}, {row.id for row in rows})
    for row in rows:
        expected = {
            "proposal": row.proposal_id,
            "round": row.round,
            "verdict": row.verdict,
            "words": digest_of(row.words),
        }
        yield from _compared("recommendation", row, entries.get(row.id), kind, row.member, row.at, expected)


def _decisions(session: Session, entries: Mapping[int, Entry], proposal: int | None) -> Iterator[Fault]:
    kind = KINDS[Action.APPROVE]
    rows = session.scalars(_about(proposal, DecisionRow, DecisionRow.proposal_id)).all()
    yield from _missing("decision", entries, {kind}, {row.id for row in rows})
    for row in rows:
        expected = facts.of_decision(row) | {"proposal": row.proposal_id, "round": row.round}
        yield from _compared("decision", row, entries.get(row.id), kind, row.decided_by, row.decided_at, expected)


def _withdrawals(session: Session, entries: Mapping[int, Entry], proposal: int | None) -> Iterator[Fault]:
    kind = KINDS[Action.WITHDRAW]
    ended = select(DecisionRow.id).where(DecisionRow.proposal_id == proposal)
    query = select(WithdrawalRow)
    rows = session.scalars(query if proposal is None else query.where(WithdrawalRow.decision_id.in_(ended))).all()
    yield from _missing("withdrawal", entries, {kind}, {row.id for row in rows})
    for row in rows:
        expected = {"decision": row.decision_id, "reasons": digest_of(row.reasons)}
        yield from _compared("withdrawal", row, entries.get(row.id), kind, row.withdrawn_by, row.at, expected)
