"""The whole approval: one table of states and allowed moves, and one table of who owns each state.

Nothing here reads or writes. `rules.permissions` holds the rules that a move needs, `acts.transitions` is the one
place that writes a state, `ethics.rules.workflow_diagram` draws these tables for reviewers.

That an approval has expired is a property of time, not a move: see `ethics.acts.approvals`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hub.declarations.partnership import Role
from hub.errors import StateError


class ProposalState(StrEnum):
    """Where a proposal stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    UNDER_REVIEW = "under_review"
    RECOMMENDED = "recommended"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


class Action(StrEnum):
    """What somebody does with a proposal."""

    ANSWER = "answer"
    SUBMIT = "submit"
    START_REVIEW = "start_review"
    RECOMMEND = "recommend"
    CONCLUDE = "conclude"
    APPROVE = "approve"
    DECLINE = "decline"
    RETURN = "return"
    WITHDRAW = "withdraw"
    SUPERSEDE = "supersede"


class MoveNeed(StrEnum):
    """What must be true before a move; `ethics.rules.permissions` has one rule for each."""

    IS_PROPOSER = "proposed it"
    NOT_PROPOSER = "did not propose it"
    NOT_TRAINER = "did not train the model"
    NOT_COUNTED = "did not recommend in this round"
    CANVAS_COMPLETE = "all 15 canvas sections answered"
    QUORUM = "as many different reviewers have recommended as the partnership asks for"
    ADVICE = "as many support it, or the owner has written why to go against advice"
    UNCHANGED = "bundle, audit, snapshot, use case, policy and canvas are as they were proposed"


class StateOwner(StrEnum):
    """Who must act next."""

    PROPOSER = "the analyst who proposed it"
    REVIEWERS = "the data ethics group"
    ACCOUNTABLE_OWNER = "the accountable owner"
    NOBODY = "nobody: it is closed and kept as the record"


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table.

    Attributes:
        action: what is done.
        start: the state in which it may be done.
        end: the state after it.
        roles: whose role allows it.
        needs: what must be true besides.
        plain: the row in words for a lay reader.
        follows: the action that brings this move with it, for a move that nobody makes by itself.
    """

    action: Action
    start: ProposalState
    end: ProposalState
    roles: tuple[Role, ...]
    needs: tuple[MoveNeed, ...]
    plain: str
    follows: Action | None = None


_ANALYST = (Role.ANALYST,)
_REVIEWER = (Role.REVIEWER,)
_OWNER = (Role.OWNER,)
_APART = (MoveNeed.NOT_PROPOSER, MoveNeed.NOT_TRAINER)
_DECIDING = (*_APART, MoveNeed.NOT_COUNTED, MoveNeed.QUORUM)

# A new proposal begins here; only an analyst may make one (see ethics.acts.proposals.propose).
FIRST = ProposalState.DRAFT

MOVES: tuple[Move, ...] = (
    Move(
        Action.ANSWER,
        ProposalState.DRAFT,
        ProposalState.DRAFT,
        _ANALYST,
        (MoveNeed.IS_PROPOSER,),
        "The proposer answers the sections of the data ethics canvas.",
    ),
    Move(
        Action.SUBMIT,
        ProposalState.DRAFT,
        ProposalState.SUBMITTED,
        _ANALYST,
        (MoveNeed.IS_PROPOSER, MoveNeed.CANVAS_COMPLETE, MoveNeed.UNCHANGED),
        "The proposer hands the proposal to the group; from here on its canvas cannot be changed.",
    ),
    Move(
        Action.START_REVIEW,
        ProposalState.SUBMITTED,
        ProposalState.UNDER_REVIEW,
        _REVIEWER,
        _APART,
        "A reviewer takes the proposal up.",
    ),
    Move(
        Action.RECOMMEND,
        ProposalState.UNDER_REVIEW,
        ProposalState.UNDER_REVIEW,
        _REVIEWER,
        _APART,
        "A reviewer gives a recommendation, one for each person; a later one takes the place of the earlier.",
    ),
    Move(
        Action.CONCLUDE,
        ProposalState.UNDER_REVIEW,
        ProposalState.RECOMMENDED,
        _REVIEWER,
        (*_APART, MoveNeed.QUORUM),
        "With the recommendation that completes the quorum, the proposal goes to the accountable owner.",
        follows=Action.RECOMMEND,
    ),
    Move(
        Action.RECOMMEND,
        ProposalState.RECOMMENDED,
        ProposalState.RECOMMENDED,
        _REVIEWER,
        _APART,
        "Until the owner decides, reviewers may still add or replace a recommendation.",
    ),
    Move(
        Action.APPROVE,
        ProposalState.RECOMMENDED,
        ProposalState.APPROVED,
        _OWNER,
        (*_DECIDING, MoveNeed.ADVICE, MoveNeed.CANVAS_COMPLETE, MoveNeed.UNCHANGED),
        "The accountable owner approves, for one purpose, with conditions and an end date.",
    ),
    Move(
        Action.DECLINE,
        ProposalState.RECOMMENDED,
        ProposalState.DECLINED,
        _OWNER,
        _DECIDING,
        "The accountable owner declines, with reasons.",
    ),
    Move(
        Action.RETURN,
        ProposalState.RECOMMENDED,
        ProposalState.DRAFT,
        _OWNER,
        _DECIDING,
        "The accountable owner returns it for changes; a new round begins and recommendations are asked for again.",
    ),
    Move(
        Action.WITHDRAW,
        ProposalState.APPROVED,
        ProposalState.WITHDRAWN,
        (Role.OWNER, Role.REVIEWER),
        (),
        "The owner or any reviewer stops the use, at once and with reasons. Stopping never waits for anyone else.",
    ),
    Move(
        Action.SUPERSEDE,
        ProposalState.APPROVED,
        ProposalState.SUPERSEDED,
        _OWNER,
        (),
        "A newer approval for the same purpose takes its place, in the same write.",
        follows=Action.APPROVE,
    ),
)

OWNERS: Mapping[StateOwner, tuple[ProposalState, ...]] = {
    StateOwner.PROPOSER: (ProposalState.DRAFT,),
    StateOwner.REVIEWERS: (ProposalState.SUBMITTED, ProposalState.UNDER_REVIEW),
    StateOwner.ACCOUNTABLE_OWNER: (ProposalState.RECOMMENDED, ProposalState.APPROVED),
    StateOwner.NOBODY: (ProposalState.DECLINED, ProposalState.WITHDRAWN, ProposalState.SUPERSEDED),
}


def owner_of(state: ProposalState) -> StateOwner:
    """Return who must act next on a proposal in `state`."""
    return next(owner for owner, states in OWNERS.items() if state in states)


def find_move(action: Action, start: ProposalState) -> Move:
    """Return the row of the table for `action` in the state `start`.

    Raises:
        StateError: the table has no such row.
    """
    for move in MOVES:
        if move.action is action and move.start is start:
            return move
    possible = sorted({move.start for move in MOVES if move.action is action})
    raise StateError(
        f"The proposal is {in_words(start)}, so to {in_words(action)} is not possible now.",
        f"That is for a proposal that is {' or '.join(map(in_words, possible))}.",
    )


def in_words(value: ProposalState | Action) -> str:
    """Return a state or an action as people read it: without underscores."""
    return value.value.replace("_", " ")
