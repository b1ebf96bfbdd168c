"""Code blocks, copying and quoting."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.test_accessibility import MARKDOWN
from tests.harness.running import MODEL
from tests.playing import PlayingServer

CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}
CODE = "// a comment\nexport const greet = (name) => `Hello, ${name}`;\n"


def _copied(page: Page) -> str:
    return str(page.evaluate("() => navigator.clipboard.readText()"))


@pytest.fixture
def chat(visit: Visit, playing: PlayingServer) -> ChatPage:
    playing.cast(MODEL, MARKDOWN)
    chat = visit(**CLIPBOARD)
    chat.ask("Everything,\nplease.")
    return chat


def test_a_block_of_code_names_its_language_and_is_copied_alone(chat: ChatPage) -> None:
    for _ in range(2):
        block = chat.page.locator(".code-block")
        expect(block.locator(".code-head")).to_contain_text("javascript")
        block.get_by_role("button", name="Copy this javascript code").press("Enter")
        expect(block.locator("[data-action=copy-code]")).to_have_attribute("data-state", "done")
        assert _copied(chat.page) == CODE
        chat.page.reload()


def test_a_reply_is_copied_as_it_was_written(chat: ChatPage) -> None:
    button = chat.turn().get_by_role("button", name="Copy this reply")
    button.press("Enter")
    expect(button).to_have_attribute("data-state", "done")
    assert _copied(chat.page) == MARKDOWN.removeprefix("say:")
    expect(chat.page.locator("#announcer")).to_contain_text("Copied.")


def test_a_message_is_copied_as_it_was_written(chat: ChatPage) -> None:
    button = chat.messages.get_by_role("button", name="Copy this message")
    button.click()
    expect(button).to_have_attribute("data-state", "done")
    assert _copied(chat.page) == "Everything,\nplease."


def test_a_quotation_goes_below_what_is_written_and_one_writes_on_behind_it(chat: ChatPage) -> None:
    chat.field.fill("You asked:")
    chat.messages.get_by_role("button", name="Quote this message").press("Enter")
    expect(chat.field).to_have_value("You asked:\n\n> Everything,\n> please.\n\n")
    expect(chat.field).to_be_focused()
    chat.page.keyboard.type("Indeed.")
    expect(chat.field).to_have_value("You asked:\n\n> Everything,\n> please.\n\nIndeed.")


def test_only_what_is_selected_is_quoted(chat: ChatPage) -> None:
    chat.prose_of(chat.turn()).locator("strong").select_text()
    chat.turn().get_by_role("button", name="Quote this reply").press("Enter")
    expect(chat.field).to_have_value("> bold\n\n")


def test_copy_and_quote_are_commands_too(chat: ChatPage) -> None:
    chat.send("/copy")
    expect(chat.turn().locator("[data-action=copy]")).to_have_attribute("data-state", "done")
    assert _copied(chat.page) == MARKDOWN.removeprefix("say:")
    chat.send("/quote")
    expect(chat.field).to_have_value(
        "\n".join(f"> {line}" if line else ">" for line in MARKDOWN.removeprefix("say:").splitlines())
        + "\n\n"
    )
    expect(chat.messages).to_have_count(1)
