"""The diagram that reviewers read, drawn from `ethics.rules.workflow` and from nothing else."""

from ethics.rules.workflow import FIRST, MOVES, Move, ProposalState, in_words


def diagram() -> str:
    """Return the states and moves as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {FIRST}: propose (analyst)"]
    lines += [f'    state "{in_words(state)}" as {state}' for state in ProposalState if in_words(state) != state.value]
    lines += [f"    {move.start} --> {move.end}: {in_words(move.action)} ({_roles(move)})" for move in MOVES]
    ends = [state for state in ProposalState if not any(move.start is state for move in MOVES)]
    lines += [f"    {state} --> [*]" for state in ends]
    return "\n".join(lines) + "\n"


def _roles(move: Move) -> str:
    return f"follows {in_words(move.follows)}" if move.follows else " or ".join(move.roles)
