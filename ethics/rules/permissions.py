"""Who may make which move: each rule in a pair, `check_…` raises and `can_…` answers yes or no for a page.

Pure: a `Case` holds all that the rules look at. When something needed to decide is missing, the rule refuses.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ethics.errors import ConflictOfInterestError, NotAllowedError
from ethics.rules.workflow import MOVES, Action, Move, MoveNeed, ProposalState, find_move, in_words
from hub.declarations.partnership import Person
from hub.errors import SentinelError, StateError


@dataclass(frozen=True, slots=True)
class MoveCase:
    """What the rules look at.

    Attributes:
        state: where the proposal stands.
        proposer: id of the person who proposed it.
        trainers: ids of everybody who trained the model; when empty, nobody can be shown to be independent.
        recommended_by: ids of everybody who recommended in this round.
        counted: ids of those among them who count: reviewers of the panel, neither proposer nor trainer.
        supporting: ids of those who count and support it, with or without conditions.
        quorum: how many must count.
        against_advice: whether the owner has written why to approve although fewer than the quorum support it.
        canvas_gaps: sections without a sufficient answer.
        changes: what is no longer as it was proposed; None when nobody has looked, which counts as changed.
    """

    state: ProposalState
    proposer: str
    trainers: frozenset[str]
    recommended_by: frozenset[str]
    counted: frozenset[str]
    supporting: frozenset[str]
    quorum: int
    canvas_gaps: tuple[str, ...]
    changes: tuple[str, ...] | None
    against_advice: bool = False


def check_is_proposer(case: MoveCase, person: Person) -> None:
    """Raise NotAllowedError unless `person` proposed it."""
    if person.id != case.proposer:
        raise NotAllowedError("Only the person who proposed it may do this.", f"That is {case.proposer}.")


def check_not_proposer(case: MoveCase, person: Person) -> None:
    """Raise ConflictOfInterestError when `person` proposed it."""
    if person.id == case.proposer:
        raise ConflictOfInterestError(
            f"{person.id} proposed this and cannot also judge it.", "Ask another member of the panel."
        )


def check_not_trainer(case: MoveCase, person: Person) -> None:
    """Raise ConflictOfInterestError when `person` trained the model, or when nobody knows who did."""
    if not case.trainers:
        raise ConflictOfInterestError(
            "It is not known who trained this model, so nobody can be shown to be independent of it.",
            "Train it again with `sentinel models train`, which records who did.",
        )
    if person.id in case.trainers:
        raise ConflictOfInterestError(
            f"{person.id} trained this model and cannot also judge it.", "Ask another member of the panel."
        )


def check_not_counted(case: MoveCase, person: Person) -> None:
    """Raise ConflictOfInterestError when `person` recommended in this round: who recommends does not decide."""
    if person.id in case.recommended_by:
        raise ConflictOfInterestError(
            f"{person.id} gave a recommendation and cannot also decide.", "Ask another accountable owner."
        )


def check_canvas_complete(case: MoveCase, _person: Person) -> None:
    """Raise StateError when a canvas section has no sufficient answer."""
    if case.canvas_gaps:
        raise StateError(
            f"{len(case.canvas_gaps)} of the canvas sections are not answered yet: {'; '.join(case.canvas_gaps)}.",
            "Answer them in the partnership's canvases folder and run `sentinel ethics canvas load`.",
        )


def check_quorum(case: MoveCase, _person: Person) -> None:
    """Raise StateError when fewer different reviewers have recommended than the partnership asks for."""
    if len(case.counted) < case.quorum:
        raise StateError(
            f"{len(case.counted)} of the {case.quorum} recommendations that are needed have been given.",
            "Ask the reviewers who have not yet recommended.",
        )


def check_advice(case: MoveCase, _person: Person) -> None:
    """Raise StateError when fewer than the quorum support it and the owner has not written why to go against that."""
    if len(case.supporting) < case.quorum and not case.against_advice:
        raise StateError(
            f"Only {len(case.supporting)} of the {len(case.counted)} recommendations support it; "
            f"{case.quorum} would be a quorum.",
            "Decline or return it; or say in writing why to approve against advice (--against-advice), which stays in "
            "the record.",
        )


def check_unchanged(case: MoveCase, _person: Person) -> None:
    """Raise StateError when anything changed since it was proposed, or when nobody has looked."""
    if case.changes is None:
        raise StateError("Nobody has checked whether the proposal's parts are unchanged.", "Try again.")
    if case.changes:
        raise StateError(
            f"This is no longer what was proposed: {'; '.join(case.changes)}.",
            "Restore it from a copy, or make a new proposal about what there is now.",
        )


RULES: Mapping[MoveNeed, Callable[[MoveCase, Person], None]] = {
    MoveNeed.IS_PROPOSER: check_is_proposer,
    MoveNeed.NOT_PROPOSER: check_not_proposer,
    MoveNeed.NOT_TRAINER: check_not_trainer,
    MoveNeed.NOT_COUNTED: check_not_counted,
    MoveNeed.CANVAS_COMPLETE: check_canvas_complete,
    MoveNeed.QUORUM: check_quorum,
    MoveNeed.ADVICE: check_advice,
    MoveNeed.UNCHANGED: check_unchanged,
}


def can_meet(need: MoveNeed, case: MoveCase, person: Person) -> bool:
    """Say whether the rule for `need` lets `person` go on."""
    return _answers(lambda: RULES[need](case, person))


def check_role(move: Move, person: Person) -> None:
    """Raise NotAllowedError unless `person` has a role that may make `move`."""
    if person.role not in move.roles:
        who = " or ".join(f"the {role}" for role in move.roles)
        raise NotAllowedError(
            f"To {in_words(move.action)} is for {who}; {person.id} is here as {person.role}.",
            "Roles stand in partnership.yaml.",
        )


def check_move(action: Action, case: MoveCase, person: Person) -> Move:
    """Return the move, or raise when the state, the person's role or a need does not allow it.

    Raises:
        StateError: the table has no such move in this state, or a need is not met.
        NotAllowedError: the person's role does not allow it, or it belongs to somebody else.
        ConflictOfInterestError: the person has a part in what they would judge.
    """
    move = find_move(action, case.state)
    check_role(move, person)
    for need in move.needs:
        RULES[need](case, person)
    return move


def can_move(action: Action, case: MoveCase, person: Person) -> bool:
    """Say whether `check_move` lets `person` go on."""
    return _answers(lambda: check_move(action, case, person))


def open_moves(case: MoveCase, person: Person) -> tuple[Move, ...]:
    """Return the moves that `person` may make now, in the table's order, without those that only follow another."""
    here = (move for move in MOVES if move.start is case.state and move.follows is None)
    return tuple(move for move in here if can_move(move.action, case, person))


def _answers(check: Callable[[], object]) -> bool:
    try:
        check()
    except SentinelError:
        return False
    return True
