"""A world of one part of the bench's own, copied from one that was made once: up to an audit, or approved too."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ethics.record.store import open_store
from models.bundle.bundles import open_bundle
from service.demonstration.gate_trial import approve
from tests.factories import worlds


@contextmanager
def approved() -> Iterator[Path]:
    """Give the folder of a world whose purpose is approved."""
    with audited() as (root, bundle, audit):
        place = worlds.place(root)
        with open_store(place.workspace) as store:
            approve(store, place, open_bundle(place.workspace, bundle), audit)
        yield root


@contextmanager
def audited() -> Iterator[tuple[Path, str, str]]:
    """Give the folder of a world, and the digests of its bundle and audit, about which nothing was decided."""
    with tempfile.TemporaryDirectory() as folder:
        root = shutil.copytree(worlds.kept(), Path(folder) / "world")
        said = json.loads((root / "world.json").read_text(encoding="utf-8"))
        yield root, said["bundle"], said["audit"]
