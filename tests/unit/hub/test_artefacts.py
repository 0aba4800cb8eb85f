"""Artefacts appear whole or not at all, and every changed byte shows."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import artefacts
from hub.errors import ConfigurationError, IntegrityError, NotFoundError
from tests.examples import examples

# Publishes a second artefact and points at it; kills itself at the given step (an audited call of the interpreter).
_KILLED = """
import os, signal, sys
from pathlib import Path
from hub import artefacts
folder, step = Path(sys.argv[1]), int(sys.argv[2])
seen = 0
def hook(event, arguments):
    global seen
    if event in {"open", "os.mkdir", "os.rename", "os.chmod", "shutil.rmtree", "tempfile.mkdtemp", "os.remove"}:
        if any(str(folder) in str(one) for one in arguments):
            seen += 1
            if seen == step:
                os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
with artefacts.publish(folder, "thing", {"n": 2}) as draft:
    for name in ("a.bin", "b.bin"):
        (draft.path / name).write_bytes(b"new" * 1000)
artefacts.write_pointer(folder / "current", draft.digest)
print(seen)
"""


def _published(folder: Path, content: bytes = b"one", **facts: int) -> artefacts.Artefact:
    with artefacts.publish(folder, "thing", facts) as draft:
        (draft.path / "deep").mkdir()
        (draft.path / "deep" / "a.bin").write_bytes(content)
        (draft.path / "b.bin").write_bytes(b"two")
    return artefacts.open_artefact(folder, draft.digest, "thing")


def test_what_was_published_is_read_back(tmp_path: Path) -> None:
    found = _published(tmp_path, n=1)
    assert found.facts == {"n": 1}
    assert found.read("deep/a.bin") == b"one"
    assert found.verify() == 2
    assert artefacts.digests_in(tmp_path) == [found.digest]


def test_facts_may_be_added_while_it_is_filled(tmp_path: Path) -> None:
    with artefacts.publish(tmp_path, "thing", {}) as draft:
        draft.facts["rows"] = 3
    assert artefacts.open_artefact(tmp_path, draft.digest, "thing").facts == {"rows": 3}


def test_equal_content_has_one_name_and_other_facts_have_another(tmp_path: Path) -> None:
    assert _published(tmp_path, n=1).digest == _published(tmp_path, n=1).digest
    assert _published(tmp_path, n=2).digest != _published(tmp_path, n=1).digest
    assert len(list(tmp_path.iterdir())) == 2


def test_an_error_while_it_is_filled_leaves_nothing(tmp_path: Path) -> None:
    def half() -> None:
        with artefacts.publish(tmp_path, "thing", {}) as draft:
            (draft.path / "a.bin").write_bytes(b"half")
            raise ValueError("broken off")

    with pytest.raises(ValueError, match="broken off"):
        half()
    assert list(tmp_path.iterdir()) == []


def test_what_must_be_there_first_is_asked_for_with_the_digest(tmp_path: Path) -> None:
    seen: list[tuple[str, list[str]]] = []
    with artefacts.publish(
        tmp_path, "thing", {}, before=lambda digest: seen.append((digest, artefacts.digests_in(tmp_path)))
    ) as draft:
        pass
    assert seen == [(draft.digest, [])]


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at=st.integers(0, 10_000), bit=st.integers(0, 7), which=st.sampled_from(["deep/a.bin", "b.bin", "manifest.json"])
)
def test_one_changed_bit_anywhere_is_found(
    tmp_path_factory: pytest.TempPathFactory, at: int, bit: int, which: str
) -> None:
    folder = tmp_path_factory.mktemp("changed")
    found = _published(folder, b"some content", n=1)
    path = found.path / which
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 1 << bit
    path.write_bytes(bytes(content))
    with pytest.raises(IntegrityError, match="differs from the digest"):
        artefacts.open_artefact(folder, found.digest, "thing").verify()
    if which != "manifest.json":
        with pytest.raises(IntegrityError):
            found.read(which)


def test_missing_and_added_files_are_found(tmp_path: Path) -> None:
    found = _published(tmp_path)
    (found.path / "extra.bin").write_bytes(b"")
    with pytest.raises(IntegrityError, match=r"does not name: extra.bin"):
        found.verify()
    (found.path / "extra.bin").unlink()
    (found.path / "b.bin").unlink()
    with pytest.raises(IntegrityError, match=r"b.bin is missing"):
        found.verify()
    with pytest.raises(IntegrityError, match=r"b.bin is missing"):
        found.read("b.bin")
    with pytest.raises(IntegrityError, match=r"no file c.bin in its manifest"):
        found.read("c.bin")


def test_a_forged_manifest_under_an_old_name_is_refused(tmp_path: Path) -> None:
    found = _published(tmp_path)
    manifest = json.loads((found.path / "manifest.json").read_text())
    manifest["facts"] = {"approved": True}
    (found.path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(IntegrityError, match=r"manifest.json is missing or differs"):
        artefacts.open_artefact(tmp_path, found.digest, "thing")


def test_names_that_do_not_lead_to_one_artefact(tmp_path: Path) -> None:
    digest = _published(tmp_path).digest
    for wrong in ("", "abc", "../../etc", digest.upper(), "z" * 8):
        with pytest.raises(ConfigurationError, match="not the digest"):
            artefacts.open_artefact(tmp_path, wrong, "thing")
    other = "0" if digest[0] != "0" else "1"
    with pytest.raises(NotFoundError, match="no thing whose digest begins with"):
        artefacts.open_artefact(tmp_path, other * 8, "thing")
    (tmp_path / (digest[:8] + "0" * 56)).mkdir()
    with pytest.raises(NotFoundError, match="2 thing whose digest begins"):
        artefacts.open_artefact(tmp_path, digest[:8], "thing")
    with pytest.raises(IntegrityError, match="is a thing, not a bundle"):
        artefacts.open_artefact(tmp_path, digest, "bundle")
    assert artefacts.open_artefact(tmp_path, digest[:12], "thing").digest == digest


def test_a_draft_that_a_kill_left_behind_does_not_count(tmp_path: Path) -> None:
    (tmp_path / ".draft-left").mkdir()
    assert artefacts.digests_in(tmp_path) == []
    assert artefacts.digests_in(tmp_path / "nowhere") == []


def test_the_pointer_names_what_it_was_told_last(tmp_path: Path) -> None:
    artefacts.write_pointer(tmp_path / "current", "a" * 64)
    artefacts.write_pointer(tmp_path / "current", "b" * 64)
    assert (tmp_path / "current").read_text() == "b" * 64 + "\n"
    assert [path.name for path in tmp_path.iterdir()] == ["current"]


def test_readers_of_the_pointer_never_see_half_of_it(tmp_path: Path) -> None:
    pointer = tmp_path / "current"
    artefacts.write_pointer(pointer, "0" * 64)
    read: set[str] = set()
    done = threading.Event()

    def reader() -> None:
        while not done.is_set():
            read.add(pointer.read_text())

    thread = threading.Thread(target=reader)
    thread.start()
    for number in range(200):
        artefacts.write_pointer(pointer, f"{number:064}")
    done.set()
    thread.join()
    assert {len(text) for text in read} == {65}
    assert read <= {f"{number:064}\n" for number in range(200)}


def test_a_kill_at_any_step_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]

    def run(folder: Path, step: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", _KILLED, str(folder), str(step)]
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)

    (tmp_path / "whole").mkdir(mode=0o700)
    whole = run(tmp_path / "whole", 0)
    assert whole.returncode == 0, whole.stderr
    steps = int(whole.stdout)
    assert steps >= 8
    new = (tmp_path / "whole" / "current").read_text().strip()
    pointed = set()
    for step in range(1, steps + 1):
        folder = tmp_path / str(step)
        old = _published(folder, n=1)
        artefacts.write_pointer(folder / "current", old.digest)
        assert run(folder, step).returncode == -9
        now = (folder / "current").read_text().strip()
        pointed.add(now)
        assert now in {old.digest, new}
        for digest in artefacts.digests_in(folder):
            artefacts.open_artefact(folder, digest, "thing").verify()
        if step % 4 == 0:
            assert run(folder, 0).returncode == 0
            assert (folder / "current").read_text().strip() == new
    assert pointed == {old.digest, new}


def test_what_is_filled_apart_is_what_was_written_whoever_swaps_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(tmp_path.iterdir())
    with artefacts.publish(tmp_path, "thing", {}, apart=True) as draft:
        assert tmp_path not in draft.path.parents
        (draft.path / "a.txt").write_text("ours")
        filled = draft.path
    assert not filled.exists()
    assert artefacts.open_artefact(tmp_path, draft.digest, "thing").read("a.txt") == b"ours"
    assert set(tmp_path.iterdir()) - before == {draft.path}

    def swapped(_digest: str) -> None:
        (found,) = tmp_path.glob(".draft-*")
        (found / "a.txt").write_text("forged")

    with artefacts.publish(tmp_path, "thing", {"n": 2}, before=swapped, apart=True) as draft:
        (draft.path / "a.txt").write_text("ours too")
    with pytest.raises(IntegrityError):
        artefacts.open_artefact(tmp_path, draft.digest, "thing").read("a.txt")
    taken_over = artefacts._taken_over

    def added(filled: Path, into: Path, taken: dict[str, str]) -> Path:
        (into / "b.txt").write_text("put in")
        return taken_over(filled, into, taken)

    monkeypatch.setattr(artefacts, "_taken_over", added)
    with (
        pytest.raises(IntegrityError, match="put into"),
        artefacts.publish(tmp_path, "thing", {"n": 3}, apart=True) as draft,
    ):
        (draft.path / "a.txt").write_text("ours")
