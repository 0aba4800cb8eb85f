"""One small county for all tests here."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.factories import lancashire

CHILDREN = 900


@pytest.fixture(scope="session")
def county() -> Path:
    return lancashire.county(CHILDREN)


@pytest.fixture(scope="session")
def events(county: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = lancashire.kept_events(county)
    yield connection
    connection.close()
