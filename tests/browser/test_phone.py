"""The width of a phone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.harness.running import MODEL
from tests.playing import PlayingServer

PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}
WIDE = (
    "say:A table:\n\n| "
    + " | ".join(f"column {n}" for n in range(12))
    + " |\n|"
    + " --- |" * 12
    + "\n| "
    + " | ".join("value" for _ in range(12))
    + " |\n\n```python\nprint('"
    + "a long line of code " * 12
    + "')\n```\n\nhttps://example.org/"
    + "very-long-address" * 12
)


def _assert_no_sideways_scrolling(page: Page) -> None:
    width = "() => [document.documentElement.scrollWidth, innerWidth]"
    content, window = page.evaluate(width)
    assert content <= window
    box = page.locator("#conversation")
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")


def test_the_drawer_opens_shows_personas_and_closes(visit: Visit) -> None:
    chat = visit(**PHONE)
    expect(chat.sidebar).to_be_hidden()
    opener = chat.page.locator(".drawer-button")
    opener.tap()
    expect(chat.sidebar).to_be_visible()
    chat.sidebar.locator("[data-persona=otto]").tap()
    expect(chat.sidebar).to_be_hidden()
    expect(chat.recipient).to_have_value("otto")
    opener.tap()
    chat.page.keyboard.press("Escape")
    expect(chat.sidebar).to_be_hidden()
    opener.tap()
    chat.sidebar.get_by_role("button", name="Close personas and chats").tap()
    expect(chat.sidebar).to_be_hidden()


def test_a_tap_beside_the_drawer_closes_it_and_does_nothing_else(visit: Visit) -> None:
    chat = visit(**PHONE)
    chat.page.locator(".drawer-button").tap()
    expect(chat.sidebar).to_be_visible()
    chat.page.touchscreen.tap(375, 700)
    expect(chat.sidebar).to_be_hidden()
    expect(chat.messages).to_have_count(0)


def test_one_can_write_and_read_without_scrolling_sideways(visit: Visit, playing: PlayingServer) -> None:
    playing.cast(MODEL, WIDE)
    chat = visit(**PHONE)
    _assert_no_sideways_scrolling(chat.page)
    chat.field.tap()
    chat.field.fill("Show me something wide " * 5)
    send = chat.page.get_by_role("button", name="Send")
    expect(send).to_be_in_viewport(ratio=1)
    expect(chat.recipient).to_be_in_viewport(ratio=1)
    send.tap()
    chat.expect_status(chat.turn(), "complete")
    _assert_no_sideways_scrolling(chat.page)
    chat.provider_of(chat.turn()).tap()
    expect(chat.dialog).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("path", ["/accounts/login/", "/nothing-here"])
def test_other_pages_fit_too(visit: Visit, watch: object, path: str) -> None:
    watch.expect("404")  # type: ignore[attr-defined]
    page = visit(path, person=None, **PHONE).page
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
