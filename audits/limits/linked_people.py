"""How records were linked to people, as the snapshot's facts state it, in words and as it may leave.

Shares of pairs of records say how well linking works and nothing about any person, so they are shown when at least 10
pairs stand behind them; counts of people and rows leave as everywhere.
"""

from collections.abc import Mapping
from typing import Any

from audits import disclosure
from audits.disclosure import SMALLEST
from audits.phrases import SMALL_NUMBERS

_COUNTS = {
    "records": "Records of people in the extracts",
    "people": "People they were linked to",
    "merged_records": "Records that joined another record of the same person",
}
_FIGURES = {
    "precision": "Of pairs of records that were linked, the same person",
    "recall": "Of pairs of records that are the same person, linked",
}
_GROUPINGS = {"source": "Source", "sex": "Sex", "ethnicity": "Ethnicity", "deprivation": "Deprivation"}


def as_json(
    facts: Mapping[str, Any], sources: Mapping[str, str], words: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """Return counts, figures, figures by group, and what was left out with reasons.

    Args:
        facts: `linkage` of a snapshot; what it does not state is left out.
        sources: full names of the sources.
        words: plain words for codes of "sex" and "ethnicity".
    """
    levels = {"source": sources, **words}
    quality: Mapping[str, Any] = facts.get("quality", {})
    return {
        "counts": [
            {"what": words, "count": disclosure.count(facts[name])} for name, words in _COUNTS.items() if name in facts
        ],
        "refused": _counted(facts.get("refused", {})),
        "figures": [
            {"what": words, "figure": _figure(quality[name])} for name, words in _FIGURES.items() if name in quality
        ],
        "groups": [_group(row, levels) for row in facts.get("groups", ()) if all(name in row for name in _FIGURES)],
        "left_out": _left_out(facts.get("left_out", ()), sources),
        "sources_left_out": [
            {"source": sources.get(source, source), "reason": reason}
            for source, reason in sorted(facts.get("sources_left_out", {}).items())
        ],
    }


def _figure(value: Mapping[str, Any]) -> dict[str, Any]:
    if value["n"] < SMALLEST and "value" in value:
        return {"withheld": SMALL_NUMBERS}
    return {**value, "n": disclosure.count(value["n"])}


def _group(row: Mapping[str, Any], levels: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    grouping, code = _GROUPINGS.get(row["group"], str(row["group"])), str(row["level"])
    plain = levels.get(row["group"], {}).get(code)
    level = code if plain is None else plain if row["group"] == "source" else f"{plain} ({code})"
    return {"group": grouping, "level": level, **{name: _figure(row[name]) for name in _FIGURES}}


def _counted(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"what": what, "count": disclosure.count(many)} for what, many in sorted(counts.items()) if many]


def _left_out(rows: Any, sources: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return rows that are not in the snapshot: with source, table and reason, or by reason alone."""
    if isinstance(rows, Mapping):
        return [{"source": "", "reason": one["what"], "rows": one["count"]} for one in _counted(rows)]
    return [
        {
            "source": sources.get(row["source"], row["source"]),
            "reason": f"{row['table']}: {row['reason']}",
            "rows": disclosure.count(row["rows"]),
        }
        for row in rows
    ]
