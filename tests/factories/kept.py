"""What is made once for all tests of a run, by whichever worker asks first: to be read, or to be copied and changed.

    root = kept.once("audited world", make)      # `make` gets an empty folder and fills it

The folder of the run stands in the environment (tests/conftest.py); a program that is no test has one of its own.
"""

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

FOLDER = "SENTINEL_TESTS_KEPT"
"""Names the folder of the run."""


def once(name: str, make: Callable[[Path], object]) -> Path:
    """Return the folder that `make` filled, waiting for the worker that is at it.

    What cannot be made is tried again by the next who asks.
    """
    base = Path(os.environ[FOLDER]) if FOLDER in os.environ else _own()
    made, draft = base / name, base / f"{name} (draft)"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            make(draft)
            draft.rename(made)
    return made


@cache
def _own() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="sentinel-kept-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
