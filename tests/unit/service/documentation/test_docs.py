"""The documents: generated pages are current, every command and setting is in them, links lead somewhere."""

import re
from pathlib import Path
from typing import Any

import click
import pytest
import typer.main

from hub.settings import Settings
from service.commands.cli import app
from service.documentation import pages

ROOT = Path(__file__).parents[4]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])


def commands(command: Any, name: str) -> list[tuple[str, click.Command]]:
    """Return every command below `command` with its full name."""
    children = getattr(command, "commands", None)
    if children is None:
        return [(name, command)]
    return [found for child in sorted(children) for found in commands(children[child], f"{name} {child}")]


EVERY = commands(typer.main.get_command(app), "sentinel")


@pytest.mark.parametrize("page", sorted(pages.PAGES))
def test_generated_pages_are_current(page: str) -> None:
    assert (ROOT / "docs" / "generated" / page).read_text(encoding="utf-8") == pages.PAGES[page](), "run `make docs`"


@pytest.mark.parametrize(("name", "command"), EVERY, ids=[name for name, _ in EVERY])
def test_every_command_is_documented_and_takes_workspace_and_partnership(name: str, command: click.Command) -> None:
    page = (ROOT / "docs" / "generated" / "commands.md").read_text(encoding="utf-8")
    assert f"### {name}\n" in page
    assert (command.help or "").strip()
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--workspace", "--partnership"} <= options
    for parameter in command.params:
        assert getattr(parameter, "help", None) or parameter.name == "help", f"{name} {parameter.name} has no help"


@pytest.mark.parametrize(
    "name", [name for name, _ in EVERY if name.rsplit(" ", 1)[-1] in {"list", "snapshots", "extracts"}]
)
def test_every_listing_has_json(name: str) -> None:
    command = dict(EVERY)[name]
    assert "--json" in {option for parameter in command.params for option in parameter.opts}


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name: str) -> None:
    assert f"`SENTINEL_{name.upper()}`" in (ROOT / "docs" / "generated" / "settings.md").read_text(encoding="utf-8")


def test_the_commands_of_the_journey_exist() -> None:
    names = {name for name, _ in EVERY}
    assert {"sentinel demo", "sentinel serve", "sentinel init", "sentinel hub ingest", "sentinel hub link"} <= names
    assert {"sentinel hub publish", "sentinel hub verify", "sentinel ledger verify", "sentinel features list"} <= names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_commands_in_the_readme_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    names = {name for name, _ in EVERY}
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL))
    for line in re.findall(r"^sentinel [a-z ]+", blocks, flags=re.MULTILINE):
        assert any(line.strip().startswith(name) for name in names), line
    words = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert set(re.findall(r"^make ([a-z-]+)", blocks, flags=re.MULTILINE)) <= words


def test_code_named_on_the_privacy_table_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for path in re.findall(r"`((?:hub|features|models|audits|ethics|service|tests)/[a-z_/.]*)`", text):
        assert (ROOT / path).exists(), path


def test_plain_words_never_label_people() -> None:
    banned = re.compile(
        r"\b(offenders?|high[- ]risk (individuals?|child\w*|famil\w+|people)|perpetrators?)\b", re.IGNORECASE
    )
    for path in [*PAGES, *ROOT.glob("partnerships/**/*.yaml"), *ROOT.glob("audits/templates/*")]:
        assert not banned.search(path.read_text(encoding="utf-8")), path
