"""axe, which knows what makes a page hard to use for some people."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # Describing all that is well takes longer than looking at it.
    "resultTypes": ["violations"],
}
_RUN = "([within, options]) => axe.run(within ?? document, options)"


def assert_accessible(page: Page, *, within: str | dict[str, Any] | None = None) -> None:
    """Of the whole page, or of what these selectors name."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = AxeResults(page.evaluate(_RUN, [within, OPTIONS]))
    assert found.violations_count == 0, found.generate_report()
