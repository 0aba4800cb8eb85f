"""What holds for all tests: whoever runs them has said nothing by the environment, and their home gets no anchors.

This checkout is what they test, in this process (`pythonpath` in pyproject.toml) and in those that they start, also
where another one is installed.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from hub.settings import Settings
from tests.examples import ALWAYS, PROVE
from tests.factories import kept

ROOT = Path(__file__).parents[1]
MEMORY, ROOM = Path("/dev/shm"), 6 * 2**30  # noqa: S108 - a folder in it gets a name of its own


# Machines are noisy: no test fails because it took long.
hypothesis.settings.register_profile("sentinel", deadline=None, max_examples=ALWAYS)
hypothesis.settings.register_profile("prove", deadline=None, max_examples=PROVE)
hypothesis.settings.load_profile("sentinel")


def pytest_configure(config: pytest.Config) -> None:
    """Say where this checkout is, and where the files of all tests go, to every process that follows."""
    others = [one for one in os.environ.get("PYTHONPATH", "").split(os.pathsep) if one and Path(one) != ROOT]
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *others])
    if not hasattr(config, "workerinput"):
        if "TMPDIR" not in os.environ and _has_room(MEMORY):
            os.environ["TMPDIR"] = str(MEMORY)
            tempfile.tempdir = None  # so that it is asked anew
        os.environ[kept.FOLDER] = tempfile.mkdtemp(prefix="sentinel-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the shared worlds when the last test has run."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(kept.FOLDER), ignore_errors=True)


def _has_room(folder: Path) -> bool:
    """Say whether so much memory is free that files may be kept in it, where a thousand commits wait for no disk."""
    try:
        free = shutil.disk_usage(folder).free
        memory = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return False
    return os.access(folder, os.W_OK) and min(free, memory) > ROOM


@pytest.fixture(scope="session", autouse=True)
def _account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give this process, and whichever it starts, an account without settings and with a state folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        for name in Settings.model_fields:
            patch.delenv(f"SENTINEL_{name.upper()}", raising=False)
        yield
