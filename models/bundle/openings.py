"""Openings: how many models of a use case were measured on the same test dates, and what taking the best of them costs.

    opened = Openings.read(workspace).of(bundle)
    opened.times, opened.text

Test dates decide nothing within a training. But who trains seven times, looks seven times and keeps the best has let
them decide, and the figure of the best is too high. A bundle does not hold this, for its digest must not depend on who
trained before: it is counted from the ledger whenever it is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from hub.errors import IntegrityError, NotFoundError
from hub.figures import DECIMALS
from hub.workspace import Workspace
from models.bundle.bundle_facts import BundleFacts
from models.bundle.bundles import Bundle, open_manifest
from models.bundle.trainings import trainings
from models.figures import Figure, Stated
from models.measuring.metrics import HEADLINE
from models.resampling import LEVEL

FORMULA = "expected highest of N standard normal numbers x standard error; which is (high - low) / 3.92 of the interval"


def expected_highest(many: int) -> float:
    """Return how high the highest of independent standard normal numbers is on average.

    Formula: E = integral of x N phi(x) Phi(x)^(N - 1) dx, from minus to plus infinity; 0 of one number, 0.564 of two,
    1.163 of five, 1.539 of ten. Source: H. L. Harter, Expected values of normal order statistics, Biometrika
    1961;48:151-65.

    Args:
        many: how many numbers, from 1.
    """
    import numpy as np
    from scipy.integrate import quad
    from scipy.special import log_ndtr

    def weighed(x: float) -> float:
        log_density = -x * x / 2 - np.log(2 * np.pi) / 2
        return float(x * many * np.exp(log_density + (many - 1) * log_ndtr(x)))

    return 0.0 if many == 1 else float(quad(weighed, -12, 12, limit=200)[0])


@dataclass(frozen=True, slots=True)
class Opening:
    """How often the test dates of one bundle were looked at.

    Attributes:
        bundles: the different bundles of its use case that were measured on a date that is among them, its own too.
        not_here: bundles that the ledger knows and that are not here any more: of them nobody can say.
        headline: the bundle's own figure.
    """

    bundles: tuple[str, ...]
    not_here: int
    headline: Stated

    @property
    def times(self) -> int:
        """How often, at least."""
        return len(self.bundles)

    @property
    def standard_error(self) -> float | None:
        """Of the headline, from its interval: (high - low) / (2 x 1.96); None where there is no figure."""
        if not isinstance(self.headline, Figure):
            return None
        return (self.headline.high - self.headline.low) / (2 * NormalDist().inv_cdf((1 + LEVEL) / 2))

    @property
    def optimism(self) -> float | None:
        """By how much the headline of the best of so many is too high on average; None where there is no figure.

        Formula: `expected_highest(times)` x standard error, where all have this standard error. It is about an
        upper bound: the error of the one that is taken is never above the highest of all errors, which is on average
        highest where they are independent of each other (Slepian 1962), and models on the same rows err alike. With
        few offers the interval of the best is too narrow, and it can be more (simulated: .42 where .32 was said, with
        5 places on 2 dates and few, very unequal families).
        """
        return None if self.standard_error is None else expected_highest(self.times) * self.standard_error

    @property
    def text(self) -> str:
        """Return it in words."""
        how_often = "once" if self.times == 1 else f"{self.times:,} times"
        said = f"The test dates were looked at {how_often}"
        gone = (
            f" Bundles that are not here any more, of which nobody can say: {self.not_here:,}." if self.not_here else ""
        )
        if self.times == 1:
            return f"{said}: no other model of this use case was measured on any of them.{gone}"
        said += f": so many different models of this use case were measured on some of them.{gone}"
        named = HEADLINE.replace("_", " ")
        if self.optimism is None or self.standard_error is None:
            return f"{said} By how much the best of them seems better than it is was not computed: no {named}."
        highest = f"{expected_highest(self.times):.3f}, the expected highest of {self.times:,} standard normal numbers"
        return (
            f"{said} The {named} of the best of {self.times:,} is too high by about {self.optimism:.3f} on average: "
            f"{highest}, x the standard error {self.standard_error:.3f} (n {self.headline.n:,}). Models that are alike "
            "err alike, and then it is less."
        )

    def as_json(self) -> dict[str, Any]:
        """Return it for scripts."""
        highest = expected_highest(self.times)
        return {
            "times": self.times,
            "bundles": list(self.bundles),
            "not_here": self.not_here,
            "expected_optimism": {
                "of": HEADLINE,
                "value": None if self.optimism is None else round(self.optimism, DECIMALS),
                "expected_highest": round(highest, DECIMALS),
                "standard_error": None if self.standard_error is None else round(self.standard_error, DECIMALS),
                "n": self.headline.n,
                "formula": FORMULA,
                "upper_bound": "about",
            },
        }


@dataclass(frozen=True, slots=True)
class Openings:
    """What every bundle in the ledger was measured on.

    Attributes:
        known: the facts of each bundle that is here.
        gone: those that are not, or whose facts cannot be read.
    """

    known: Mapping[str, BundleFacts]
    gone: frozenset[str]

    @classmethod
    def read(cls, workspace: Workspace) -> "Openings":
        """Read the ledger's trainings, updates among them, and the facts of each bundle."""
        known, gone = {}, set()
        for digest in dict.fromkeys(one["bundle"] for one in trainings(workspace)):
            try:
                known[digest] = open_manifest(workspace, digest)[1]
            except (NotFoundError, IntegrityError):
                gone.add(digest)
        return cls(known, frozenset(gone))

    @staticmethod
    def _alike(one: BundleFacts, other: BundleFacts) -> bool:
        """Say whether two bundles were measured for the same end: a use case under another name is no other test."""
        same_end = one.snapshot == other.snapshot and one.purpose == other.purpose
        return one.use_case == other.use_case or same_end

    def of(self, bundle: Bundle) -> Opening:
        """Return how often a bundle's test dates were looked at; training the same bundle again is no new look."""
        days, own_facts = {*bundle.facts.splits.test}, bundle.facts
        same = [
            digest
            for digest, facts in self.known.items()
            if self._alike(facts, own_facts) and not days.isdisjoint(facts.splits.test)
        ]
        own = [] if bundle.digest in same else [bundle.digest]
        return Opening((*same, *own), len(self.gone - {bundle.digest}), bundle.figure(HEADLINE))
