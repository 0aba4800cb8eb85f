"""The kernel's numbers are those of the oracle, whatever the history."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.catalogue import Over
from tests.factories.histories import Histories, asked, drawn_histories
from tests.factories.streams import differences, filled
from tests.oracles.measures import prepare


@pytest.mark.parametrize("over", list(Over))
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), histories=drawn_histories())
def test_every_measure_equals_the_oracle(over: Over, data: st.DataObject, histories: Histories) -> None:
    indicators = data.draw(asked(over))
    with histories.connection() as connection:
        prepare(connection)
        assert differences(histories, connection, indicators, filled(histories, connection, indicators)) == []
