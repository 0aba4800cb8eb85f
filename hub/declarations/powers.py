"""The powers that a gateway may rest on, and what the law itself forbids, whatever an agreement says.

    objection(Law.PCSC_ACT_2022_S16, Sector.HEALTH, Level.PERSON)    # "The Serious Violence Duty (… s16) cannot …"

Only rules that are certain stand here; everything else is for the partnership's lawyers and data protection officers.
"""

from enum import StrEnum


class Law(StrEnum):
    """The powers that a gateway may rest on."""

    CHILDREN_ACT_1989_S17 = "Children Act 1989 s17"
    CHILDREN_ACT_1989_S47 = "Children Act 1989 s47"
    CHILDREN_ACT_2004_S10 = "Children Act 2004 s10"
    CHILDREN_ACT_2004_S11 = "Children Act 2004 s11"
    CRIME_AND_DISORDER_ACT_1998_S37 = "Crime and Disorder Act 1998 s37"
    CRIME_AND_DISORDER_ACT_1998_S115 = "Crime and Disorder Act 1998 s115"
    PCSC_ACT_2022_S16 = "PCSC Act 2022 s16"
    PCSC_ACT_2022_S17 = "PCSC Act 2022 s17"
    AGREEMENT = "agreement"
    CONSENT = "consent"
    VITAL_INTERESTS = "vital interests"


class Regime(StrEnum):
    """The data protection regime under which the use falls."""

    UK_GDPR = "UK GDPR"
    DPA_2018_PART_3 = "DPA 2018 Part 3"


class Level(StrEnum):
    """Whether facts about single people may be used, or only about areas."""

    PERSON = "person"
    AREA = "area"


class Sector(StrEnum):
    """The part of public life that an agency, or a source, belongs to. The law treats some of them differently."""

    POLICE = "police"
    HEALTH = "health"
    EDUCATION = "education"
    SOCIAL_CARE = "social_care"
    YOUTH_JUSTICE = "youth_justice"
    PROBATION = "probation"
    HOUSING = "housing"
    FIRE_AND_RESCUE = "fire_and_rescue"
    THIRD_SECTOR = "third_sector"
    LOCAL_AUTHORITY = "local_authority"
    OPEN_DATA = "open_data"


_SERIOUS_VIOLENCE = {Law.PCSC_ACT_2022_S16: "s16", Law.PCSC_ACT_2022_S17: "s17"}
_NOT_CARRIED = {
    Sector.HEALTH: "patient data, nor any other personal data held by health",
    Sector.SOCIAL_CARE: "personal data held by social care",
}
_FOR_WELFARE = frozenset({Law.CHILDREN_ACT_1989_S17, Law.CHILDREN_ACT_2004_S10})

OTHER_POWERS = (
    "Children Act 2004 s10 or s11, Children Act 1989 s17 or s47, Crime and Disorder Act 1998 s37 or s115, "
    "consent, or vital interests"
)
"""Powers that may serve where the Serious Violence Duty does not reach."""


def objection(law: Law, sector: Sector | None, level: Level) -> str | None:
    """Return why `law` cannot carry such data, citing the section, or None when the law does not forbid it.

    Args:
        law: the power that a gateway rests on.
        sector: whose data it is; None when it was never recorded, which the Serious Violence Duty does not accept.
        level: what is carried: facts about single people, or figures about areas.
    """
    section = _SERIOUS_VIOLENCE.get(law)
    if section is None or level is Level.AREA:
        return None
    duty = f"The Serious Violence Duty (Police, Crime, Sentencing and Courts Act 2022, {section})"
    if sector is None:
        return f"{duty} does not carry data about people whose sector is not known"
    if sector in _NOT_CARRIED:
        return f"{duty} cannot carry {_NOT_CARRIED[sector]}"
    return None


def wrong_regime(law: Law, regime: Regime) -> str | None:
    """Return why a gateway on `law` cannot fall under `regime`, or None.

    Part 3 of the Data Protection Act 2018 is for law enforcement purposes (s31). Two powers never serve those: the
    duty to cooperate for children's well-being, and services for children in need.
    """
    if regime is Regime.DPA_2018_PART_3 and law in _FOR_WELFARE:
        return (
            f"{law.value} is a power for children's welfare, and Part 3 of the Data Protection Act 2018 is for law "
            "enforcement purposes only (s31); its regime is UK GDPR"
        )
    return None
