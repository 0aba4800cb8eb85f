"""Faults that can be planted by a switch, each in plain words. Without a switch none of them is there.

They are for testing whether the product finds them. What was planted where stands in `truth/faults.json`, and row by
row in `truth/faults/`. Brothers, sisters, twins and the bad rows for quarantine are always there.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its name, what it does, and whether it lets a model look into the future."""

    name: str
    plain: str
    leak: bool = False


FAULTS = (
    Fault(
        "over_recording",
        "In some areas officers go looking three times as often: stops, drugs and antisocial behaviour that police "
        "bring up themselves are multiplied, without more need.",
    ),
    Fault(
        "biased_labels",
        "The outcome is recorded less often for Pakistani and Bangladeshi children, and more often for Black children "
        "and those of mixed white and Black background, at the same need.",
    ),
    Fault(
        "ethnicity_proxy",
        "A plain-looking field tells the group: schools record two sessions of religious observance a term as absence "
        "without leave.",
    ),
    Fault(
        "backdated_leak",
        "Assessments written after help began carry dates from before it, so that the outcome stands in the record "
        "before it happened.",
        leak=True,
    ),
    Fault(
        "late_recording",
        "Police record two incidents in three 60 to 300 days after they happened.",
    ),
    Fault(
        "spelling_errors",
        "Names of South Asian and African origin are misspelt six times as often, so that more links are missed there.",
    ),
    Fault(
        "twins",
        "15 instead of 4 in 100 later-born children are twins, and half of all brothers and sisters share the first "
        "letter of their first name.",
    ),
    Fault(
        "ae_person_level",
        "The feed about assaults treated in emergency departments, which may hold areas only, is sent with a row for "
        "each patient.",
    ),
)
NAMES = tuple(one.name for one in FAULTS)


def chosen(text: str | None) -> frozenset[str]:
    """Return the faults that `--plant` names.

    Raises:
        ValueError: a name that is none of them.
    """
    if not text:
        return frozenset()
    names = [name.strip() for name in text.split(",") if name.strip()]
    if names == ["all"]:
        return frozenset(NAMES)
    for name in names:
        if name not in NAMES:
            raise ValueError(f"there is no fault {name}; there are: all, {', '.join(NAMES)}")
    return frozenset(names)
