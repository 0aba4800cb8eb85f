"""`sentinel hub gaps` over the real command line, on the generated partnership, and its page in a real browser."""

import datetime
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from hub.ledger import practice
from hub.workspace import Workspace
from tests import browser as chromium
from tests.factories import commands, lancashire
from tests.readability import assert_readable

SIZES = {"wide": (1280, 900), "telephone": (390, 844)}
EVERYWHERE = set("–—−±’‘“”…×·≥≤é")


@pytest.fixture(scope="module", autouse=True)
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let commands work in a workspace that is a demonstration's, so that it is the demonstration's day."""
    root = tmp_path_factory.mktemp("workspace")
    partnership = lancashire.declared()
    workspace = Workspace(root / partnership.name, None, root / "anchor.json")
    practice.begin(workspace, partnership.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENTINEL_WORKSPACE", str(root))
        patch.setenv("SENTINEL_ANCHOR", str(workspace.anchor))
        yield


def gaps(*arguments: str | Path) -> commands.Done:
    """Run the command."""
    return commands.run("hub", "gaps", "--partnership", str(lancashire.FOLDER), *map(str, arguments))


@pytest.fixture(scope="module")
def page_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gaps") / "gaps.html"


@pytest.fixture(scope="module")
def told(page_path: Path) -> dict[str, Any]:
    """The report as JSON; the page is written by the same call."""
    done = gaps("--json", "--html", page_path)
    assert done.code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def of_use_case(told: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in told["use_cases"] if one["name"] == name)


def test_the_planted_gap_and_the_expiring_gateway_are_named(told: dict[str, Any]) -> None:
    assert (told["on"], told["expiring_within_days"]) == ("2025-01-06", 90)
    offer = of_use_case(told, "mentor_offer")
    by_indicator = {one["name"]: one for one in offer["indicators"]}
    missing, expiring = by_indicator["suspensions_365"], by_indicator["prevention_completed_730"]
    assert (missing["status"], missing["why"]) == ("missing", "not for this purpose")
    assert missing["gateway"] == "cooperation_for_wellbeing"
    assert missing["owner"] == "Head of early help"
    assert (expiring["status"], expiring["gateway"]) == ("expiring", "youth_justice_prevention")
    assert expiring["until"] == "2025-03-31"
    assert expiring["owner"] == "Head of youth justice"
    opened = {
        one["name"] for source in offer["sources"] if source["status"] == "missing" for one in source["would_open"]
    }
    assert {"suspensions_365", "suspended_days_365", "absence_last_two_terms"} <= opened
    assert by_indicator["police_harmed_365"]["status"] == "usable"
    assert 0 < offer["indicators_usable"] < len(offer["indicators"])
    early = of_use_case(told, "early_help_offer")
    assert early["indicators_usable"] == len(early["indicators"]), "the demonstration goes on working"
    youth_justice = next(one for one in offer["sources"] if one["source"] == expiring["source"])
    assert {"who is eligible", "the outcome"} <= set(youth_justice["needed_for"])


def test_the_matrix_has_a_cell_for_every_source_and_purpose(told: dict[str, Any]) -> None:
    partnership = lancashire.declared()
    assert [one["source"] for one in told["matrix"]] == [one.name for one in partnership.sources]
    assert {purpose for one in partnership.gateways for purpose in one.purposes} <= set(told["purposes"])
    for row in told["matrix"]:
        assert [one["purpose"] for one in row["standings"]] == told["purposes"]


def test_the_table_says_it_in_words_and_exits_with_0() -> None:
    done = gaps("--use-case", "mentor_offer")
    assert done.code == 0, done.stderr
    text = " ".join(done.stdout.split())
    for words in ("missing", "expiring", "usable", "Head of youth justice", "mentor_offer could use", "would lose"):
        assert words in text, words
    assert "early_help_offer:" not in text


def test_without_the_mark_of_a_demonstration_it_is_today(tmp_path: Path) -> None:
    done = gaps("--json", "--workspace", tmp_path)
    assert json.loads(done.stdout)["on"] == str(datetime.datetime.now(datetime.UTC).date())


def test_another_day_another_answer() -> None:
    done = gaps("--use-case", "mentor_offer", "--on", "2025-04-01", "--json")
    by_indicator = {one["name"]: one for one in json.loads(done.stdout)["use_cases"][0]["indicators"]}
    assert by_indicator["prevention_completed_730"]["why"] == "expired"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--use-case", "mentr_offer"], 2, "Did you mean mentor_offer?"),
        (["--html", "/nowhere/at/all.html"], 3, "/nowhere/at/all.html: cannot be written"),
        (["--on", "06/01/2025"], 2, "2025"),
    ],
)
def test_what_cannot_be_is_one_clear_line(arguments: list[str], code: int, words: str) -> None:
    done = gaps(*arguments)
    assert done.code == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_the_page_needs_nothing_else_and_says_the_same(told: dict[str, Any], page_path: Path) -> None:
    text = page_path.read_text(encoding="utf-8")
    assert "<script" not in text
    assert not re.findall(r"(?:src|href|action)=\"(?!#)[^\"]*\"", text)
    assert not re.findall(r"url\((?!#)", text)
    assert {one for one in text if ord(one) > 126} <= EVERYWHERE
    ids = re.findall(r"\bid=\"([^\"]+)\"", text)
    assert len(ids) == len(set(ids))
    picture = text[text.index("<figure>") : text.index("</figure>")]
    for status in ("usable", "expiring", "missing"):
        cells = sum(one["status"] == status for row in told["matrix"] for one in row["standings"])
        assert picture.count(f">{status}</text>") == cells
    words = "Share of school sessions that the child missed over the last two terms (about six months)"
    assert words in text


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, told: dict[str, Any], page_path: Path) -> Iterator[Page]:
    """Return the page that was written when the report was told, open at one size."""
    assert told["use_cases"]
    if chromium.chromium() is None:
        pytest.skip("Chromium is not installed here")
    width, height = SIZES[request.param]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.chromium(), args=list(chromium.FLAGS))
        opened = browser.new_page(viewport={"width": width, "height": height})
        opened.goto(page_path.as_uri())
        yield opened
        browser.close()


def test_the_page_can_be_read_by_everyone(page: Page) -> None:
    assert_readable(page, "body")
