"""The report in a real browser: no request, no violation, nothing wider than the screen, nothing unreadable."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from audits.audit import audit
from audits.audit.audit import Audit
from audits.report.report import render
from hub.workspace import Workspace
from tests import browser as chromium
from tests.factories import audits as factory
from tests.factories.feature_sets import feature_set

SIZES = {"wide": (1280, 900), "telephone": (390, 844)}
EVERYWHERE = set("–—−±’‘“”…×·≥≤é")
"""Signs beyond ASCII that every common font has."""

CUT_OR_OVER = """pictures => pictures.flatMap(picture => { const frame = picture.getBoundingClientRect();
        const boxes = [...picture.querySelectorAll('text')].filter(one => one.textContent.trim())
          .map(one => [one.textContent.trim(), one.getBoundingClientRect()]);
        const outside = boxes.filter(([, box]) => box.left < frame.left - 1 || box.right > frame.right + 1);
        const over = boxes.flatMap(([a, one], at) => boxes.slice(at + 1).filter(([, two]) =>
          Math.min(one.right, two.right) - Math.max(one.left, two.left) > 1 &&
          Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top) > 3).map(([b]) => [a, b]));
        return [...outside.map(([words]) => words), ...over]; })"""
"""Words of a picture that leave its frame, and pairs that are written over each other."""

pytestmark = pytest.mark.skipif(chromium.chromium() is None, reason="Chromium is not installed here")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """Return an audit whose report holds everything that a report can hold."""
    place = Workspace(tmp_path_factory.mktemp("workspace"))
    features = factory.changed(
        place,
        feature_set(place, people=2000, capacity=200),
        unseen=("sex", "male"),
        linkage=factory.LINKAGE,
        sources=factory.SOURCES,
        leakage=factory.LEAKAGE,
    )
    return audit.run(place, factory.partnership(), factory.bundle_of(place, features).digest, seed=7)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium.chromium(), args=list(chromium.FLAGS))
        yield found
        found.close()


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, browser: Browser, report: Audit) -> Iterator[Page]:
    """Return the report, open at one size, with all that it asked the network for in `page.asked`."""
    width, height = SIZES[request.param]
    opened: Any = browser.new_page(viewport={"width": width, "height": height})
    asked: list[str] = []
    complaints: list[str] = []
    opened.on("request", lambda one: asked.append(one.url))
    opened.on("console", lambda one: complaints.append(one.text))
    opened.goto(report.report_path.as_uri())
    opened.asked, opened.complaints = asked, complaints
    yield opened
    opened.close()


def test_no_request_leaves_and_nothing_complains(page: Any, report: Audit) -> None:
    assert page.asked == [report.report_path.as_uri()]
    assert page.complaints == []


def test_axe_finds_nothing(page: Page) -> None:
    # axe-core comes in through the debugging connection, which the page's own policy does not bind.
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
    assert found.violations_count == 0, found.generate_report()


def test_the_page_is_not_wider_than_the_screen(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    wider = page.evaluate(
        """() => [...document.querySelectorAll('main *, header *, footer *, nav *')]
        .filter(one => !one.closest('.scroll') && !one.closest('svg'))
        .filter(one => one.getBoundingClientRect().right > window.innerWidth + 0.5)
        .map(one => one.outerHTML.slice(0, 80))"""
    )
    assert wider == []


def test_what_is_wide_scrolls_in_a_region_that_the_keyboard_reaches(page: Page) -> None:
    regions = page.locator("table").evaluate_all(
        """tables => tables.map(table => { const region = table.closest('[role=region]');
        return [region.tabIndex, document.getElementById(region.getAttribute('aria-labelledby')).tagName]; })"""
    )
    assert regions
    assert all(one == [0, "CAPTION"] for one in regions)


def test_headings_go_down_one_step_at_a_time(page: Page) -> None:
    levels = [int(one) for one in page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(one => one.tagName[1])")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_text_is_large_enough_also_in_pictures(page: Page) -> None:
    sizes = page.locator("svg text").evaluate_all(
        """all => all.filter(one => one.textContent.trim())
        .map(one => parseFloat(getComputedStyle(one).fontSize)
          * Math.hypot(one.getScreenCTM().a, one.getScreenCTM().b))"""
    )
    assert min(sizes) >= 9
    body = page.locator("p, li, td, th").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(body) >= 14


def test_a_leak_that_was_found_stands_on_the_first_screen(page: Page) -> None:
    alarm = page.locator("header .alarm")
    assert "The future may show in this model." in alarm.inner_text()
    assert "The dates of <these> records were checked & are right" in alarm.inner_text()
    box = alarm.bounding_box()
    assert box is not None
    assert page.viewport_size is not None
    assert box["y"] + box["height"] <= page.viewport_size["height"]
    section = page.locator("#leakage").inner_text()
    assert "counts records of the outcome's own episode for 120 of 450 children" in section
    assert "People: fewer than 10" in section
    assert "There is no earlier snapshot to compare with." in section


def test_no_words_of_a_picture_are_cut_or_written_over_each_other(page: Page) -> None:
    bad = page.locator("figure svg").evaluate_all(CUT_OR_OVER)
    assert bad == []


def test_long_words_and_many_levels_still_fit(browser: Browser, report: Audit, tmp_path: Path) -> None:
    document = report.document()
    for group in document["fairness"]["groups"]:
        for number, level in enumerate(group["levels"]):
            level["level"] = f"Black, Black British, Caribbean or African and some more words {number}"
    path = tmp_path / "report.html"
    path.write_text(render(document), encoding="utf-8")
    opened: Any = browser.new_page(viewport={"width": 390, "height": 844})
    opened.goto(path.as_uri())
    assert opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert opened.locator("figure svg").evaluate_all(CUT_OR_OVER) == []
    opened.close()


def test_every_sign_is_in_every_common_font(report: Audit) -> None:
    text = report.artefact.read("report.html").decode("utf-8")
    assert {one for one in text if ord(one) > 126} <= EVERYWHERE
    assert "\ufffd" not in text


def test_the_file_needs_nothing_else(report: Audit) -> None:
    text = report.artefact.read("report.html").decode("utf-8")
    assert "<script" not in text
    assert not re.findall(r"(?:src|href|action)=\"(?!#)[^\"]*\"", text)
    assert "@import" not in text
    assert not re.findall(r"url\((?!#)", text)
    addresses = set(re.findall(r"https?://[^\"'<> ]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    ids = re.findall(r"\bid=\"([^\"]+)\"", text)
    assert len(ids) == len(set(ids))
    for reference in re.findall(r"(?:href=\"#|url\(#)([^\")]+)", text):
        assert reference in ids
    assert Path(report.report_path).stat().st_size < 1_000_000


def test_what_a_reviewer_must_find_is_there(page: Page) -> None:
    for words in ("The answer in five sentences", "a difference that matters", "withheld", "too few to say"):
        assert page.get_by_text(words).first.is_visible()
    assert page.locator("#answer li").count() == 5
    pictures = page.locator("figure svg")
    for number in range(pictures.count()):
        label = str(pictures.nth(number).get_attribute("aria-labelledby"))
        assert all(page.locator(f"#{one}").text_content() for one in label.split())
