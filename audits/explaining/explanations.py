"""What the model looks at: SHAP values of a sample of test rows, checked two ways.

What is served comes from the project's own kernel (`models/contributions`), which a bundle checks against LightGBM's.
SHAP's TreeExplainer hands a LightGBM model to LightGBM's code too; here it is told to walk the trees with SHAP's own
algorithm, and the result is compared with what is served: another program, one answer. Each row's values must also add
up to the model's margin.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.declarations.catalogue import Direction, Indicator
from hub.figures import Figure, Stated
from models.additive.additive import AdditiveForm
from models.bundle.forms import TreeForm
from models.bundle.model import Model
from models.matrices import Matrix
from models.resampling import Floats, bootstrap

SAMPLE_ROWS = 1000
LARGEST_DIFFERENCE = 1e-9
"""Log-odds: far below what could change a sentence, far above rounding."""
_CLEAR_DIRECTION = 0.2


@dataclass(frozen=True, slots=True)
class Weight:
    """How much the model looks at one indicator.

    Attributes:
        indicator: which one.
        share: mean |SHAP value| of this indicator / sum over all indicators, from 0 to 1.
        found: "raises" or "lowers", when the rank correlation of number and SHAP value is beyond 0.2; "mixed" when it
            is not; "not used" when the model never looks at it.
    """

    indicator: Indicator
    share: Stated
    found: str

    @property
    def as_expected(self) -> bool | None:
        """Whether the direction is the declared one; None when none was declared, or the indicator is not used."""
        if self.indicator.direction is Direction.UNKNOWN or self.found == "not used":
            return None
        return self.found == self.indicator.direction.value


@dataclass(frozen=True, slots=True)
class Explanations:
    """What was found on the sample.

    Attributes:
        weights: by share, largest first.
        rows: rows in the sample.
        people: distinct people in it.
        additivity: largest |base value + sum of SHAP values - margin|, in log-odds.
        agreement: largest |SHAP's value - served contribution|, in log-odds.
    """

    weights: tuple[Weight, ...]
    rows: int
    people: int
    additivity: float
    agreement: float

    @property
    def sound(self) -> bool:
        """Whether both differences are mere rounding."""
        return max(self.additivity, self.agreement) <= LARGEST_DIFFERENCE


def sample(matrix: Matrix, *, seed: int, rows: int = SAMPLE_ROWS) -> Matrix:
    """Return at most `rows` rows, drawn without replacement."""
    drawn = np.random.default_rng([seed, 1]).permutation(len(matrix.values))[:rows]
    return matrix.take(np.sort(drawn))


def explain(model: Model, indicators: Sequence[Indicator], rows: Matrix, *, seed: int) -> Explanations:
    """Explain the model on `rows`.

    Args:
        model: the served model.
        indicators: in the order of the matrix's columns.
        rows: the sample.
        seed: of the resamples for the shares' intervals.
    """
    values, base = shap_values(model, rows.values)
    served = model.contributions(rows.values)
    sizes = np.abs(values)

    def shares(weights: Floats) -> dict[str, Floats]:
        totals = weights @ sizes
        whole = totals.sum(axis=1)
        return {
            one.name: np.divide(totals[:, at], whole, out=np.zeros(len(weights)), where=whole > 0)
            for at, one in enumerate(indicators)
        }

    people = len(np.unique(rows.people))
    estimates = bootstrap(shares, rows.families, seed=seed)
    weights = [
        Weight(
            one,
            estimates[one.name].stated(people, "the model looks at nothing"),
            direction(rows.values[:, at], values[:, at]),
        )
        for at, one in enumerate(indicators)
    ]
    weights.sort(key=lambda one: -one.share.value if isinstance(one.share, Figure) else 0.0)
    margins = model.margins(rows.values)
    return Explanations(
        tuple(weights),
        len(rows.values),
        people,
        float(np.abs(values.sum(axis=1) + base - margins).max()),
        float(np.abs(np.column_stack([values, np.full(len(values), base)]) - served).max()),
    )


def shap_values(model: Model, values: Floats) -> tuple[Floats, float]:
    """Return SHAP values, shape (rows, indicators), and the base value, by SHAP's own code.

    Trees are walked by its TreeExplainer. Of a sum, its LinearExplainer is told the terms of each row and their means
    over the rows to learn from.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=PendingDeprecationWarning)  # shap's colours, on import
        import shap

    form = model.form
    if isinstance(form, AdditiveForm):
        terms, means = form.terms_of(values), form.means
        ones = np.ones(len(model.names))
        linear: Any = shap.LinearExplainer((ones, form.intercept), (means, np.diag(ones)))
        return np.asarray(linear.shap_values(terms), dtype=np.float64), float(linear.expected_value)
    if not isinstance(form, TreeForm):
        raise TypeError(f"SHAP is not asked about {form.algorithm} models")
    explainer: Any = shap.TreeExplainer(form.booster, feature_perturbation="tree_path_dependent")
    explainer.model.model_type = "internal"
    found = np.asarray(explainer.shap_values(values, check_additivity=False), dtype=np.float64)
    return found, float(np.ravel(explainer.expected_value)[0])


def direction(numbers: Floats, contributions: Floats) -> str:
    """Say what more of an indicator does: rank correlation of its numbers with its SHAP values, where there is one."""
    if not np.any(contributions):
        return "not used"
    known = ~np.isnan(numbers)
    ranks = [np.unique(np.round(one[known], 12), return_inverse=True)[1] for one in (numbers, contributions)]
    if min(len(np.unique(one)) for one in ranks) < 2:
        return "mixed"
    correlation = float(np.corrcoef(ranks[0], ranks[1])[0, 1])
    if abs(correlation) <= _CLEAR_DIRECTION:
        return "mixed"
    return "raises" if correlation > 0 else "lowers"
