"""One small county for all tests here."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.factories import lancashire

CHILDREN = 900


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lancashire.generate(tmp_path_factory.mktemp("county") / "extracts", children=CHILDREN)


@pytest.fixture(scope="session")
def events(county: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = lancashire.events(county)
    yield connection
    connection.close()
