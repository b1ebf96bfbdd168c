"""What personas know, in a real browser: told, loaded page by page, deleted. Axe finds nothing."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import Visit
from tests.browser.test_accessibility import in_every_window
from tests.harness.person import Person


@in_every_window
def test_what_a_persona_knows_is_told_found_and_deleted(visit: Visit, window: dict[str, Any]) -> None:
    page = visit("/memory/of/alex/", **window).page
    page.on("dialog", lambda question: question.accept())
    assert_accessible(page)
    page.get_by_label("What it should know").fill("Plays the cello.")
    page.get_by_label("Kind").select_option("interest")
    page.get_by_role("button", name="Add").click()
    expect(page.locator(".memory")).to_contain_text("Plays the cello.")
    assert_accessible(page)
    page.get_by_role("link", name="All personas that know you").click()
    expect(page.get_by_role("link", name="Alex")).to_contain_text("knows 1 thing")
    assert_accessible(page)
    page.get_by_role("link", name="Alex").click()
    page.get_by_role("link", name="Edit: Plays the cello.").click()
    assert_accessible(page)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Delete: Plays the cello.").click()
    expect(page.locator(".memory:visible")).to_have_count(0)
    expect(page.locator("#toasts")).to_contain_text("Deleted Plays the cello.")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    assert_accessible(page)
    page.keyboard.press("Enter")
    expect(page.locator(".memory")).to_contain_text("Plays the cello.")
    expect(page.get_by_role("button", name="Delete: Plays the cello.")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.reload()
    expect(page.get_by_text("knows nothing about you yet")).to_be_visible()


def test_the_next_page_is_loaded_in_place_and_everything_is_forgotten(
    visit: Visit, people: Callable[[str], Person]
) -> None:
    for number in range(52):
        people("demo").post("/api/bots/sam/memory", {"text": f"Bought {number} oranges."})
    page = visit("/memory/of/sam/").page
    page.on("dialog", lambda question: question.accept())
    expect(page.locator(".memory")).to_have_count(50)
    page.get_by_role("link", name="Load more").click()
    expect(page.locator(".memory")).to_have_count(52)
    expect(page.get_by_role("link", name="Load more")).to_have_count(0)

    page.get_by_role("button", name="Forget everything").click()
    expect(page.get_by_text("knows nothing about you yet")).to_be_visible()
