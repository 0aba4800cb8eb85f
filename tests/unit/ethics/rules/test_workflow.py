"""The table of states and moves against an independent table, written out by hand."""

from itertools import product

import pytest

from ethics.rules.permissions import RULES, MoveCase, can_move, check_move
from ethics.rules.workflow import FIRST, MOVES, OWNERS, Action, MoveNeed, ProposalState, StateOwner, find_move, owner_of
from ethics.rules.workflow_diagram import diagram
from hub.declarations.partnership import Person, Role
from hub.errors import StateError

# Who may do what where, when everything that a move needs besides is true. Written out by hand, not from the code.
ALLOWED = """
    draft        | answer       | draft        | analyst
    draft        | submit       | submitted    | analyst
    submitted    | start_review | under_review | reviewer
    under_review | recommend    | under_review | reviewer
    under_review | conclude     | recommended  | reviewer
    recommended  | recommend    | recommended  | reviewer
    recommended  | approve      | approved     | owner
    recommended  | decline      | declined     | owner
    recommended  | return       | draft        | owner
    approved     | withdraw     | withdrawn    | owner, reviewer
    approved     | supersede    | superseded   | owner
"""
EXPECTED = {
    (state, action, role): end
    for state, action, end, roles in (
        [cell.strip() for cell in line.split("|")] for line in ALLOWED.split("\n") if line.strip()
    )
    for role in roles.split(", ")
}
NEEDS = """
    answer       | IS_PROPOSER
    submit       | IS_PROPOSER, CANVAS_COMPLETE, UNCHANGED
    start_review | NOT_PROPOSER, NOT_TRAINER
    recommend    | NOT_PROPOSER, NOT_TRAINER
    conclude     | NOT_PROPOSER, NOT_TRAINER, QUORUM
    approve      | NOT_PROPOSER, NOT_TRAINER, NOT_COUNTED, QUORUM, ADVICE, CANVAS_COMPLETE, UNCHANGED
    decline      | NOT_PROPOSER, NOT_TRAINER, NOT_COUNTED, QUORUM
    return       | NOT_PROPOSER, NOT_TRAINER, NOT_COUNTED, QUORUM
    withdraw     |
    supersede    |
"""


def person_with(role: Role, action: Action) -> tuple[MoveCase, Person]:
    """Return a case in which nothing but state and role can refuse, for a person of this role."""
    proposes = action in (Action.ANSWER, Action.SUBMIT)
    case = MoveCase(
        state=ProposalState.DRAFT,
        proposer="someone" if proposes else "the_proposer",
        trainers=frozenset({"the_trainer"}),
        recommended_by=frozenset({"a", "b"}),
        counted=frozenset({"a", "b"}),
        supporting=frozenset({"a", "b"}),
        quorum=2,
        canvas_gaps=(),
        changes=(),
    )
    return case, Person(id="someone", title="Someone", role=role)


@pytest.mark.parametrize(("state", "action", "role"), list(product(ProposalState, Action, Role)), ids=str)
def test_every_state_with_every_action_and_every_role(state: ProposalState, action: Action, role: Role) -> None:
    case, person = person_with(role, action)
    here = MoveCase(**{name: getattr(case, name) for name in MoveCase.__slots__} | {"state": state})
    expected = EXPECTED.get((state.value, action.value, role.value))
    assert can_move(action, here, person) == (expected is not None)
    if expected is None:
        with pytest.raises(StateError):
            check_move(action, here, person)
    else:
        assert check_move(action, here, person).end == expected


def test_each_move_needs_exactly_what_the_hand_written_table_says() -> None:
    lines = [[cell.strip() for cell in line.split("|")] for line in NEEDS.split("\n") if line.strip()]
    expected = {action: {MoveNeed[name] for name in names.split(", ") if name} for action, names in lines}
    assert {move.action.value for move in MOVES} == set(expected)
    for move in MOVES:
        assert set(move.needs) == expected[move.action.value], move.action


def test_every_state_has_exactly_one_owner() -> None:
    owned = [state for states in OWNERS.values() for state in states]
    assert sorted(owned) == sorted(ProposalState)
    assert set(OWNERS) == set(StateOwner)
    for state in ProposalState:
        assert state in OWNERS[owner_of(state)]


def test_who_owns_a_state_can_move_it_on_and_nobody_moves_a_closed_one() -> None:
    roles = {
        StateOwner.PROPOSER: Role.ANALYST,
        StateOwner.REVIEWERS: Role.REVIEWER,
        StateOwner.ACCOUNTABLE_OWNER: Role.OWNER,
    }
    for state in ProposalState:
        leaving = [move for move in MOVES if move.start is state and move.end is not state]
        owner = owner_of(state)
        if owner is StateOwner.NOBODY:
            assert leaving == []
        else:
            assert any(roles[owner] in move.roles for move in leaving), state


def test_every_state_is_reachable_from_the_first() -> None:
    reached, more = set(), {FIRST}
    while more:
        reached |= more
        more = {move.end for move in MOVES if move.start in reached} - reached
    assert reached == set(ProposalState)


def test_a_state_and_an_action_lead_to_one_end() -> None:
    pairs = [(move.start, move.action) for move in MOVES]
    assert len(pairs) == len(set(pairs))
    for start, action in pairs:
        assert find_move(action, start).start is start


def test_nothing_becomes_approved_but_by_the_owner_with_quorum_and_unchanged_parts() -> None:
    ways = [move for move in MOVES if move.end is ProposalState.APPROVED]
    assert [move.action for move in ways] == [Action.APPROVE]
    assert ways[0].roles == (Role.OWNER,)
    apart = {MoveNeed.NOT_PROPOSER, MoveNeed.NOT_TRAINER, MoveNeed.NOT_COUNTED}
    assert apart | {MoveNeed.QUORUM, MoveNeed.ADVICE, MoveNeed.UNCHANGED} <= set(ways[0].needs)


def test_every_need_has_its_rule() -> None:
    assert set(RULES) == set(MoveNeed)


def test_the_refusal_says_where_the_action_belongs() -> None:
    with pytest.raises(StateError, match=r"The proposal is draft.*for a proposal that is recommended\."):
        find_move(Action.APPROVE, ProposalState.DRAFT)


def test_the_diagram_draws_every_move_and_every_state_and_nothing_else() -> None:
    lines = [line.strip() for line in diagram().splitlines()]
    arrows = [line for line in lines if "-->" in line and "[*]" not in line]
    assert len(arrows) == len(MOVES)
    assert "recommended --> approved: approve (owner)" in arrows
    assert "under_review --> recommended: conclude (follows recommend)" in arrows
    assert "[*] --> draft: propose (analyst)" in lines
    assert {line for line in lines if line.endswith("--> [*]")} == {
        "declined --> [*]",
        "withdrawn --> [*]",
        "superseded --> [*]",
    }
    for state in ProposalState:
        assert any(line.split()[0] == state or f"--> {state}:" in line for line in lines), state
