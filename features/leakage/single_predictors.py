"""The check near_perfect: one indicator that by itself almost tells the outcome. Real life is never so plain.

Looked at are the training dates only: the dates to test on stay unseen. Two ways of telling are looked for:

- order: the area under the ROC curve (AUC), the chance that somebody with the outcome has the higher (or, for an
  indicator that lowers, the lower) value of two. Rows without a number go to whichever end tells more.
- presence: of those for whom there is anything at all (a number that is not zero), almost all have the outcome.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.declarations.catalogue import Indicator
from features.declarations.use_cases import UseCase
from features.leakage.leaks import Check, Finding, LeakKind, Severity
from features.leakage.looking import Columns, Looked, Seen
from hub.disclosing.disclosure import SmallNumbers, Withheld
from hub.figures import Figure, NotComputed, Stated, wilson

KINDS: tuple[LeakKind, ...] = (LeakKind.NEAR_PERFECT,)
TITLE = "Single indicators"
PERFECT = 0.95
"""An AUC, or a share of those with anything who have the outcome, from this on is too good to be true."""
CERTAIN = 0.90
"""The lower end of its 95 % interval must lie above this."""
FEWEST = 20
"""Fewer children with (or without) the outcome: not computed."""
MOST_ROWS = 200_000
"""With more rows than this only those of the first people by pseudonym, which is chance, are looked at."""

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]


def run(seen: Seen) -> Looked:
    """Look at each indicator by itself."""
    return [check(seen.use_case, seen.columns, small=seen.small)]


def check(use_case: UseCase, columns: Columns, *, small: SmallNumbers) -> tuple[Check, list[Finding]]:
    """Look for indicators that by themselves almost tell the outcome on the training dates.

    Args:
        use_case: its split says which dates are for training.
        columns: gives columns of the matrix; all in the same order of rows.
        small: which numbers may stand in sentences.
    """
    keys = columns(["person_id", "as_of_date", "outcome"])
    days = keys["as_of_date"].to_numpy().astype("datetime64[D]")
    first, until = (np.datetime64(one) for one in (use_case.validation.train.first, use_case.validation.train.until))
    rows = np.flatnonzero((days >= first) & (days < until) & keys["outcome"].is_valid().to_numpy())[:MOST_ROWS]
    outcome = keys["outcome"].take(pa.array(rows)).to_numpy().astype(np.float64)
    people = (
        keys["person_id"].take(pa.array(rows)).dictionary_encode().combine_chunks().indices.to_numpy().astype(np.intp)
    )
    with_it, without = (len(np.unique(people[outcome == one])) for one in (1.0, 0.0))
    if min(with_it, without) < FEWEST:
        fewer = "with" if with_it < without else "without"
        why = f"Fewer than {FEWEST} {use_case.people} {fewer} the outcome on the training dates."
        return Check(LeakKind.NEAR_PERFECT, False, why_not=why), []
    found = []
    for one in use_case.indicators:
        values = columns([one.name])[one.name].take(pa.array(rows)).to_numpy().astype(np.float64)
        ordered = order(values, outcome, people)
        certain = presence(values, outcome, people)
        if _too_good(ordered) or _too_good(certain):
            found.append(_finding(one, ordered, certain, small))
    dates = len(np.unique(days[rows]))
    looked = f"{len(use_case.indicators)} indicators on {dates} training dates, {len(rows):,} rows"
    return Check(LeakKind.NEAR_PERFECT, True, looked), found


def order(values: Floats, outcome: Floats, people: Codes) -> Stated:
    """Return the AUC of one indicator, in [0.5, 1], with its 95 % interval.

    Formula: P(value of a row with the outcome > that of one without) + half of P(equal), or 1 minus it when lower
    values tell the outcome. The interval is that of DeLong et al. (1988) with rows of one person taken together
    (Obuchowski 1997), on the logit scale; without any spread it is Wilson's for the number of people with the outcome.

    Args:
        values: one a row; NaN where there is no number.
        outcome: 0 or 1.
        people: one code a row, from 0.
    """
    missing = np.isnan(values)
    filled = [np.where(missing, end, values) for end in ((-np.inf, np.inf) if missing.any() else (0.0,))]
    both = [_auc(one, outcome) for one in filled]
    area, above, below = max(both, key=lambda one: abs(one[0] - 0.5))
    if area < 0.5:
        area, above, below = 1 - area, 1 - above, 1 - below
    positive = outcome == 1
    parts = np.zeros(int(people.max()) + 1)
    np.add.at(parts, people[positive], (above - area) / positive.sum())
    np.add.at(parts, people[~positive], (below - area) / (~positive).sum())
    error = float(np.sqrt(np.sum(parts**2)))
    with_it = len(np.unique(people[positive]))
    if error == 0 or area >= 1:
        low, high = wilson(area * with_it, with_it)
        return Figure(area, min(low, area), max(high, area), len(values))
    logit, width = np.log(area / (1 - area)), 1.959963984540054 * error / (area * (1 - area))
    low, high = (float(1 / (1 + np.exp(-end))) for end in (logit - width, logit + width))
    return Figure(area, low, high, len(values))


def _auc(values: Floats, outcome: Floats) -> tuple[float, Floats, Floats]:
    """Return the AUC, for each row with the outcome the share of others below it, and for each other of those above.

    Equal values count half.
    """
    positive = outcome == 1
    mine, others = values[positive], np.sort(values[~positive])
    own = np.sort(mine)
    below = (np.searchsorted(others, mine, "left") + np.searchsorted(others, mine, "right")) / (2 * len(others))
    theirs = values[~positive]
    above = 1 - (np.searchsorted(own, theirs, "left") + np.searchsorted(own, theirs, "right")) / (2 * len(own))
    return float(below.mean()), below, above


def presence(values: Floats, outcome: Floats, people: Codes) -> Stated:
    """Return of the children with anything (a number that is not zero) the share with the outcome, in [0, 1].

    Counted once each, by their first row with anything; not computed for fewer than 20 children, or when half of all
    rows or more have anything.
    """
    there: Flags = ~np.isnan(values) & (values != 0)
    children, first = np.unique(people[there], return_index=True)
    if len(children) < FEWEST:
        return NotComputed(len(children), f"fewer than {FEWEST} people with anything")
    if there.mean() >= 0.5:
        return NotComputed(len(children), "half of all rows or more have something")
    happened = outcome[there][first]
    low, high = wilson(float(happened.sum()), len(children))
    return Figure(float(happened.mean()), low, high, len(children))


def _too_good(stated: Stated) -> bool:
    return isinstance(stated, Figure) and stated.value >= PERFECT and stated.low > CERTAIN


def _in_brackets(shown: Stated | Withheld) -> str:
    return "" if isinstance(shown, Withheld) else f" ({shown.text()})"


def _finding(one: Indicator, ordered: Stated, certain: Stated, small: SmallNumbers) -> Finding:
    shown = small.share(certain)
    told = (
        f"it puts almost everybody with the outcome before everybody without it (AUC {ordered.text()})"
        if _too_good(ordered)
        else f"almost everybody for whom there is anything has the outcome{_in_brackets(shown)}"
    )
    return Finding(
        LeakKind.NEAR_PERFECT,
        Severity.REFUSE,
        one.name,
        f"“{one.plain}” tells the outcome almost by itself on the training dates: {told}.",
        {"auc": ordered, "share_with_outcome": certain},
        "Look at some of its records with the agency: when were they made, and would they be there without the "
        "outcome? Leave the indicator out until that is known.",
    )
