"""The need that nobody sees: what lies behind the events, for each child and each household, month by month.

Need is a number around 0 in units of about one standard deviation of a household's lasting circumstances:

    need = household, lasting + household, this month + child, lasting + child, this month - support

It depends on deprivation a little, on luck a lot, on support, and never on ethnicity or sex.
"""

import numpy as np
import numpy.typing as npt
from children import Children
from households import Households
from period import SIMULATED_FROM

Floats = npt.NDArray[np.float64]

DEPRIVATION = 0.30
LASTING_HOUSEHOLD = 1.12
MONTHLY_HOUSEHOLD = 0.40
BLOW = 2.0
BLOW_A_MONTH = 0.009
LASTING_CHILD = 0.50
MONTHLY_CHILD = 0.28
STAYS = 0.91
SUPPORT_STAYS = 0.97
COMPLETED_HELP = 1.7
TRUSTED_WORKER = 0.9
STATUTORY_HELP = 0.8
ATTACHMENT_TO_SCHOOL = 0.40


class Need:
    """The state of all households and children; `step` moves it on by a month."""

    def __init__(self, rng: np.random.Generator, homes: Households, children: Children) -> None:
        self._rng = rng
        self._household = children.household
        area = homes.area_at(np.arange(len(homes)), np.full(len(homes), SIMULATED_FROM, dtype=np.int32))
        deprivation = homes.places.area_deprivation[area]
        self.lasting: Floats = DEPRIVATION * deprivation + LASTING_HOUSEHOLD * rng.normal(size=len(homes))
        self.stress: Floats = rng.normal(size=len(homes)) * MONTHLY_HOUSEHOLD / np.sqrt(1 - STAYS**2)
        self.attachment: Floats = rng.normal(size=len(children))
        """How much the child is at home at school: lasting, and a strength."""
        self._child: Floats = LASTING_CHILD * rng.normal(size=len(children)) - ATTACHMENT_TO_SCHOOL * self.attachment
        self._strain: Floats = rng.normal(size=len(children)) * MONTHLY_CHILD / np.sqrt(1 - STAYS**2)
        self._support: Floats = np.zeros(len(children))

    def step(self) -> None:
        """Move on by a month: strain fades, blows fall, support wears off slowly."""
        households, children = len(self.lasting), len(self._child)
        blow = self._rng.random(households) < BLOW_A_MONTH
        self.stress = STAYS * self.stress + MONTHLY_HOUSEHOLD * self._rng.normal(size=households) + BLOW * blow
        self._strain = STAYS * self._strain + MONTHLY_CHILD * self._rng.normal(size=children)
        self._support *= SUPPORT_STAYS

    @property
    def family(self) -> Floats:
        """Need of each household, without what is the children's own; shape (households,)."""
        return self.lasting + self.stress

    @property
    def level(self) -> Floats:
        """Need of each child; shape (children,)."""
        return self.family[self._household] + self._child + self._strain - self._support

    def relieve(self, children: npt.NDArray[np.bool_], by: float) -> None:
        """Add support to the children for whom `children` is true; it is capped at 2.5."""
        self._support = np.minimum(2.5, self._support + by * children)
