"""What numba keeps on disk stays right when the code around it changes."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher
from numpy.typing import NDArray

from features.declarations.measures import Measure
from features.kernel import states, walk
from features.kernel.compilation import still
from features.kernel.plan import CODES

COMPILED = [value for module in (states, walk) for value in vars(module).values() if isinstance(value, Dispatcher)]


class Pair(NamedTuple):
    one: NDArray[np.int64]
    other: NDArray[np.float64]


@pytest.mark.parametrize("function", COMPILED, ids=lambda one: one.__name__)
def test_a_compiled_function_calls_none_of_another_file(function: Dispatcher) -> None:
    called = [function.py_func.__globals__.get(name) for name in function.py_func.__code__.co_names]
    assert {one.__module__ for one in called if isinstance(one, Dispatcher)} <= {function.__module__}


MODULE = """
import sys
from typing import NamedTuple
import numpy as np
from numpy.typing import NDArray
sys.path.insert(0, {root!r})
from features.kernel.compilation import compiled

class {name}(NamedTuple):
    one: NDArray[np.int64]

@compiled()
def total(pair):
    found = 0
    for value in pair.one:
        found += value
    return found

if __name__ == "__main__":
    import kept
    print(kept.total(kept.{name}(np.arange(4))))
"""


def test_what_was_kept_by_an_older_version_is_compiled_again(tmp_path: Path) -> None:
    def run(name: str) -> str:
        text = MODULE.format(root=str(Path(__file__).parents[4]), name=name)
        (tmp_path / "kept.py").write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, "kept.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.stdout.strip() or done.stderr

    assert run("Before") == "6"
    assert list(tmp_path.rglob("*.nbi"))
    assert run("After") == "6", "its type has another name"
    for kept in tmp_path.rglob("*.nbc"):
        kept.write_bytes(kept.read_bytes()[:100])
    assert run("After") == "6", "cut off"


def test_the_numbers_of_measures_are_different_and_do_not_move() -> None:
    assert len(set(CODES.values())) == len(Measure)
    assert CODES[Measure.COUNT] == 1122804273
    assert all(0 <= code < 2**31 for code in CODES.values())


def test_still_arrays_cannot_be_written_and_hold_the_same() -> None:
    given = Pair(np.arange(3), np.ones(2))
    found = still(given)
    assert isinstance(found, Pair)
    assert found.one.base is given.one
    assert not any(array.flags.writeable for array in found)
    assert given.one.flags.writeable
