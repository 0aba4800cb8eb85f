"""Damaged and forged bundles: refused by name, before LightGBM's parser sees a byte."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hub import artefacts
from hub.errors import IntegrityError
from hub.workspace import Workspace
from models.bundle import bundles
from models.bundle.bundles import Bundle, open_bundle
from models.fitting.fitting import fit
from tests.factories.bundles import published
from tests.factories.feature_sets import feature_set
from tests.integration.models.fitting.test_training import FILES, ROOT


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Return a published bundle."""
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    return published(workspace, fit(feature_set(workspace, people=900)).contents)


@pytest.fixture
def copied(bundle: Bundle, tmp_path: Path) -> tuple[Workspace, Path]:
    """Return a workspace with a copy of the bundle, and the copy's folder, for tests that damage it."""
    workspace = Workspace(tmp_path)
    shutil.copytree(bundle.artefact.path, workspace.bundles / bundle.digest)
    return workspace, workspace.bundles / bundle.digest


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_changed_byte_is_refused(copied: tuple[Workspace, Path], bundle: Bundle, name: str, damage: str) -> None:
    workspace, folder = copied
    content = (folder / name).read_bytes()
    if damage == "flip":
        middle = len(content) // 2
        (folder / name).write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    elif damage == "cut":
        (folder / name).write_bytes(content[: len(content) // 2])
    else:
        (folder / name).unlink()
    with pytest.raises(IntegrityError, match="differs from the digest"):
        open_bundle(workspace, bundle.digest)


def test_an_added_file_is_refused(copied: tuple[Workspace, Path], bundle: Bundle) -> None:
    workspace, folder = copied
    (folder / "code.py").write_text("raise SystemExit", encoding="utf-8")
    with pytest.raises(IntegrityError, match=r"does not name: code\.py"):
        open_bundle(workspace, bundle.digest)


def test_bytes_that_change_after_opening_never_reach_the_parser(copied: tuple[Workspace, Path], bundle: Bundle) -> None:
    workspace, _ = copied
    code = (
        "import sys; from pathlib import Path\n"
        "from hub.errors import IntegrityError; from hub.workspace import Workspace\n"
        "from models.bundle.bundles import open_bundle\n"
        "bundle = open_bundle(Workspace(Path(sys.argv[1])), sys.argv[2])\n"
        "path = bundle.artefact.path / 'model.txt'; path.write_bytes(path.read_bytes()[:-40])\n"
        "try:\n    bundle.load()\nexcept IntegrityError as error:\n    print(error, 'lightgbm' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(workspace.root), bundle.digest],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "model.txt is missing or differs" in done.stdout
    assert done.stdout.strip().endswith("False"), "LightGBM was not even imported"


def _forged(workspace: Workspace, bundle: Bundle, name: str, content: bytes) -> str:
    """Publish the bundle anew, under a digest of its own, with one file replaced."""
    with artefacts.publish(workspace.bundles, bundles.KIND, bundle.artefact.facts) as draft:
        for file in bundle.artefact.files:
            (draft.path / file).write_bytes(content if file == name else bundle.artefact.read(file))
    return draft.digest


def test_parts_that_do_not_belong_together_are_refused(bundle: Bundle, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    case = json.loads(bundle.artefact.read("use_case.json"))
    turned = {**case, "indicators": case["indicators"][::-1]}
    reworded = {**case, "indicators": [{**one, "why_fair": "recorded in another way"} for one in case["indicators"]]}
    for other in (turned, reworded, {**case, "capacity": 999}):
        with pytest.raises(IntegrityError, match="its use case is not the one"):
            open_bundle(workspace, _forged(workspace, bundle, "use_case.json", json.dumps(other).encode()))
    text = bundle.artefact.read("model.txt")
    renamed = text.replace(b"missed_days", b"missed_hours")
    with pytest.raises(IntegrityError, match="other indicators than its bundle says"):
        open_bundle(workspace, _forged(workspace, bundle, "model.txt", renamed)).load()
    golden = json.loads(bundle.artefact.read("golden.json"))
    golden["probabilities"][0] += 1e-6
    with pytest.raises(IntegrityError, match="other probabilities here"):
        open_bundle(workspace, _forged(workspace, bundle, "golden.json", json.dumps(golden).encode())).load()


def test_a_model_on_which_the_parser_dies_harms_nobody(bundle: Bundle, tmp_path: Path) -> None:
    bundle.rehearse()
    workspace = Workspace(tmp_path)
    text = bundle.artefact.read("model.txt")
    broken = open_bundle(workspace, _forged(workspace, bundle, "model.txt", text[: len(text) // 2]))
    with pytest.raises(IntegrityError, match="does not load in a process of its own"):
        broken.rehearse()
