"""Expected beside observed shares, in groups of people of like probability."""

from typing import Any

import numpy as np

from models.figures import Figure, NotComputed, Stated
from models.measuring.metrics import SMALLEST_CLASS, JudgedRows
from models.resampling import Floats, wilson


def expected_and_observed(case: JudgedRows, probabilities: Floats, bins: int = 10) -> list[dict[str, Any]]:
    """Return, for people in order of probability in groups of equal size, the expected and the observed share.

    Expected is the mean probability. Observed is rows with the outcome / rows, with a Wilson interval on the number of
    families (not rows: those of one family are alike), or "not computed" for fewer than 10 people. People with equal
    probability stay in one group, so there may be fewer groups than `bins`.

    Returns:
        One entry a group, lowest first: `from`, `to`, `expected` (numbers), `observed` (JSON of a figure), `rows`.
    """
    edges = np.unique(np.quantile(probabilities, np.linspace(0, 1, bins + 1)[1:-1]))
    group = np.searchsorted(edges, probabilities, side="left")
    table = []
    for one in np.unique(group):
        inside = group == one
        rows, people, families = (
            int(inside.sum()),
            *(len(np.unique(one[inside])) for one in (case.people, case.families)),
        )
        share = float(case.outcomes[inside].mean())
        observed: Stated = NotComputed(rows, f"fewer than {SMALLEST_CLASS} people")
        if people >= SMALLEST_CLASS:
            observed = Figure(share, *wilson(share * families, families), n=rows)
        entry = {"from": probabilities[inside].min(), "to": probabilities[inside].max()}
        entry["expected"] = probabilities[inside].mean()
        numbers = {name: round(float(value), 6) for name, value in entry.items()}
        table.append({**numbers, "observed": observed.as_json(), "rows": rows})
    return table
