"""The gauge in the header: how full the context is, and what the chat has cost."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.harness.store import set_up_provider
from tests.harness.valis import Valis


def test_the_header_tells_what_a_chat_has_cost_after_each_reply(visit: Visit, valis: Valis) -> None:
    set_up_provider(valis.data, "openai", price_in=1000.0, price_out=1000.0)
    try:
        chat = visit()
        gauge = chat.page.locator("#gauge")
        expect(gauge).to_be_hidden()

        chat.ask("What does this cost?")
        expect(gauge).to_contain_text("%")
        expect(gauge).to_contain_text("$")
        first = gauge.inner_text()
        chat.ask("And this?")

        expect(gauge).not_to_have_text(first)
    finally:
        set_up_provider(valis.data, "openai", price_in=None, price_out=None)


def test_a_click_opens_tokens_by_provider_and_escape_closes_them(visit: Visit) -> None:
    chat = visit()
    chat.ask("What goes along?")
    gauge = chat.page.locator("#gauge")
    expect(gauge).to_contain_text("unpriced")
    gauge.click()

    dialog = chat.page.locator("dialog#usage")
    expect(dialog).to_contain_text("tokens go along with your next message")
    expect(dialog.get_by_role("row", name="openai")).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(gauge).to_be_focused()


def test_without_scripts_the_gauge_leads_to_a_page(visit: Visit) -> None:
    chat = visit()
    chat.ask("Who counts?")
    expect(chat.page).to_have_url(re.compile(r"/chat/[0-9a-f-]{36}/"))
    plain = visit(chat.page.url, java_script_enabled=False)
    plain.page.locator("#gauge").click()

    expect(plain.page.get_by_role("heading", name="Context and cost")).to_be_visible()
