"""How records were linked to people, as the snapshot's facts state it, in words and as it may leave.

Shares of pairs of records say how well linking works and nothing about any person, so they are shown when at least 10
pairs stand behind them; counts of people and rows leave as everywhere.
"""

from collections.abc import Mapping
from typing import Any

from audits import disclosure
from audits.disclosure import SMALLEST
from audits.phrases import SMALL_NUMBERS
from hub.figures import Stated
from hub.publishing.snapshots import GroupQuality, LinkageFacts

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


def as_json(facts: LinkageFacts, sources: Mapping[str, str], words: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Return counts, figures, figures by group, and what was left out with reasons.

    Args:
        facts: `linkage` of a snapshot.
        sources: full names of the sources.
        words: plain words for codes of "sex" and "ethnicity".
    """
    levels = {"source": sources, **words}
    return {
        "counts": [{"what": words, "count": disclosure.count(getattr(facts, name))} for name, words in _COUNTS.items()],
        "refused": _counted(facts.refused),
        "figures": [
            {"what": words, "figure": _figure(getattr(facts.quality, name))} for name, words in _FIGURES.items()
        ],
        "groups": [_group(row, levels) for row in facts.groups],
        "left_out": [
            {
                "source": sources.get(row.source, row.source),
                "reason": f"{row.table}: {row.reason}",
                "rows": disclosure.count(row.rows),
            }
            for row in facts.left_out
        ],
        "sources_left_out": [
            {"source": sources.get(source, source), "reason": reason}
            for source, reason in sorted(facts.sources_left_out.items())
        ],
    }


def _figure(value: Stated) -> dict[str, Any]:
    if value.computed and value.n < SMALLEST:
        return {"withheld": SMALL_NUMBERS}
    return {**value.as_json(), "n": disclosure.count(value.n)}


def _group(row: GroupQuality, levels: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    grouping, code = _GROUPINGS.get(row.group, row.group), row.level
    plain = levels.get(row.group, {}).get(code)
    level = code if plain is None else plain if row.group == "source" else f"{plain} ({code})"
    return {"group": grouping, "level": level, **{name: _figure(getattr(row, name)) for name in _FIGURES}}


def _counted(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"what": what, "count": disclosure.count(many)} for what, many in sorted(counts.items()) if many]
