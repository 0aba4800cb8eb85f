"""Who trained which bundle, in which MLflow run, as the ledger tells it: each training publishes its bundle.

A bundle does not say who trained it, so that the same training by somebody else gives the same bundle. The ethics group
asks: whoever trained a model does not judge it.
"""

from hub.errors import NotFoundError
from hub.ledger import publications
from hub.workspace import Workspace

BUNDLE = "bundle"
TREES_FROM = "trees_from"
"""Names, in the entry of an update that kept the trees, the bundle whose trees they are."""


def trainings(workspace: Workspace, digest: str | None = None) -> list[dict[str, str]]:
    """Return the trainings of one bundle (or of all), oldest first.

    Keys: `bundle`, `trained_by`, `run_id`, `experiment`, and `trees_from` of an update that kept the trees.
    """
    return [
        {"bundle": one.digest, "trained_by": one.by, **{name: str(said) for name, said in one.more.items()}}
        for one in publications.read(workspace).of(BUNDLE, digest)
    ]


def with_earlier(workspace: Workspace, digest: str) -> dict[str, list[dict[str, str]]]:
    """Return the trainings of a bundle and, where an update kept its trees, of every bundle that they come from.

    Returns:
        By digest, the bundle's own first; an empty list where the ledger knows of no training.
    """
    found: dict[str, list[dict[str, str]]] = {}
    waiting = [digest]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found[one] = trainings(workspace, one)
            waiting += [entry[TREES_FROM] for entry in found[one] if TREES_FROM in entry]
    return found


def newest(workspace: Workspace) -> str:
    """Return the digest of the bundle that was trained last.

    Raises:
        NotFoundError: nothing was trained yet.
    """
    found = trainings(workspace)
    if not found:
        raise NotFoundError("No bundle was trained in this workspace.", "Run `sentinel models train`.")
    return found[-1]["bundle"]
