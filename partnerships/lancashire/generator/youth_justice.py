"""Youth justice: what follows for a child after some incidents in which police named the child as a suspect."""

import numpy as np
import pandas as pd

_FOLLOWS = 0.30
_OUTCOMES = np.array(
    ["DIVERSION", "COMMUNITY_RESOLUTION", "YOUTH_CAUTION", "REFERRAL_ORDER", "YOUTH_REHABILITATION_ORDER"], dtype=object
)
_SHARES = (0.34, 0.34, 0.14, 0.14, 0.04)
_COMPLETES = 0.7


def frame(rng: np.random.Generator, incidents: pd.DataFrame) -> pd.DataFrame:
    """Return outcomes and prevention programmes completed, one row each.

    `recorded` is not in the extract: the service delivers no dates of recording.
    """
    suspects = incidents[(incidents["role"] == "SUSPECT") & (incidents["offence"] != "STOP_SEARCH")]
    followed = suspects[rng.random(len(suspects)) < _FOLLOWS]
    day = followed["day"].to_numpy() + rng.integers(25, 150, len(followed))
    outcome = rng.choice(_OUTCOMES, len(followed), p=_SHARES)
    outcomes = pd.DataFrame({"child": followed["child"].to_numpy(), "day": day, "outcome": outcome})
    diverted = outcomes[(outcomes["outcome"] == "DIVERSION") & (rng.random(len(outcomes)) < _COMPLETES)]
    completed = diverted.assign(
        day=diverted["day"] + rng.integers(60, 150, len(diverted)), outcome="PREVENTION_COMPLETED"
    )
    rows = pd.concat([outcomes, completed]).sort_values(["day", "child"], ignore_index=True)
    return rows.assign(recorded=rows["day"] + rng.integers(0, 14, len(rows)))
