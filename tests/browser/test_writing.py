"""The field one writes in, the keys, and a page without scripts."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.watching import Watch
from tests.harness.running import MODEL
from tests.playing import PlayingServer

TOO_LONG = "x" * 64_001


def test_enter_sends_and_shift_enter_breaks_the_line(visit: Visit, playing: PlayingServer) -> None:
    chat = visit()
    chat.field.press_sequentially("first line")
    chat.field.press("Shift+Enter")
    chat.field.press_sequentially("second line")
    expect(chat.messages).to_have_count(0)
    chat.field.press("Enter")
    expect(chat.messages.locator("[data-slot=text]")).to_have_text("first line\nsecond line")
    expect(chat.field).to_have_value("")
    expect(chat.field).to_be_focused()
    chat.expect_status(chat.turn(), "complete")
    assert playing.calls[0].last_user_text == "first line\nsecond line"


def test_a_message_that_is_too_long_is_refused_kindly_and_kept(visit: Visit) -> None:
    chat = visit()
    chat.field.fill(TOO_LONG)
    expect(chat.complaint).to_have_text(
        "This message has 65 kB; the most is 64 kB. Shorten it or send it in parts."
    )
    chat.field.press("Enter")
    expect(chat.messages).to_have_count(0)
    expect(chat.field).to_have_value(TOO_LONG)
    chat.field.fill("Shorter.")
    expect(chat.complaint).to_be_empty()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_word_without_end_does_not_push_anything_out_of_sight(visit: Visit, width: int) -> None:
    chat = visit(viewport={"width": width, "height": 800})
    chat.field.fill(TOO_LONG)
    for part in (chat.complaint, chat.recipient, chat.page.get_by_role("button", name="Send")):
        expect(part).to_be_in_viewport(ratio=1)


def test_the_longest_message_is_sent_whole(visit: Visit, playing: PlayingServer) -> None:
    longest = "ü" * 31_999
    chat = visit()
    chat.ask(longest)
    assert playing.calls[0].last_user_text == longest


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_message_is_not_sent_and_says_nothing(visit: Visit, text: str) -> None:
    chat = visit()
    chat.field.fill(text)
    chat.page.get_by_role("button", name="Send").click()
    expect(chat.field).to_be_focused()
    expect(chat.messages).to_have_count(0)
    expect(chat.complaint).to_be_empty()


def test_what_the_server_refuses_comes_back_into_the_field(visit: Visit, watch: Watch) -> None:
    watch.expect("status of 413")
    chat = visit()
    chat.page.locator("#composer-text").evaluate("field => { field.dataset.maxBytes = 1e9; }")
    chat.send(TOO_LONG)
    expect(chat.complaint).to_contain_text("it must stay below 64,000. Send it in parts.")
    expect(chat.field).to_have_value(TOO_LONG)
    expect(chat.messages).to_have_count(0)


def test_what_the_socket_refuses_comes_back_into_the_field(visit: Visit) -> None:
    chat = visit()
    chat.ask("This makes the session.")
    chat.expect_connected()
    chat.page.locator("#composer-text").evaluate("field => { field.dataset.maxBytes = 1e9; }")
    chat.send(TOO_LONG)
    expect(chat.complaint).to_contain_text("it must stay below 64,000. Send it in parts.")
    expect(chat.field).to_have_value(TOO_LONG)
    expect(chat.messages).to_have_count(1)


def test_a_persona_that_was_put_away_meanwhile_is_told_kindly(visit: Visit, watch: Watch) -> None:
    watch.expect("status of 404")
    chat = visit()
    option = chat.recipient.locator("option[value=kit]")
    option.evaluate("option => { option.value = 'nobody'; }")
    chat.recipient.select_option("nobody")
    chat.send("Hello?")
    expect(chat.complaint).to_contain_text("persona")
    expect(chat.field).to_have_value("Hello?")


def test_escape_closes_the_story_and_gives_the_focus_back(visit: Visit) -> None:
    chat = visit()
    badge = chat.provider_of(chat.ask("Show me."))
    badge.focus()
    chat.page.keyboard.press("Enter")
    expect(chat.dialog).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(chat.dialog).to_be_hidden()
    expect(badge).to_be_focused()


def test_a_click_beside_the_story_closes_it(visit: Visit) -> None:
    chat = visit()
    chat.provider_of(chat.ask("Show me.")).click()
    expect(chat.dialog).to_be_visible()
    chat.page.mouse.click(5, 5)
    expect(chat.dialog).to_be_hidden()


def test_everything_can_be_reached_with_the_keyboard(visit: Visit) -> None:
    chat = visit()
    chat.ask("This makes the session.")
    chat.page.reload()
    chat.page.keyboard.press("Tab")
    skip = chat.page.get_by_role("link", name="Skip to the conversation")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    chat.page.keyboard.press("Tab")
    chat.page.keyboard.press("Enter")
    expect(chat.field).to_be_focused()


def test_without_scripts_one_can_log_in_send_and_read(visit: Visit, playing: PlayingServer) -> None:
    chat = visit("/", person=None, java_script_enabled=False)
    chat.page.get_by_label("Username").fill("demo")
    chat.page.get_by_label("Password").fill("only-for-this-test")
    chat.page.get_by_role("button", name="Log in").click()
    chat.sidebar.locator("[data-persona=sam]").click()
    chat.field.fill("No scripts here.")
    chat.page.get_by_role("button", name="Send").click()
    playing.calls.wait_until(lambda calls: calls.where(outcome="completed"))
    chat.page.reload()
    chat.expect_texts("No scripts here.", "Here is a short answer.")
    expect(chat.turn().locator("[data-slot=name]")).to_have_text("Sam")
    chat.provider_of(chat.turn()).click()
    expect(chat.page.get_by_role("heading", name="How this reply came about")).to_be_visible()
    expect(chat.page.locator(".step[data-outcome=answered]")).to_contain_text(MODEL)


def test_without_scripts_a_message_that_is_too_long_is_kept_too(visit: Visit, watch: Watch) -> None:
    watch.expect("status of 413")
    chat = visit(java_script_enabled=False)
    chat.field.fill(TOO_LONG)
    chat.page.get_by_role("button", name="Send").click()
    expect(chat.complaint).to_contain_text("Send it in parts.")
    expect(chat.field).to_have_value(TOO_LONG)
