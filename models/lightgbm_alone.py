"""LightGBM for a process that only scores: imported without the frames and estimators that a score never meets.

LightGBM takes pandas, scikit-learn, matplotlib, Dask and others in when it finds them, which costs a start seconds. It
does without each that it does not find; here it finds none. What it can do with them is then missing in the whole
process, so only the scoring service asks for it, before anything else imports LightGBM.
"""

import importlib
import sys

_NOT_NEEDED = ("cffi", "dask", "datatable", "graphviz", "matplotlib", "pandas", "sklearn")


def load() -> None:
    """Import LightGBM alone, unless it is imported already."""
    if "lightgbm" in sys.modules:
        return
    hidden = [name for name in _NOT_NEEDED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type] # None: Python's own way to say "not here"
    try:
        importlib.import_module("lightgbm")
    finally:
        for name in hidden:
            del sys.modules[name]
