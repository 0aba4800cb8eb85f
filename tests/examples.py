"""How many examples a property is tried on: a few in `make test`, twenty times as many in `make prove`.

    @settings(max_examples=examples(40))     # in proportion to what the others of its run get

The profiles of hypothesis are made in tests/conftest.py; `--hypothesis-profile=prove` asks for the long one.
"""

from hypothesis import settings

ALWAYS, PROVE = 50, 1000
"""Examples of a property that asks for no number of its own."""


def examples(of_hundred: int) -> int:
    """Return how many examples to try, of a property that gets `of_hundred` where an ordinary one gets 100."""
    return max(5, settings.default.max_examples * of_hundred // 100) if settings.default else of_hundred
