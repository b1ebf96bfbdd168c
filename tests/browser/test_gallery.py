"""The gallery and a persona's page: light and dark, on a desk and on a phone, with and without scripts."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import Visit
from tests.browser.test_accessibility import in_every_window


@in_every_window
def test_the_gallery_and_a_persona_are_accessible(visit: Visit, window: dict[str, Any]) -> None:
    page = visit("/personas/", **window).page
    expect(page.get_by_role("heading", name="Jane")).to_be_visible()
    _look(page)
    page.get_by_role("link", name="Jane", exact=True).click()
    expect(page.get_by_role("heading", name="How it begins")).to_be_visible()
    _look(page)


def test_typing_narrows_the_gallery_and_a_click_begins_a_chat(visit: Visit) -> None:
    page = visit("/personas/").page
    page.get_by_role("searchbox").fill("jane")
    expect(page.get_by_text("1 persona with “jane”")).to_be_visible()
    expect(page.get_by_role("link", name="Talk with Sam")).to_have_count(0)
    page.get_by_role("link", name="Talk with Jane").click()
    expect(page.locator("[data-greeting=jane]")).to_be_visible()


def test_the_gallery_works_without_scripts(visit: Visit) -> None:
    page = visit("/personas/", java_script_enabled=False).page
    page.get_by_role("searchbox").fill("jane")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("1 persona with “jane”")).to_be_visible()


def _look(page: Page) -> None:
    assert_accessible(page)
