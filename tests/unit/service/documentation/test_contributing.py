"""CONTRIBUTING.md: every file, folder, word of the Makefile and hook that it names is there."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[4]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_path_exists() -> None:
    first = "hub|features|models|audits|ethics|service|tests|docs"
    named = set(re.findall(rf"`((?:{first})/[A-Za-z0-9_./-]*)`", TEXT)) | set(re.findall(r" (tests/[a-z_/.]+)", TEXT))
    assert len(named) > 25
    for path in sorted(named):
        if path not in {"hub/adapters/NAME.yaml", "tests/bench/STAGE.py"}:
            assert (ROOT / path).exists() or (ROOT / f"{path.rsplit('.', 1)[0]}.py").is_file(), path


def test_every_word_of_the_makefile_is_one() -> None:
    words = set(re.findall(r"make ([a-z][a-z-]*)", TEXT))
    targets = {
        word for line in re.findall(r"^([a-z][a-z %-]*):", MAKEFILE, flags=re.MULTILINE) for word in line.split()
    }
    assert {"test", "prove", "check", "docs", "bench", "lock", "install-dev"} <= words
    assert {word for word in words if word not in targets and not word.startswith("bench-")} <= {"it"}


def test_the_hooks_call_what_is_installed() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [one["repo"] for one in hooks] == ["local"], "nothing is fetched"
    for hook in hooks[0]["hooks"]:
        assert hook["entry"].startswith(".venv/bin/")
        assert hook["entry"].split(" ", 1)[1].split("--")[0].strip() in MAKEFILE.replace(" .", ""), hook["entry"]
