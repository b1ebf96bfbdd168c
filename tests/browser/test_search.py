"""Finding what was said, by keyboard, and going there."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import Visit
from tests.browser.test_accessibility import WINDOWS


def test_slash_looks_for_words_and_a_result_leads_to_its_message(visit: Visit) -> None:
    word = f"harbour{uuid4().hex[:6]}"
    visit().ask(f"Tell me of {word}")
    page = visit().page
    page.locator("body").click(position={"x": 5, "y": 400})

    page.keyboard.press("/")
    expect(page.get_by_label("Search your chats")).to_be_focused()
    page.keyboard.type(word[:10])
    page.keyboard.press("Enter")
    page.locator(".found-link").first.wait_for()
    page.get_by_label("Search your chats").fill(word)
    expect(page.locator(".found-link")).to_have_count(1)
    expect(page.locator("mark")).to_have_text(word)
    page.locator(".found-link").click()

    target = page.locator(".entry:target")
    expect(target).to_contain_text(word)
    expect(target).to_be_in_viewport()


def test_a_slash_in_a_message_stays_a_slash(visit: Visit) -> None:
    chat = visit()
    chat.field.press_sequentially("a/b")

    expect(chat.field).to_have_value("a/b")


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_the_page_of_search_is_accessible(visit: Visit, window: dict[str, object]) -> None:
    visit().ask("An ordinary question")
    page = visit("/chat/search/?q=ordinary", **window).page
    expect(page.locator(".found-link").first).to_be_visible()

    assert_accessible(page)


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_the_page_of_import_is_accessible(visit: Visit, window: dict[str, object]) -> None:
    page = visit(**window).page
    page.goto("/chat/import/")
    chat = b'{"valis_chat": 1, "title": "From elsewhere", "messages": [{"role": "user", "text": "Hello"}]}'
    page.get_by_label("File").set_input_files(
        {"name": "a.json", "mimeType": "application/json", "buffer": chat}
    )
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("status")).to_contain_text("1 chat with 1 message")

    assert_accessible(page)
