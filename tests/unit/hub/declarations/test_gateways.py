"""A source is used only under a gateway that holds, reaches people, is for the purpose and names the agencies."""

import datetime

import pytest

from hub.declarations.gateways import Carried, Gateway, Obstacle, refusal, require
from hub.declarations.powers import Law, Level, Sector
from hub.errors import GatewayError
from tests.factories.counties import gateway

DAY = datetime.date(2024, 6, 30)
BOTH = ["council", "police"]
SCHOOL = Carried("school", "council", Sector.LOCAL_AUTHORITY)


def _gateway(**values: object) -> Gateway:
    return Gateway.model_validate(gateway(**values))


def _carried(level: Level) -> Carried:
    return Carried("school", "council", Sector.LOCAL_AUTHORITY, level)


@pytest.mark.parametrize(
    ("given", "purpose", "level", "reason"),
    [
        ([{}], "early_help", Level.PERSON, None),
        ([{}], None, Level.PERSON, None),
        ([{}], "research", Level.PERSON, "working_together is not for this purpose"),
        ([{"valid_to": "2024-06-29"}], None, Level.PERSON, "holds from 2018-01-01 to 2024-06-29"),
        ([{"valid_to": "2024-06-30"}], None, Level.PERSON, None),
        ([{"valid_from": "2024-07-01"}], None, Level.PERSON, "holds from 2024-07-01"),
        ([{"valid_from": "2024-06-30"}], None, Level.PERSON, None),
        ([{"level": "area"}], None, Level.PERSON, "working_together is for areas only"),
        ([{"level": "area"}], None, Level.AREA, None),
        ([{"level": "person"}], None, Level.AREA, None),
        ([{"level": "area"}, {"name": "second"}], "early_help", Level.PERSON, None),
        ([{"parties": ["police"]}], None, Level.PERSON, "council is not a party to working_together"),
        ([{"parties": ["police"]}], None, Level.AREA, "council is not a party to working_together"),
        ([], None, Level.PERSON, "it names no gateway"),
    ],
)
def test_which_gateway_lets_a_source_in(
    given: list[dict[str, object]], purpose: str | None, level: Level, reason: str | None
) -> None:
    gateways = [_gateway(**values) for values in given]
    if reason is None:
        assert require(_carried(level), gateways, purpose=purpose, on=DAY) in gateways
        return
    with pytest.raises(GatewayError) as refused:
        require(_carried(level), gateways, purpose=purpose, on=DAY)
    assert "The source school has no valid gateway" in refused.value.message
    assert reason in refused.value.message
    assert "gateways.yaml" in refused.value.remedy
    assert (refused.value.status, refused.value.exit_code) == (403, 4)


def test_the_first_gateway_that_reaches_is_taken_and_every_other_is_explained() -> None:
    old, narrow = _gateway(name="old", valid_to="2020-01-01"), _gateway(name="narrow", purposes=["audit"])
    wide = _gateway(name="wide")
    assert require(SCHOOL, [old, narrow, wide], purpose="early_help", on=DAY) is wide
    with pytest.raises(GatewayError, match=r"old holds from .*; narrow is not for this purpose") as refused:
        require(SCHOOL, [old, narrow], purpose="early_help", on=DAY)
    for words in ("The last day of old was 2020-01-01", "Data protection officer", "renew"):
        assert words in refused.value.remedy


@pytest.mark.parametrize(
    ("values", "obstacle"),
    [
        ({"parties": BOTH, "valid_to": "2024-06-29"}, Obstacle.EXPIRED),
        ({"parties": BOTH, "valid_from": "2024-07-01"}, Obstacle.NOT_YET),
        ({"valid_to": "2024-06-29"}, Obstacle.PARTY_MISSING),
        ({"valid_to": "2024-06-29", "purposes": ["audit"]}, Obstacle.OTHER_PURPOSE),
        ({"valid_to": "2024-06-29", "level": "area"}, Obstacle.AREAS_ONLY),
        ({"valid_to": "2024-06-29", "law": "PCSC Act 2022 s16"}, Obstacle.LAW),
        ({"parties": ["council"]}, Obstacle.PARTY_MISSING),
        ({"parties": ["police"]}, Obstacle.PARTY_MISSING),
        ({"parties": BOTH}, None),
    ],
)
def test_of_several_obstacles_the_one_that_is_hardest_to_mend_is_named(
    values: dict[str, object], obstacle: Obstacle | None
) -> None:
    social_care = Carried("cases", "council", Sector.SOCIAL_CARE)
    found = refusal(_gateway(**values), social_care, purpose="early_help", on=DAY, shown_to="police")
    assert (found and found.obstacle) == obstacle


def test_a_sector_that_was_never_recorded_does_not_pass_the_serious_violence_duty() -> None:
    duty = _gateway(law=Law.PCSC_ACT_2022_S17.value)
    with pytest.raises(GatewayError, match="sector is not known"):
        require(Carried("old", "council", None), [duty], purpose=None, on=DAY)
    assert require(Carried("old", "council", Sector.POLICE), [duty], purpose=None, on=DAY) is duty
