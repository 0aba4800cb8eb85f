"""How the kernel's functions are compiled: once, kept on disk, without the counting of references.

They get all arrays from outside and make none, so numba need not count references to them. It would do so, atomically,
wherever an array is taken out of a tuple, and that took more than half of the kernel's time. Its switch for this has
no public name; should it go, `compiled` without it is as right, and slower.

numba keeps what it compiled until the file of the function changes. So no compiled function calls one of another file.
What it kept and cannot read any more (of an older version of this code, or cut off) is compiled again.
"""

import pickle
from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast

import numba
from numba.core.caching import FunctionCache
from numpy.typing import NDArray

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Arrays = TypeVar("_Arrays", bound=tuple[NDArray[Any], ...])
_WITHOUT_REFERENCES: dict[str, Any] = {"_nrt": False}


_UNREADABLE = (pickle.UnpicklingError, AttributeError, ImportError, EOFError, ValueError, TypeError, LookupError)


class _Kept(FunctionCache):
    """What numba kept of a function; it reads the types of arguments before it looks whether they are of this code."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what was kept, or nothing."""
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except _UNREADABLE:
            self.flush()  # type: ignore[no-untyped-call]
            return None


def compiled(inline: Literal["never", "always"] = "never") -> Callable[[_Function], _Function]:
    """Return the decorator that compiles a function of arrays and numbers.

    Args:
        inline: whether its body is put where it is called.
    """

    def decorate(function: _Function) -> _Function:
        made = numba.njit(cache=True, nogil=True, inline=inline, **_WITHOUT_REFERENCES)(function)
        if type(made._cache) is FunctionCache:
            made._cache = _Kept(function)  # type: ignore[no-untyped-call]
        return cast(_Function, made)

    return decorate


def still(arrays: _Arrays) -> _Arrays:
    """Return a named tuple of arrays that cannot be written to: for numba of one type, wherever they came from."""
    views = [array.view() for array in arrays]
    for view in views:
        view.flags.writeable = False
    return cast(_Arrays, arrays._make(views))  # type: ignore[attr-defined]
