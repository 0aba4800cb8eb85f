"""A bundle as a scikit-learn classifier: the bundle's own answers, asked with a DataFrame.

    model = BundleClassifier(workspace, "9bc1f20a")        # the digest of a bundle, or its beginning
    model.predict_proba(rows.indicators)[:, 1]             # the very probabilities that the bundle gives
    model.explain(rows.indicators)                         # what each indicator adds to the log-odds, and the base
    sklearn.metrics.RocCurveDisplay.from_estimator(model, rows.indicators, rows.outcome)

Columns are found by their names, in whatever order; rows keep the caller's order. Nothing is trained here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_float_dtype, is_integer_dtype
from sklearn.base import BaseEstimator
from sklearn.utils import ClassifierTags

from hub.errors import InputError, StateError
from hub.workspace import Workspace
from models.bundle.bundles import Bundle, open_bundle
from models.bundle.model import Model
from models.measuring.thresholds import OFFER_HELP
from models.resampling import Floats

BASE = "(base)"
"""The column of `explain` that every row begins with; no indicator can be called so."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """A bundle and its model, and for which parameters of the classifier they were opened."""

    parameters: tuple[Workspace, str]
    bundle: Bundle
    model: Model


class BundleClassifier(BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """A bundle that answers as a scikit-learn classifier: 1 is the outcome, 0 its absence.

    The bundle is opened, every byte checked, when it is first asked; a copy or a pickle opens it anew. There is no
    `score`: accuracy says little of a rare outcome, so say which metric you mean.

    Attributes:
        workspace: where the bundle lies.
        digest: the bundle's digest, or the beginning of it.
    """

    def __init__(self, workspace: Workspace, digest: str) -> None:
        self.workspace = workspace
        self.digest = digest

    @property
    def bundle(self) -> Bundle:
        """The bundle itself: its facts, its use case, its figures.

        Raises:
            NotFoundError: there is none, or more than one begins so.
            IntegrityError: a byte of it has changed.
        """
        return self._open().bundle

    @property
    def classes_(self) -> NDArray[np.intp]:
        """The columns of `predict_proba`: 0 and 1."""
        return np.array([0, 1])

    @property
    def feature_names_in_(self) -> NDArray[np.object_]:
        """The indicators, in the order of training."""
        return np.array(self._open().model.names, dtype=object)

    @property
    def n_features_in_(self) -> int:
        """How many indicators there are."""
        return len(self._open().model.names)

    def fit(self, X: pd.DataFrame, y: Any = None) -> "BundleClassifier":  # noqa: ARG002 - scikit-learn's way
        """Refuse: a bundle is what it was when it was published.

        Raises:
            StateError: always.
        """
        raise StateError(
            "A bundle is trained already, and it is never changed.",
            "Train another with `sentinel models train`; to keep scikit-learn from fitting it, wrap it in "
            "sklearn.frozen.FrozenEstimator.",
        )

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Return the calibrated probabilities of no outcome and of the outcome, shape (rows, 2).

        Args:
            X: one column an indicator, one row a (person, date); an empty cell or NaN is "no number".

        Raises:
            InputError: a column is missing, is there twice or too many, is not of numbers, or holds an infinite one.
            NoNumberError: a number is missing where there was one in every row that the model learned from.
        """
        model, values = self._asked(X)
        probabilities = model.probabilities(values) if len(values) else np.empty(0)
        return np.column_stack([1 - probabilities, probabilities])

    def decision_function(self, X: pd.DataFrame) -> Floats:
        """Return log-odds before calibration, shape (rows,): what `explain` adds up to. Raises as `predict_proba`."""
        model, values = self._asked(X)
        return model.margins(values) if len(values) else np.empty(0)

    def predict(self, X: pd.DataFrame) -> NDArray[np.intp]:
        """Return 1 where the bundle's own cut suggests an offer of help, else 0. Raises as `predict_proba`."""
        return np.asarray(self.bands(X) == OFFER_HELP, dtype=np.intp)

    def bands(self, X: pd.DataFrame) -> pd.Series:
        """Return the band of each row: offer_help, talk_about_it or no_suggestion. Raises as `predict_proba`."""
        probabilities = self.predict_proba(X)[:, 1]
        return pd.Series(self._open().model.bands(probabilities), index=X.index, name="band", dtype="str")

    def explain(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return what each indicator adds to a row's log-odds before calibration: exact Shapley values.

        Shape: the rows of `X`; a column for each indicator, in the order of training, and `(base)`. Each row sums to
        its `decision_function`. Path-dependent Shapley values (Lundberg 2020); unit: log-odds. They say what moved the
        model, never what caused the outcome. Raises as `predict_proba`.
        """
        model, values = self._asked(X)
        columns = [*model.names, BASE]
        found = model.contributions(values) if len(values) else np.empty((0, len(columns)))
        return pd.DataFrame(found, index=X.index, columns=columns)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.estimator_type = "classifier"
        tags.classifier_tags = ClassifierTags(multi_class=False)
        tags.input_tags.allow_nan = True
        tags.target_tags.required = False
        return tags

    def __getstate__(self) -> dict[str, Any]:
        return {name: said for name, said in super().__getstate__().items() if name != "_opened"}

    def _open(self) -> _Opened:
        """Return the bundle of the parameters as they are now."""
        parameters = (self.workspace, self.digest)
        opened: _Opened | None = self.__dict__.get("_opened")
        if opened is None or opened.parameters != parameters:
            bundle = open_bundle(*parameters)
            opened = self._opened = _Opened(parameters, bundle, bundle.load())
        return opened

    def _asked(self, rows: pd.DataFrame) -> tuple[Model, Floats]:
        """Return the model, and the rows as it takes them."""
        opened = self._open()
        values = numbers(rows, opened.model.names)
        opened.bundle.require_numbers(values)
        return opened.model, values


def numbers(rows: pd.DataFrame, names: Sequence[str]) -> Floats:
    """Return the columns `names` of a DataFrame as one array, shape (rows, names); an empty cell is NaN.

    Raises:
        InputError: it is no DataFrame; a column is missing, is there twice or too many, is not of numbers, or holds an
            infinite one. It names the columns.
    """
    if not isinstance(rows, pd.DataFrame):
        raise InputError(
            "The rows are not a pandas DataFrame, so that nobody can say which column is which indicator.",
            "Give a DataFrame with the indicators' names.",
        )
    given, wanted = [*rows.columns], {*names}
    twice = [name for name in names if given.count(name) > 1]
    missing, extra = [name for name in names if name not in given], [name for name in given if name not in wanted]
    wrong = [
        f"{words}: {', '.join(map(str, columns))}"
        for words, columns in (("missing", missing), ("twice", twice), ("unknown to the model", extra))
        if columns
    ]
    if wrong:
        raise InputError(
            f"The columns are not the model's indicators; {'; '.join(wrong)}.",
            "Give the columns of `feature_names_in_`, in any order, and no others.",
        )
    texts = [name for name in names if not _is_number(rows[name].dtype)]
    if texts:
        raise InputError(f"Not columns of numbers: {', '.join(texts)}.", "Give numbers; NaN where there is none.")
    values = np.empty((len(rows), len(names)), dtype=np.float64)
    for at, name in enumerate(names):
        values[:, at] = rows[name].to_numpy(dtype=np.float64, na_value=np.nan)
    endless = np.isinf(values).sum(axis=0)
    if endless.any():
        told = ", ".join(f"{name} in {count:,} rows" for name, count in zip(names, endless, strict=True) if count)
        raise InputError(f"Numbers without end: {told}.", "Mend them where they come from.")
    return values


def _is_number(dtype: Any) -> bool:
    return bool(is_float_dtype(dtype) or is_integer_dtype(dtype) or is_bool_dtype(dtype))
