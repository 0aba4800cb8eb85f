"""How records were linked to people, as the snapshot's facts state it, in words and as it may leave.

By group it is what the quality report says (hub.linking.disclosed), so that nobody learns more from both.
"""

from collections.abc import Mapping
from typing import Any

from hub.disclosing.disclosure import SmallNumbers
from hub.disclosing.disclosure import as_json as counted
from hub.linking import disclosed
from hub.publishing.snapshots import LinkageFacts

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
    facts: LinkageFacts, sources: Mapping[str, str], words: Mapping[str, Mapping[str, str]], small: SmallNumbers
) -> dict[str, Any]:
    """Return counts, figures, figures by group, and what was left out with reasons.

    Args:
        facts: `linkage` of a snapshot.
        sources: full names of the sources.
        words: plain words for codes of "sex" and "ethnicity".
        small: which numbers may be shown.
    """
    levels = {"source": sources, **words}
    return {
        "counts": [{"what": words, "count": getattr(facts, name)} for name, words in _COUNTS.items()],
        "refused": [{"what": reason, "count": pairs} for reason, pairs in sorted(facts.refused.items()) if pairs],
        "figures": [
            {"what": words, "figure": getattr(facts.quality, name).as_json()} for name, words in _FIGURES.items()
        ],
        "groups": [_group(row, levels) for row in disclosed.groups(small, facts.as_json())] if facts.groups else [],
        "left_out": [
            {
                "source": sources.get(row.source, row.source),
                "reason": f"{row.table}: {row.reason}",
                "rows": counted(small.count(row.rows)),
            }
            for row in facts.left_out
        ],
        "sources_left_out": [
            {"source": sources.get(source, source), "reason": reason}
            for source, reason in sorted(facts.sources_left_out.items())
        ],
    }


def _group(row: Mapping[str, Any], levels: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    grouping, code = _GROUPINGS.get(row["group"], row["group"]), row["level"]
    plain = levels.get(row["group"], {}).get(code)
    level = code if plain is None else plain if row["group"] == "source" else f"{plain} ({code})"
    return {"group": grouping, "level": level, **{name: row[name] for name in _FIGURES}}
