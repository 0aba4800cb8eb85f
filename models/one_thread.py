"""Sums of many rows on one thread: on two they take twice the machine's time, and their last bits hang on how many."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")


def on_one_thread(work: Callable[_Arguments, _Answer]) -> Callable[_Arguments, _Answer]:
    """Let numpy's sums in `work` run on one thread."""

    @wraps(work)
    def alone(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Answer:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(limits=1, user_api="blas"):
            return work(*args, **kwargs)

    return alone
