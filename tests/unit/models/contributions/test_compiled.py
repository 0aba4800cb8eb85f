"""What numba keeps on disk of the kernel stays right when the code around it changes."""

import pytest
from numba.core.dispatcher import Dispatcher

from models.contributions import kernel, layout, trees

COMPILED = [value for module in (kernel, layout) for value in vars(module).values() if isinstance(value, Dispatcher)]


@pytest.mark.parametrize("function", COMPILED, ids=lambda one: one.__name__)
def test_a_compiled_function_calls_none_of_another_file(function: Dispatcher) -> None:
    names = [function.py_func.__globals__.get(name) for name in function.py_func.__code__.co_names]
    emitted = [one for one in names if isinstance(one, Dispatcher) or type(one).__name__ == "_Intrinsic"]
    assert {one.__module__ for one in emitted} <= {function.__module__}


def test_what_layout_reads_from_another_file_does_not_move() -> None:
    assert (kernel.BOTH, kernel.MIXED, kernel.LEAVES, kernel.DOWN) == (0, 1, 2, 3)
    assert kernel.TreeLayout._fields == (
        "inputs", "trees", "splits", "numbers", "events", "taus", "slopes", "weights"
    )  # fmt: skip
    assert trees.Trees._fields == (
        "indicators", "constant", "splits", "first", "other", "indicator", "threshold", "missing", "missing_first",
        "rows", "leaf_rows", "worth",
    )  # fmt: skip
