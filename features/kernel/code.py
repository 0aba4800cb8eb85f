"""The digest of the code that makes numbers of events: with another one, maybe other numbers."""

from functools import cache
from pathlib import Path

from hub.digests import digest_of, sha256_file

MODULES = (  # all that numbers go through; a test follows the imports
    "declarations/cohort",
    "declarations/conditions",
    "declarations/measures",
    "kernel/coding",
    "kernel/compilation",
    "kernel/membership",
    "kernel/plan",
    "kernel/states",
    "kernel/vectors",
    "kernel/walk",
    "rows/companions",
    "rows/families",
    "rows/followed",
    "rows/groups",
    "rows/partitions",
    "rows/parts",
)


@cache
def code_digest() -> str:
    """Return the digest of those modules of this package."""
    here = Path(__file__).parents[1]
    return digest_of({name: sha256_file(here / f"{name}.py") for name in MODULES})
