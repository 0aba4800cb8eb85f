"""`sentinel features outcomes`: on the command line, as JSON, and its page in a real browser."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from playwright.sync_api import Page, sync_playwright
from typer.testing import CliRunner

from features.commands import outcomes_cli
from hub.errors import ConfigurationError, InputError, SentinelError
from tests import browser as chromium
from tests.factories.ethics import write_partnership
from tests.factories.levels import town
from tests.factories.use_cases import outcome
from tests.readability import assert_readable

COUNTS = [[20, 15, 12], [25, 20, 4], [22, 21, 24], [30, 28, 3]]
app = typer.Typer()
app.add_typer(outcomes_cli.app)
app.command("other")(lambda: None)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a partnership and a snapshot of four districts."""
    made = tmp_path_factory.mktemp("outcomes")
    write_partnership(made / "example", outcome=outcome(period="year", ages={"from_years": 0, "below_years": 18}))
    town(made / "workspace" / "example", COUNTS, 50, days=150)
    return made


def run(root: Path, *arguments: str | Path) -> str:
    """Run the command and return what it prints."""
    places = ["--workspace", str(root / "workspace"), "--partnership", str(root / "example")]
    done = CliRunner().invoke(app, ["outcomes", *places, *map(str, arguments)])
    if done.exception is not None:
        raise done.exception
    return done.output


@pytest.fixture(scope="module")
def told(root: Path) -> dict[str, Any]:
    """The levels as JSON; the page is written by the same call."""
    found: dict[str, Any] = json.loads(run(root, "--json", "--page", root / "levels.html"))
    return found


def test_json_tells_every_level_or_that_it_is_withheld(told: dict[str, Any]) -> None:
    only = told["outcomes"][0]
    assert [one["complete"] for one in only["periods"]] == [True, True, False], "150 days after 31 December is too late"
    assert only["recorded_within_days"] == 150
    assert [one["area"] for one in only["areas"]] == [*(f"District {row}" for row in range(4)), None]
    for row, counts in enumerate(COUNTS):
        assert [one["count"] for one in only["areas"][row]["levels"][:2]] == counts[:2]
        assert only["areas"][row]["all"]["n"] == 50
    newest = [area["levels"][2] for area in only["areas"]]
    # 4 and 3 make 7: beside them alone, everybody would know that neither is 8 or 9. So the 12 goes too.
    assert [one.get("count") for one in newest] == [None, None, 24, None, 43]
    assert newest[0] == newest[1] == {"withheld": "withheld"}
    assert len({one["headline"] for one in told["not_measured"]} | {only["headline"]}) == 10


def test_the_table_says_it_in_words(root: Path) -> None:
    every = " ".join(run(root).split())
    assert "the last year is not complete" in every
    assert "Secure housing: not measured, because no source of the test tells of it." in every
    one = run(root, "--outcome", "began_social_work_help")
    assert all(f"District {row}" in one for row in range(4))
    assert "withheld" in one
    assert "District" not in run(root, "--outcome", "began_social_work_help", "--by", "county")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (["--outcome", "began_social_wrk_help"], ConfigurationError, "Did you mean began_social_work_help?"),
        (["--page", "/nowhere/at/all.html"], InputError, "/nowhere/at/all.html: cannot be written"),
        (["--snapshot", "abcd"], SentinelError, "There is no snapshot"),
    ],
)
def test_what_cannot_be_is_one_clear_line(
    root: Path, arguments: list[str], error: type[SentinelError], words: str
) -> None:
    with pytest.raises(error, match=re.escape(words)):
        run(root, *arguments)


def test_the_page_needs_nothing_else_and_shows_the_same(root: Path, told: dict[str, Any]) -> None:
    text = (root / "levels.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert not re.findall(r"(?:src|href|action)=\"(?!#)[^\"]*\"", text)
    assert not re.findall(r"url\((?!#)", text)
    ids = re.findall(r"\bid=\"([^\"]+)\"", text)
    assert len(ids) == len(set(ids))
    table, pictures = text[text.index("<tbody>") :], text[text.index("<figure ") : text.index("</figure>")]
    areas = told["outcomes"][0]["areas"]
    shown = [one for area in areas for one in area["levels"] if "value" in one]
    assert pictures.count("<circle") == len(shown), "a point for each level that is shown"
    assert pictures.count('fill="#ffffff"') == sum("value" in area["levels"][2] for area in areas)
    assert table.count('<td class="held">withheld</td>') == sum(
        "withheld" in one for area in areas for one in [*area["levels"], area["all"]]
    )
    for one in shown:
        assert f"<strong>{one['value']:,.1f}</strong> ({one['low']:,.1f} to {one['high']:,.1f})" in table
        assert f"{one['count']:,} of {one['n']:,}</span>" in table
    assert text.count("<strong>Not measured</strong>") == 9
    assert text == run_again(root)


def run_again(root: Path) -> str:
    """Write the page once more and return it."""
    run(root, "--page", root / "again.html", "--json")
    return (root / "again.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(root: Path, told: dict[str, Any]) -> Iterator[Page]:
    """Return the page that was written when the levels were told, in a browser."""
    assert told["outcomes"]
    if chromium.chromium() is None:
        pytest.skip("Chromium is not installed here")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.chromium(), args=list(chromium.FLAGS))
        opened = browser.new_page()
        opened.goto((root / "levels.html").as_uri())
        yield opened
        browser.close()


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_the_page_can_be_read_by_everyone(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    assert_readable(page, ".panels li")
