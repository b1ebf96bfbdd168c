"""Bringing a character in: the report first, then the persona."""

from typing import Any

from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import Visit
from tests.browser.test_accessibility import in_two_windows
from tests.personas.cards.examples import V3, as_png


@in_two_windows
def test_staff_see_the_report_and_import_the_character(visit: Visit, window: dict[str, Any]) -> None:
    page = visit("/admin/personas/persona/import/", person="staff", **window).page
    page.locator("input[name=file]").set_input_files(
        {"name": "wren.png", "mimeType": "image/png", "buffer": as_png(ccv3=V3)}
    )
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("https://example.org/sea.png")).to_be_visible()
    assert_accessible(page, within=".panel-import")
    page.get_by_role("button", name="Import Wren").click()
    expect(page.get_by_text("Wren is here. Read the report, then make it active.")).to_be_visible()
    expect(page.get_by_role("link", name="Character card as PNG")).to_be_visible()
