"""Habits: how carefully each agency keeps its records about people, and the words and formats that it uses."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Habits:
    """How carefully an agency keeps its records: shares between 0 and 1."""

    source: str
    prefix: str
    first_number: int
    misspelt: float
    nickname: float
    swapped_names: float
    wrong_birthday: float
    no_birthday: float
    no_postcode: float
    stale_address: float
    unknown_ethnicity: tuple[tuple[str, float], ...]
    """What stands instead of an ethnicity, and how often; empty text: nothing is recorded."""
    has_upn: float = 0.0
    has_nhs_number: float = 0.0
    held_twice: float = 0.0
    capitals: bool = False
    address_since_seen: bool = False

    def identifier(self, number: int) -> str:
        """Return the agency's own identifier with this number."""
        return f"{self.prefix}{number:06d}"


SCHOOL = Habits(
    "school", "P", 200_000, 0.008, 0.01, 0.001, 0.003, 0.0, 0.004, 0.10, (("REFU", 0.015), ("NOBT", 0.012)), has_upn=1.0
)
SOCIAL_CARE = Habits(
    "children_social_care",
    "C",
    7_000_000,
    0.02,
    0.03,
    0.004,
    0.008,
    0.01,
    0.02,
    0.15,
    (("NOBT", 0.04), ("REFU", 0.01), ("", 0.02)),
    has_upn=0.80,
    has_nhs_number=0.60,
)
POLICE = Habits(
    "police",
    "N",
    31_000_000,
    0.06,
    0.06,
    0.012,
    0.025,
    0.06,
    0.06,
    0.0,
    (("", 0.12), ("REFU", 0.05)),
    held_twice=0.06,
    capitals=True,
    address_since_seen=True,
)
YOUTH_JUSTICE = Habits(
    "youth_justice", "Y", 40_000, 0.02, 0.03, 0.004, 0.01, 0.0, 0.02, 0.2, (("NOBT", 0.05),), has_upn=0.5
)
EARLY_HELP = Habits(
    "early_help",
    "EH",
    500_000,
    0.02,
    0.05,
    0.004,
    0.008,
    0.015,
    0.02,
    0.15,
    (("NOBT", 0.07), ("REFU", 0.01)),
    has_upn=0.85,
    has_nhs_number=0.15,
)

ATTENDANCE, EXCLUSIONS = replace(SCHOOL, source="attendance"), replace(SCHOOL, source="exclusions")
"""Schools send these about the pupils of their census."""
