"""What holds for all tests: whoever runs them has said nothing by the environment, and their home gets no anchors."""

from collections.abc import Iterator

import pytest

from hub.settings import Settings


@pytest.fixture(scope="session", autouse=True)
def _account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give this process, and whichever it starts, an account without settings and with a state folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        for name in Settings.model_fields:
            patch.delenv(f"SENTINEL_{name.upper()}", raising=False)
        yield
