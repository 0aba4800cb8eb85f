"""A world of one part of the bench's own, copied from one that was made once: up to an audit, or approved too."""

import json
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ethics.record.store import open_store
from models.bundle.bundles import open_bundle
from service.demonstration.gate_trial import approve
from tests.factories import kept, worlds


@contextmanager
def approved() -> Iterator[Path]:
    """Give the folder of a world whose purpose is approved."""
    with _copied(kept.once("approved world", lambda folder: _apart(lambda: _approve(folder)))) as root:
        yield root


@contextmanager
def audited() -> Iterator[tuple[Path, str, str]]:
    """Give the folder of a world, and the digests of its bundle and audit, about which nothing was decided."""
    _apart(worlds.kept)
    with _copied(worlds.kept()) as root:
        yield root, *_named(root)


def _apart(make: Callable[[], object]) -> None:
    """Do something in a child of this process, which may then be forked again: a training leaves threads behind.

    Raises:
        RuntimeError: the child did not end well.
    """
    child = os.fork()
    if not child:
        code = 1
        try:
            make()
            code = 0
        except BaseException:  # noqa: BLE001 - the parent sees the exit code
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    if os.waitpid(child, 0)[1]:
        raise RuntimeError("the world could not be made")


@contextmanager
def _copied(made: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield shutil.copytree(made, Path(folder) / "world")


def _named(root: Path) -> tuple[str, str]:
    said = json.loads((root / "world.json").read_text(encoding="utf-8"))
    return said["bundle"], said["audit"]


def _approve(root: Path) -> None:
    shutil.copytree(worlds.kept(), root, dirs_exist_ok=True)
    (bundle, audit), place = _named(root), worlds.place(root)
    with open_store(place.workspace) as store:
        approve(store, place, open_bundle(place.workspace, bundle), audit)
