"""The dossier of one proposal as text for people, from the plain values of `ethics.dossier.dossier`."""

import textwrap
from collections.abc import Mapping
from itertools import groupby
from typing import Any

_WIDTH = 100


def text(found: Mapping[str, Any]) -> str:
    """Return the dossier as text: where it stands first, then what it is about, what was said and decided."""
    about = [_standing(found), _leakage(found), _digests(found), _outcome(found), _canvas(found)]
    parts = [*about, _recommendations(found), _decisions(found)]
    return "\n\n".join(part for part in parts if part)


def _standing(found: Mapping[str, Any]) -> str:
    lines = [
        f"Proposal {found['proposal']} · {found['purpose']} · {found['partnership']}",
        f"  State      {found['state']} (round {found['round']})",
        f"  Acts next  {found['acts_next']}",
        f"  Expires    {found['expires_on'] or 'no approval yet'}",
        f"  Proposed   by {found['proposed_by']} at {found['proposed_at']}",
        f"  Trained    by {', '.join(found['trained_by'])}",
    ]
    if "open_to_you" in found:
        lines.append(f"  Your moves {', '.join(one.replace('_', ' ') for one in found['open_to_you']) or 'none now'}")
    return "\n".join(lines)


def _leakage(found: Mapping[str, Any]) -> str:
    told = found.get("leakage")
    if told is None:
        return ""
    if not told["known"]:
        return "Leakage: nobody looked whether the future shows in this model."
    lines = ["Leakage: nothing was found."]
    if told["refusing"] or told["warning"]:
        should = f"{told['refusing']} finding(s) say that it should not be built, {told['warning']} that somebody looks"
        lines = [f"Leakage: {should}; the audit's report tells what was found."]
    if told["despite"]:
        lines.append(_wrapped(f"It was built nevertheless, because: {told['despite']}", "  "))
    if told["not_done"]:
        lines.append(_wrapped(f"Not looked for: {'; '.join(told['not_done'])}.", "  "))
    return "\n".join(lines)


def _digests(found: Mapping[str, Any]) -> str:
    digests = (f"  {name.replace('_', ' '):10} {digest or 'not yet'}" for name, digest in found["digests"].items())
    return "\n".join(["It is about exactly this:", *digests])


def _outcome(found: Mapping[str, Any]) -> str:
    card = found["outcome_card"]
    lines = ["What the model estimates, and what is wrong with it (the outcome's label card):"]
    for what, words in card.items():
        lines.append(_wrapped(f"{what}: {words}", "  "))
    return "\n".join(lines) if card else ""


def _canvas(found: Mapping[str, Any]) -> str:
    lines = ["Data ethics canvas:"]
    for group, sections in groupby(found["canvas"], key=lambda section: str(section["group"])):
        lines.append(f"  {group}")
        for section in sections:
            lines.append(f"    {section['title']}: {section['question']}")
            lines.append(_wrapped(section["answer"] or "(no answer yet)", "      "))
    return "\n".join(lines)


def _recommendations(found: Mapping[str, Any]) -> str:
    quorum = found["quorum"]
    lines = [f"Recommendations: {quorum['given']} of {quorum['needed']} that are needed in round {found['round']}"]
    for one in found["recommendations"]:
        standing = "" if one["stands"] else " (no longer stands)"
        lines.append(
            f"  {one['member']}, {one['at']}, round {one['round']}: {one['verdict'].replace('_', ' ')}{standing}"
        )
        lines.append(_wrapped(one["words"], "    "))
    return "\n".join(lines)


def _decisions(found: Mapping[str, Any]) -> str:
    lines = []
    for one in found["decisions"]:
        what = f"{one['outcome']} by {one['decided_by']}, {one['decided_at']}"
        lines.append(f"Decision {one['decision']} (round {one['round']}): {what}")
        lines.append(_wrapped(one["reasons"], "  "))
        if one["against_advice"]:
            lines.append(_wrapped(f"Against advice, because: {one['against_advice']}", "  "))
        lines += [f"  Condition: {c['words']} — {c['owner']}, by {c['due']}" for c in one["conditions"]]
        if one["expires_on"]:
            lines.append(f"  It no longer holds from {one['expires_on']} on (00:00 UTC).")
        if one["supersedes"]:
            lines.append(f"  It takes the place of decision {one['supersedes']}.")
        if one["withdrawal"]:
            ended = one["withdrawal"]
            lines.append(f"  Withdrawn by {ended['withdrawn_by']} at {ended['at']}:")
            lines.append(_wrapped(ended["reasons"], "    "))
    return "\n".join(lines)


def _wrapped(words: str, indent: str) -> str:
    return textwrap.fill(words, _WIDTH, initial_indent=indent, subsequent_indent=indent)
