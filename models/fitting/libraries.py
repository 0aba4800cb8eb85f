"""The libraries that take part in a training, as its facts name them."""

import importlib.metadata
import platform

_LIBRARIES = ("lightgbm", "numpy", "scipy")


def libraries() -> dict[str, str]:
    """Return the version of Python and of each library that takes part."""
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in _LIBRARIES}}
