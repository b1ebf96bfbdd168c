"""Drafts that are kept, commands that are written, and how much fits."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.axe import assert_accessible
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.test_accessibility import WINDOWS
from tests.browser.watching import Watch
from tests.harness.running import MODEL
from tests.harness.valis import Valis
from tests.playing import PlayingServer


def _offered(chat: ChatPage) -> Locator:
    return chat.page.get_by_role("listbox", name="Commands", exact=True).get_by_role("option")


def _second_tab(chat: ChatPage, text: str) -> ChatPage:
    """Opened when the text that stands in the first one has been kept."""
    chat.field.fill(text)
    chat.page.wait_for_function("text => Object.values(localStorage).includes(text)", arg=text)
    page = chat.page.context.new_page()
    page.goto(chat.page.url)
    two = ChatPage(page)
    expect(two.field).to_have_value(text)
    return two


def test_a_draft_survives_a_reload_and_belongs_to_its_chat(visit: Visit) -> None:
    chat = visit()
    chat.ask("This makes the session.")
    chat.field.fill("half a thought")
    chat.page.reload()
    expect(chat.field).to_have_value("half a thought")
    address = chat.page.url
    chat.page.goto("/chat/")
    expect(chat.field).to_have_value("")
    chat.page.goto(address)
    expect(chat.field).to_have_value("half a thought")


def test_a_draft_survives_a_server_that_goes_away(visit: Visit, valis: Valis, watch: Watch) -> None:
    watch.expect_a_server_that_is_away()
    chat = visit()
    chat.ask("This makes the session.")
    chat.field.fill("half a thought")
    valis.stop()
    chat.expect_disconnected()
    valis.start()
    chat.expect_connected()
    expect(chat.field).to_have_value("half a thought")
    chat.page.reload()
    expect(chat.field).to_have_value("half a thought")


def test_a_draft_is_gone_when_it_was_sent_here_or_in_another_tab(visit: Visit) -> None:
    one = visit()
    one.ask("This makes the session.")
    two = _second_tab(one, "Sent from the second tab.")
    two.field.press("Enter")
    expect(one.messages).to_have_count(2)
    expect(one.field).to_have_value("")
    for chat in (one, two):
        chat.page.reload()
        expect(chat.field).to_have_value("")


def test_what_was_written_meanwhile_stays_when_another_tab_sends(visit: Visit) -> None:
    one = visit()
    one.ask("This makes the session.")
    two = _second_tab(one, "Common beginning")
    one.field.press_sequentially(" and more")
    one.page.wait_for_function("() => Object.values(localStorage).includes('Common beginning and more')")
    two.field.press("Enter")
    expect(one.messages).to_have_count(2)
    expect(one.field).to_have_value("Common beginning and more")


def test_what_is_written_while_the_first_message_is_sent_moves_with_the_chat(visit: Visit) -> None:
    chat = visit()
    chat.send("This makes the session.")
    chat.field.fill("the next thought")
    chat.expect_connected()
    chat.page.reload()
    expect(chat.field).to_have_value("the next thought")
    chat.page.goto("/chat/")
    expect(chat.field).to_have_value("")


def test_a_slash_offers_what_can_be_done_and_enter_does_it(visit: Visit) -> None:
    chat = visit()
    chat.field.press_sequentially("/")
    expect(_offered(chat)).to_have_text([re.compile("/persona"), re.compile("/new"), re.compile("/help")])
    chat.field.press_sequentially("p")
    chat.field.press("Enter")
    expect(chat.field).to_have_value("/persona ")
    chat.field.press_sequentially("ot")
    expect(_offered(chat)).to_have_text([re.compile("/persona Otto")])
    chat.field.press("Enter")
    expect(chat.recipient).to_have_value("otto")
    expect(chat.field).to_have_value("")
    expect(chat.messages).to_have_count(0)


def test_escape_closes_the_offers_and_leaves_the_text(visit: Visit) -> None:
    chat = visit()
    chat.field.press_sequentially("/n")
    expect(_offered(chat)).to_have_count(1)
    chat.field.press("Escape")
    expect(_offered(chat)).to_have_count(0)
    expect(chat.field).to_have_value("/n")


def test_new_begins_a_new_chat_and_leaves_no_draft(visit: Visit) -> None:
    chat = visit()
    chat.ask("This makes the session.")
    address = chat.page.url
    chat.send("/new")
    expect(chat.page).to_have_url(re.compile(r"/chat/(\?|$)"))
    chat.page.goto(address)
    expect(chat.field).to_have_value("")
    expect(chat.messages).to_have_count(1)


def test_stop_and_again_do_what_they_say(visit: Visit, playing: PlayingServer) -> None:
    playing.cast(MODEL, "tokens:400@40")
    chat = visit()
    chat.send("Go on for a while.")
    expect(chat.text_of(chat.turn())).to_contain_text("w5 ")
    chat.send("/stop")
    chat.expect_status(chat.turn(), "cancelled")
    playing.cast(MODEL, "say:All of it.")
    chat.send("/again")
    chat.expect_status(chat.turn(), "complete")
    expect(chat.prose_of(chat.turn())).to_have_text("All of it.")
    expect(chat.messages).to_have_count(1)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("/stop", "There is no reply to stop."),
        ("/again", "There is no reply to run again."),
        ("/persona", "Whom? Write a name after /persona."),
        ("/persona Nobody", "No persona is called “Nobody”."),
    ],
)
def test_a_command_without_effect_says_why_and_stays(visit: Visit, text: str, complaint: str) -> None:
    chat = visit()
    chat.field.fill(text)
    chat.page.get_by_role("button", name="Send").click()
    expect(chat.complaint).to_have_text(complaint)
    expect(chat.field).to_have_value(text)
    expect(chat.messages).to_have_count(0)


def test_what_only_looks_like_a_command_is_sent(visit: Visit) -> None:
    chat = visit()
    for text in ("/etc/hosts is a file", "/unknown thing"):
        chat.ask(text)
        expect(chat.messages.last.locator("[data-slot=text]")).to_have_text(text)
    chat.ask(" /new is a command")
    expect(chat.messages.last.locator("[data-slot=text]")).to_have_text("/new is a command")


def test_the_size_is_told_when_the_limit_comes_near(visit: Visit) -> None:
    chat = visit()
    count = chat.page.locator("[data-slot=count]")
    chat.field.fill("x" * 51_000)
    expect(count).to_be_empty()
    chat.field.fill("x" * 52_000)
    expect(count).to_have_text("52 of 64 kB")
    expect(chat.complaint).to_be_empty()
    chat.field.fill("x" * 64_001)
    expect(chat.complaint).to_contain_text("Shorten it or send it in parts.")


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_axe_finds_nothing_while_commands_are_offered(visit: Visit, window: dict[str, object]) -> None:
    chat = visit(**window)
    chat.field.press_sequentially("/")
    expect(_offered(chat).first).to_be_in_viewport(ratio=1)
    assert_accessible(chat.page)


def test_what_is_no_text_comes_back_into_the_field_and_is_not_sent_again(visit: Visit) -> None:
    chat = visit()
    chat.ask("Before it.")
    chat.field.evaluate("(field) => { field.value = 'half \\ud83d a smiley'; }")
    chat.field.press("Enter")
    expect(chat.complaint).to_contain_text("characters that are not text")
    expect(chat.page.locator(".message[data-state=pending]")).to_have_count(0)
    chat.page.reload()
    chat.expect_connected()
    chat.ask("After it.")

    expect(chat.messages).to_have_count(2)
    expect(chat.complaint).to_be_empty()
