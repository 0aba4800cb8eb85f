"""The command line as a person meets it: wrong folders, wrong names, an empty workspace; exit codes; no traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from hub.ledger import publications
from hub.settings import Settings
from hub.workspace import Workspace
from tests.factories import commands

run = commands.run


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["hub", "extracts", "--partnership", "nowhere"], 2, "no such folder"),
        (["hub", "ingest", "nowhere", "--delivered-on", "2025-01-06"], 3, "nowhere"),
        (["hub", "link"], 6, ""),
        (["hub", "publish"], 6, ""),
        (["features", "build", "--use-case", "early_help_offer"], 6, "sentinel hub ingest"),
        (["features", "build", "--use-case", "early_help_ofer"], 2, "early_help_ofer.yaml: no such file"),
        (["models", "train", "--use-case", "early_help_offer", "--as", "analyst"], 6, ""),
        (["models", "show", "abcd"], 6, "no bundle"),
        (["models", "show", "../../etc/passwd"], 2, "not the digest"),
        (["audits", "run", "abcd", "--as", "analyst"], 6, "no bundle"),
        (["audits", "run", "--as", "analyst"], 6, "models train"),
        (["audits", "show", "abcd"], 6, "no audit"),
        (["ethics", "show", "7"], 6, "no proposal 7"),
        (["ledger", "verify"], 6, "no ledger in this workspace"),
        (["ledger", "list"], 6, "no ledger in this workspace"),
        (["ledger", "resume", "--as", "owner", "--reasons", "It was restored."], 6, "no ledger in this workspace"),
        (["demo", "--partnership", "partnerships/open_university"], 3, "--data"),
        (["demo", "--data", "nowhere"], 3, "nowhere: no such folder"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_an_error_is_one_clear_line_and_an_exit_code(tmp_path: Path, words: list[str], code: int, says: str) -> None:
    done = run(*words, workspace=tmp_path)
    assert done.code == code, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert done.stderr.startswith("error: ")
    assert says in done.stderr.replace("\n", " ")


@pytest.mark.parametrize("words", [["hub", "extracts"], ["hub", "snapshots"], ["models", "list"], ["audits", "list"]])
def test_an_empty_workspace_lists_nothing(tmp_path: Path, words: list[str]) -> None:
    assert run(*words, "--json", workspace=tmp_path).stdout.strip() == "[]"
    assert run(*words, workspace=tmp_path).code == 0


def test_debug_shows_the_traceback_wherever_it_stands(tmp_path: Path) -> None:
    assert "Traceback" in run("models", "show", "abcd", "--debug", workspace=tmp_path).stderr


def test_init_writes_a_partnership_that_other_commands_can_read(tmp_path: Path) -> None:
    folder = tmp_path / "county"
    assert run("init", str(folder), workspace=tmp_path).code == 0
    done = run("features", "list", "--partnership", str(folder), workspace=tmp_path)
    assert "early_help_started_365d" in done.stdout
    assert run("init", str(folder), workspace=tmp_path).code == 2


def test_environment_gives_workspace_and_partnership(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("init", str(tmp_path / "county"), workspace=tmp_path)
    monkeypatch.setenv("SENTINEL_PARTNERSHIP", str(tmp_path / "county"))
    monkeypatch.setenv("SENTINEL_WORKSPACE", str(tmp_path / "made"))
    command = [sys.executable, "-m", "service", "ethics", "list"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=commands.ROOT, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "made" / "example_county" / "ethics" / "ethics.db").is_file()


@pytest.mark.parametrize("said", ["SENTINEL_ANCHOR", "XDG_STATE_HOME"])
def test_environment_says_where_the_anchor_is_which_is_never_in_the_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    monkeypatch.setenv(said, str(elsewhere / "anchor.json" if said == "SENTINEL_ANCHOR" else elsewhere))
    root = tmp_path / "made" / "lancashire"
    settings = Settings(workspace=tmp_path / "made")
    publications.record(
        Workspace(root, None, settings.anchor_of(root)), kind="snapshot", digest="5" * 64, inputs={}, by="ana"
    )
    assert not any("anchor" in path.name for path in root.rglob("*"))
    [anchor] = elsewhere.rglob("*.json")
    done = run("ledger", "verify", workspace=tmp_path / "made")
    assert done.code == 0, done.stderr
    assert str(anchor) in done.stdout.replace("\n", "")
    anchor.unlink()
    done = run("ledger", "verify", workspace=tmp_path / "made")
    assert done.code == 5
    assert "1 entries and no anchor" in done.stderr


def test_serve_says_when_the_port_is_taken(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("serve", "--port", str(taken.getsockname()[1]), workspace=tmp_path)
    assert done.code == 2
    assert "is taken" in done.stderr
