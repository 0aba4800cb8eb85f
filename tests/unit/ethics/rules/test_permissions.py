"""The rules, each as a small truth table; `can_…` and `check_…` always agree."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethics.errors import ConflictOfInterestError, NotAllowedError
from ethics.rules.permissions import RULES, MoveCase, can_meet, can_move, check_move, open_moves
from ethics.rules.workflow import MOVES, Action, MoveNeed, ProposalState
from hub.declarations.partnership import Person, Role
from hub.errors import SentinelError, StateError

IDS = ("ana", "tom", "rita", "sam", "olga")
CASE = MoveCase(
    state=ProposalState.RECOMMENDED,
    proposer="ana",
    trainers=frozenset({"tom"}),
    recommended_by=frozenset({"rita", "sam"}),
    counted=frozenset({"rita", "sam"}),
    supporting=frozenset({"rita", "sam"}),
    quorum=2,
    canvas_gaps=(),
    changes=(),
)


def person(id_: str, role: Role = Role.OWNER) -> Person:
    """Return a person of the panel."""
    return Person(id=id_, title="Somebody", role=role)


@pytest.mark.parametrize(
    ("need", "changed", "who", "error"),
    [
        (MoveNeed.IS_PROPOSER, {}, "ana", None),
        (MoveNeed.IS_PROPOSER, {}, "tom", NotAllowedError),
        (MoveNeed.NOT_PROPOSER, {}, "olga", None),
        (MoveNeed.NOT_PROPOSER, {}, "ana", ConflictOfInterestError),
        (MoveNeed.NOT_TRAINER, {}, "olga", None),
        (MoveNeed.NOT_TRAINER, {}, "tom", ConflictOfInterestError),
        (MoveNeed.NOT_TRAINER, {"trainers": frozenset({"tom", "olga"})}, "olga", ConflictOfInterestError),
        (MoveNeed.NOT_TRAINER, {"trainers": frozenset()}, "olga", ConflictOfInterestError),
        (MoveNeed.NOT_COUNTED, {}, "olga", None),
        (MoveNeed.NOT_COUNTED, {}, "rita", ConflictOfInterestError),
        (MoveNeed.NOT_COUNTED, {"counted": frozenset()}, "rita", ConflictOfInterestError),
        (MoveNeed.CANVAS_COMPLETE, {}, "olga", None),
        (MoveNeed.CANVAS_COMPLETE, {"canvas_gaps": ("Your actions (no answer)",)}, "olga", StateError),
        (MoveNeed.QUORUM, {}, "olga", None),
        (MoveNeed.QUORUM, {"quorum": 3}, "olga", StateError),
        (MoveNeed.QUORUM, {"counted": frozenset({"rita"})}, "olga", StateError),
        (MoveNeed.QUORUM, {"counted": frozenset({"rita", "sam", "uma"})}, "olga", None),
        (MoveNeed.ADVICE, {}, "olga", None),
        (MoveNeed.ADVICE, {"supporting": frozenset({"rita"})}, "olga", StateError),
        (MoveNeed.ADVICE, {"supporting": frozenset()}, "olga", StateError),
        (MoveNeed.ADVICE, {"quorum": 3}, "olga", StateError),
        (MoveNeed.ADVICE, {"supporting": frozenset({"rita", "sam", "uma"}), "quorum": 3}, "olga", None),
        (MoveNeed.ADVICE, {"supporting": frozenset(), "against_advice": True}, "olga", None),
        (MoveNeed.ADVICE, {"supporting": frozenset({"rita"}), "against_advice": True}, "olga", None),
        (MoveNeed.ADVICE, {"against_advice": True}, "olga", None),
        (MoveNeed.UNCHANGED, {}, "olga", None),
        (MoveNeed.UNCHANGED, {"changes": ("another snapshot",)}, "olga", StateError),
        (MoveNeed.UNCHANGED, {"changes": None}, "olga", StateError),
    ],
)
def test_rule(need: MoveNeed, changed: dict[str, Any], who: str, error: type[SentinelError] | None) -> None:
    case = replace(CASE, **changed)
    assert can_meet(need, case, person(who)) == (error is None)
    if error is None:
        RULES[need](case, person(who))
        return
    with pytest.raises(error) as caught:
        RULES[need](case, person(who))
    assert type(caught.value) is error


@pytest.mark.parametrize("move", MOVES, ids=lambda move: f"{move.action} in {move.start}")
@pytest.mark.parametrize("broken", MoveNeed)
def test_a_move_is_refused_when_one_thing_it_needs_is_missing_and_only_then(move: Any, broken: MoveNeed) -> None:
    who = person("someone", move.roles[0])
    proposer = "someone" if MoveNeed.IS_PROPOSER in move.needs else "ana"
    case = replace(CASE, state=move.start, proposer=proposer)
    assert can_move(move.action, case, who)
    every: dict[MoveNeed, dict[str, Any]] = {
        MoveNeed.IS_PROPOSER: {"proposer": "another"},
        MoveNeed.NOT_PROPOSER: {"proposer": "someone"},
        MoveNeed.NOT_TRAINER: {"trainers": frozenset({"someone"})},
        MoveNeed.NOT_COUNTED: {"recommended_by": frozenset({"rita", "sam", "someone"})},
        MoveNeed.CANVAS_COMPLETE: {"canvas_gaps": ("Your actions (no answer)",)},
        MoveNeed.QUORUM: {"counted": frozenset()},
        MoveNeed.ADVICE: {"supporting": frozenset({"rita"})},
        MoveNeed.UNCHANGED: {"changes": ("another bundle",)},
    }
    spoilt = every[broken]
    assert can_move(move.action, replace(case, **spoilt), who) == (broken not in move.needs)


@given(
    state=st.sampled_from(ProposalState),
    proposer=st.sampled_from(IDS),
    trainers=st.frozensets(st.sampled_from(IDS)),
    recommended_by=st.frozensets(st.sampled_from(IDS)),
    opposed_by=st.frozensets(st.sampled_from(IDS)),
    against_advice=st.booleans(),
    quorum=st.integers(2, 4),
    gaps=st.sampled_from([(), ("Your actions",)]),
    changes=st.sampled_from([None, (), ("another bundle",)]),
    who=st.sampled_from(IDS),
    role=st.sampled_from(Role),
    action=st.sampled_from(Action),
)
def test_an_approval_agrees_with_the_rules_spelled_out(
    state: ProposalState,
    proposer: str,
    trainers: frozenset[str],
    recommended_by: frozenset[str],
    opposed_by: frozenset[str],
    against_advice: bool,
    quorum: int,
    gaps: tuple[str, ...],
    changes: tuple[str, ...] | None,
    who: str,
    role: Role,
    action: Action,
) -> None:
    counted = recommended_by - trainers - {proposer}
    supporting = counted - opposed_by
    case = MoveCase(
        state, proposer, trainers, recommended_by, counted, supporting, quorum, gaps, changes, against_advice
    )
    someone = person(who, role)
    if action is Action.APPROVE:
        expected = (
            state == "recommended"
            and role == "owner"
            and len(trainers) > 0
            and who not in trainers
            and who != proposer
            and who not in recommended_by
            and len(counted) >= quorum
            and (len(supporting) >= quorum or against_advice)
            and gaps == ()
            and changes == ()
        )
        assert can_move(action, case, someone) == expected
    if can_move(action, case, someone):
        check_move(action, case, someone)
    else:
        with pytest.raises(StateError):
            check_move(action, case, someone)


def test_open_moves_are_those_that_a_person_may_make_by_themselves() -> None:
    assert [move.action for move in open_moves(CASE, person("olga"))] == [
        Action.APPROVE,
        Action.DECLINE,
        Action.RETURN,
    ]
    assert [move.action for move in open_moves(CASE, person("uma", Role.REVIEWER))] == [Action.RECOMMEND]
    assert open_moves(CASE, person("ana", Role.ANALYST)) == ()
    assert [m.action for m in open_moves(replace(CASE, state=ProposalState.APPROVED), person("olga"))] == [
        Action.WITHDRAW
    ]


def test_the_message_names_role_and_remedy() -> None:
    with pytest.raises(NotAllowedError, match=r"To approve is for the owner; ana is here as analyst\. Roles stand in"):
        check_move(Action.APPROVE, CASE, person("ana", Role.ANALYST))
