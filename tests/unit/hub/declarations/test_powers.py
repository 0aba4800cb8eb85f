"""What each power may carry: the whole table of law, sector and level, against the law as it was read once."""

import itertools

import pytest
from pydantic import ValidationError

from hub.declarations.gateways import Gateway
from hub.declarations.powers import Law, Level, Regime, Sector, objection, wrong_regime
from tests.factories.counties import gateway

# What may not be: everything else may. Police, Crime, Sentencing and Courts Act 2022, ss 16 and 17.
FORBIDDEN = {
    ("PCSC Act 2022 s16", "health", "person"),
    ("PCSC Act 2022 s16", "social_care", "person"),
    ("PCSC Act 2022 s17", "health", "person"),
    ("PCSC Act 2022 s17", "social_care", "person"),
}
WELFARE_ONLY = {"Children Act 1989 s17", "Children Act 2004 s10"}


@pytest.mark.parametrize(("law", "sector", "level"), list(itertools.product(Law, Sector, Level)))
def test_what_the_law_forbids(law: Law, sector: Sector, level: Level) -> None:
    found = objection(law, sector, level)
    assert (found is not None) == ((law.value, sector.value, level.value) in FORBIDDEN)
    if found is not None:
        assert "Serious Violence Duty" in found
        assert "Police, Crime, Sentencing and Courts Act 2022, " + law.value[-3:] in found
        assert ("patient data" in found) == (sector is Sector.HEALTH)


@pytest.mark.parametrize(("law", "level"), list(itertools.product(Law, Level)))
def test_a_sector_that_is_not_known_is_treated_as_the_strictest(law: Law, level: Level) -> None:
    forbidden = law in (Law.PCSC_ACT_2022_S16, Law.PCSC_ACT_2022_S17) and level is Level.PERSON
    assert (objection(law, None, level) is not None) == forbidden


@pytest.mark.parametrize(("law", "regime"), list(itertools.product(Law, Regime)))
def test_a_power_for_welfare_is_never_law_enforcement(law: Law, regime: Regime) -> None:
    forbidden = law.value in WELFARE_ONLY and regime is Regime.DPA_2018_PART_3
    assert (wrong_regime(law, regime) is not None) == forbidden
    said = gateway(law=law.value, regime=regime.value)
    if not forbidden:
        assert Gateway.model_validate(said)
        return
    with pytest.raises(ValidationError, match="law enforcement purposes only"):
        Gateway.model_validate(said)
