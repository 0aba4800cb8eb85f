"""Events: what happens to families, month by month, where one thing leads to another.

Incidents at home lead to contacts with children's social care, contacts to help under section 17, early help to less
need. What does not feed back (school, other police matters, youth justice) is drawn afterwards from the same need.
"""

from collections.abc import Callable
from dataclasses import dataclass

import care as in_care
import early_help
import numpy as np
import numpy.typing as npt
import pandas as pd
import period
import police
import school
import social_care
import youth_justice
from children import Children
from households import Households
from need import Need

ADULT_AT = 18.0


@dataclass(frozen=True, slots=True)
class Events:
    """Everything that happened: one frame a kind, `child` is the row of the child and days are whole numbers."""

    frames: dict[str, pd.DataFrame]
    need: npt.NDArray[np.float32]
    """Need of each child in each month; shape (months, children)."""
    attachment: npt.NDArray[np.float64]


def simulate(
    rng: np.random.Generator, homes: Households, children: Children, *, advance: Callable[[], None] = lambda: None
) -> Events:
    """Walk all children through all months.

    Args:
        rng: the source of chance.
        homes: the households.
        children: the children.
        advance: called once for each month, to show that it goes on.
    """
    streams = rng.spawn(7)
    need = Need(streams[0], homes, children)
    at_home = police.AtHome(streams[1], children)
    care = social_care.SocialCare(streams[2], homes, children)
    offers = early_help.EarlyHelp(streams[3], homes, children)
    levels = np.empty((period.MONTHS, len(children)), dtype=np.float32)
    for month in range(period.MONTHS):
        need.step()
        levels[month] = need.level
        first = int(period.MONTH_STARTS[month])
        present = (children.born < first) & (children.age_on(first) < ADULT_AT)
        incident = at_home.month(month, need, present)
        contact = care.month(month, need, present, incident)
        offers.month(month, need, present, contact)
        advance()
    frames = {"domestic": at_home.frame(), **care.frames(), **offers.frames()}
    frames["police"] = police.other(streams[4], homes, children, levels)
    frames |= school.frames(streams[5], homes, children, levels, need.attachment)
    frames |= youth_justice.frames(streams[6], frames["police"])
    frames |= in_care.frames(rng.spawn(1)[0], children.born, frames)
    return Events(frames, levels, need.attachment)
