"""Progress: how far long work has come, told to whoever looks.

    def build(..., progress: Progress = silent) -> ...:
        progress("Linking people", 2, 5)          # the third of five steps begins

Whoever does long work takes a `progress` and calls it before each step; the command line draws a bar of it.
"""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""`progress(step, done, total)`: the step in plain words, how many of how many are done. It must be quick."""


def silent(step: str, done: int, total: int) -> None:
    """Tell nobody."""
