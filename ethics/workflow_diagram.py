"""The diagram and the tables that reviewers read, drawn from `ethics.workflow` and from nothing else."""

from ethics.workflow import FIRST, MOVES, OWNERS, Move, State, in_words

_INTRODUCTION = """# How a proposal becomes an approval

Nothing is scored until the data ethics group has recommended, and the accountable owner has approved, exactly one
model with exactly one audit for exactly one purpose. This page is drawn from the table that the software itself
follows (`ethics/workflow.py`), so it cannot say anything else than what happens.

An approval holds from the moment of the decision up to, and not including, the day on which it expires (in UTC).
After that nothing is scored, without anybody having to act.
"""


def diagram() -> str:
    """Return the states and moves as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {FIRST}: propose (analyst)"]
    lines += [f'    state "{in_words(state)}" as {state}' for state in State if in_words(state) != state.value]
    lines += [f"    {move.start} --> {move.end}: {in_words(move.action)} ({_roles(move)})" for move in MOVES]
    ends = [state for state in State if not any(move.start is state for move in MOVES)]
    lines += [f"    {state} --> [*]" for state in ends]
    return "\n".join(lines) + "\n"


def page() -> str:
    """Return the whole page `docs/ethics_workflow.md`: the diagram, then both tables in words."""
    owners = ["| state | who acts next |", "| --- | --- |"]
    owners += [f"| {in_words(state)} | {owner} |" for owner, states in OWNERS.items() for state in states]
    moves = [
        "| from | what is done | to | who | what must be true | in words |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    moves += [
        f"| {in_words(move.start)} | {in_words(move.action)} | {in_words(move.end)} | {_roles(move)} | "
        f"{'; '.join(move.needs) or 'nothing more'} | {move.plain} |"
        for move in MOVES
    ]
    return "\n".join(
        (
            _INTRODUCTION,
            "```mermaid",
            diagram().rstrip(),
            "```",
            "",
            "## Who acts next",
            "",
            *owners,
            "",
            "## Every allowed move",
            "",
            "What this table does not name is refused.",
            "",
            *moves,
            "",
        )
    )


def _roles(move: Move) -> str:
    return f"follows {in_words(move.follows)}" if move.follows else " or ".join(move.roles)
