"""A source is used only under a gateway that holds, reaches people and is for the purpose."""

import datetime

import pytest

from hub.errors import GatewayError
from hub.gateways import Gateway, Level, require
from tests.factories.counties import gateway

DAY = datetime.date(2024, 6, 30)


def _gateway(**values: object) -> Gateway:
    return Gateway.model_validate(gateway(**values))


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
        ([], None, Level.PERSON, "it names no gateway"),
    ],
)
def test_which_gateway_lets_a_source_in(
    given: list[dict[str, object]], purpose: str | None, level: Level, reason: str | None
) -> None:
    gateways = [_gateway(**values) for values in given]
    if reason is None:
        assert require("school", gateways, purpose=purpose, on=DAY, level=level) in gateways
        return
    with pytest.raises(GatewayError) as refused:
        require("school", gateways, purpose=purpose, on=DAY, level=level)
    assert "The source school has no valid gateway" in refused.value.message
    assert reason in refused.value.message
    assert "gateways.yaml" in refused.value.remedy
    assert (refused.value.status, refused.value.exit_code) == (403, 4)


def test_the_first_gateway_that_reaches_is_taken_and_every_other_is_explained() -> None:
    old, narrow = _gateway(name="old", valid_to="2020-01-01"), _gateway(name="narrow", purposes=["audit"])
    wide = _gateway(name="wide")
    assert require("school", [old, narrow, wide], purpose="early_help", on=DAY) is wide
    with pytest.raises(GatewayError, match=r"old holds from .*; narrow is not for this purpose"):
        require("school", [old, narrow], purpose="early_help", on=DAY)
