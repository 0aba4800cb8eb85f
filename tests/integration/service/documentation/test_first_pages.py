"""What the pages of the first day show works: the code for analysts, the body for curl, the commands."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from hub.commands.command_line import place
from hub.intake import ingest
from hub.linking import linkage
from hub.publishing import publish
from service.commands.cli import app
from service.scoring.answers import ScoreRequest
from tests.factories.deliveries import DELIVERED, Town

DOCS = Path(__file__).parents[4] / "docs"


def test_the_code_for_analysts_runs_on_a_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town(tmp_path)
    here = place(tmp_path / "work", town.partnership.folder)
    ingest.ingest(here.workspace, here.partnership, town.folder, DELIVERED)
    linkage.link(here.workspace, here.partnership)
    publish.publish(here.workspace, here.partnership)
    monkeypatch.setenv("SENTINEL_WORKSPACE", str(tmp_path / "work"))
    monkeypatch.setenv("SENTINEL_PARTNERSHIP", str(town.partnership.folder))
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / "analysts.md").read_text(), flags=re.DOTALL)
    seen: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "analysts.md", "exec"), seen)  # noqa: S102 - our own page
    assert len(blocks) == 3
    assert str(seen["told"]) == "{'school': datetime.date(2025, 1, 5)}"
    assert len(seen["known"]) == 2


def test_the_body_for_curl_is_a_request() -> None:
    [body] = re.findall(r"--data '(.*?)'", (DOCS / "asking.md").read_text())
    ScoreRequest.model_validate(json.loads(body) | {"person_id": "p" + "0" * 24})


def _options(command: Any, names: list[str]) -> set[str]:
    for name in names:
        command = command.commands[name]
    return {one for parameter in command.params for one in parameter.opts}


@pytest.mark.parametrize("page", ["first_day.md", "analysts.md", "asking.md"])
def test_every_command_on_a_page_exists_with_its_options(page: str) -> None:
    shown = re.findall(r"^sentinel ([^#\n]*)", (DOCS / page).read_text(), flags=re.MULTILINE)
    for line in shown:
        words = line.split()
        names = [word for word in words if re.fullmatch(r"[a-z][a-z-]*", word)]
        command: Any = typer.main.get_command(app)
        path = []
        for name in names:
            if name not in getattr(command, "commands", {}):
                break
            path.append(name)
            command = command.commands[name]
        options = {word for word in words if word.startswith("--")}
        assert options <= _options(typer.main.get_command(app), path), line
    assert shown or page == "analysts.md"
