"""How many times the variance of a figure is what it would be if children were drawn one by one, and not families."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from models.resampling import Codes, Estimate, Floats, bootstrap


def design_effects(
    people: Codes,
    kernels: Mapping[str, Callable[[Floats], dict[str, Floats]]],
    against: Mapping[str, Sequence[str]],
    estimates: Mapping[str, Estimate],
    resamples: int,
    seed: int,
) -> dict[str, float | None]:
    """Return the squared ratio of the widths of intervals of families and of children (Kish 1965, section 8.2).

    Args:
        people: a code per person, one a row.
        kernels: by name of the model, from row weights to its numbers.
        against: the models that have differences; of these it is told.
        estimates: with families resampled, by "model.number".
        resamples: how many resamples of people.
        seed: of the resamples.
    """
    found: dict[str, float | None] = {}
    for name in against:
        for key, alone in bootstrap(kernels[name], people, resamples=resamples, seed=seed).items():
            together = estimates[f"{name}.{key}"]
            ratio = (together.high - together.low) / (alone.high - alone.low) if alone.high > alone.low else np.nan
            found[key] = round(float(ratio) ** 2, 3) if np.isfinite(ratio) else None
    return found
