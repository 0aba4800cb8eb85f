"""What every page of ours keeps to, whoever reads it and on whatever screen."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]


def assert_readable(page: Page, pictures: str) -> None:
    """Check that axe finds nothing, nothing is wider than the screen, no letter is too small and no words overlap.

    Args:
        page: open at the size to look at.
        pictures: selector of what holds the words of one picture, which may not lie over each other.
    """
    found = Axe().run(page, options={"runOnly": _RULES})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    sizes = page.locator("svg text").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a)"
    )
    assert min(sizes) >= 11
    body = page.locator("p, li, td, th").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(body) >= 14
    over = page.locator(pictures).evaluate_all(
        """all => all.flatMap(picture => {
        const boxes = [...picture.querySelectorAll("svg text")].map(
          one => [one.textContent, one.getBoundingClientRect()]);
        return boxes.flatMap(([a, one], at) => boxes.slice(at + 1).filter(([, two]) =>
          Math.min(one.right, two.right) - Math.max(one.left, two.left) > 1 &&
          Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top) > 3).map(([b]) => [a, b])); })"""
    )
    assert over == []
