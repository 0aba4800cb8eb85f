"""Youth justice: what follows for a child after some incidents in which police named the child as a suspect."""

import numpy as np
import pandas as pd

_FOLLOWS = 0.30
_OUTCOMES = np.array(
    ["DIVERSION", "COMMUNITY_RESOLUTION", "YOUTH_CAUTION", "REFERRAL_ORDER", "YOUTH_REHABILITATION_ORDER"], dtype=object
)
_SHARES = (0.34, 0.34, 0.14, 0.14, 0.04)
_COMPLETES = 0.7


def frames(rng: np.random.Generator, incidents: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return decisions, assessments and programmes of help, one row each.

    `recorded` is not in the extract: the service delivers no dates of recording.
    """
    suspects = incidents[(incidents["role"] == "SUSPECT") & (incidents["offence"] != "STOP_SEARCH")]
    followed = suspects[rng.random(len(suspects)) < _FOLLOWS]
    day = followed["day"].to_numpy() + rng.integers(25, 150, len(followed))
    outcome = rng.choice(_OUTCOMES, len(followed), p=_SHARES)
    decisions = pd.DataFrame({"child": followed["child"].to_numpy(), "day": day, "outcome": outcome})
    decisions = decisions.sort_values(["day", "child"], ignore_index=True)
    diverted = (decisions["outcome"] == "DIVERSION").to_numpy()
    ordered = decisions["outcome"].str.endswith("ORDER").to_numpy()
    completes = rng.random(len(decisions)) < _COMPLETES
    length = np.where(completes, rng.integers(50, 140, len(decisions)), rng.integers(10, 60, len(decisions)))
    programmes = decisions[["child"]].assign(
        day=decisions["day"] + 10,
        end=decisions["day"] + 10 + length,
        kind=np.where(ordered, "ORDER", "PREVENTION").astype(object),
        completed=completes,
    )[diverted | ordered]
    assessments = decisions[["child"]].assign(
        day=decisions["day"] + rng.integers(3, 20, len(decisions)),
        kind=np.where(diverted, "PREVENTION", "FULL").astype(object),
    )
    programmes = _recorded(rng, programmes.reset_index(drop=True))
    programmes["end_recorded"] = programmes["end"] + rng.integers(0, 14, len(programmes))
    return {
        "youth_justice": _recorded(rng, decisions),
        "programmes": programmes,
        "youth_assessments": _recorded(rng, assessments),
    }


def _recorded(rng: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(recorded=rows["day"] + rng.integers(0, 14, len(rows)))
