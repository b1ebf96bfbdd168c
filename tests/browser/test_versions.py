"""Replies written once more, messages sent anew, and the way between their versions."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.watching import Watch
from tests.harness.running import MODEL
from tests.harness.store import database
from tests.harness.valis import Valis
from tests.playing import PlayingServer

# The page's own sockets, all of which can be cut.
LINE = """
const Plain = WebSocket;
const sockets = [];
window.isCut = false;
window.WebSocket = class extends Plain {
  constructor(...address) {
    super(...address);
    sockets.push(this);
    if (window.isCut) this.close();
  }
};
window.cut = () => {
  window.isCut = true;
  sockets.forEach((each) => each.close());
};
"""


@pytest.fixture
def chat(visit: Visit, playing: PlayingServer) -> ChatPage:
    """A question that was answered."""
    chat = visit()
    playing.cast(MODEL, "say:The first answer.")
    chat.ask("Where to?")
    return chat


def regenerate(chat: ChatPage, turn: Locator | None = None) -> None:
    (turn or chat.turn()).get_by_role("button", name="Regenerate this reply").click()


def place_of(entry: Locator) -> Locator:
    return entry.locator("[data-slot=versions] .visually-hidden")


def earlier(entry: Locator) -> Locator:
    return entry.get_by_role("button", name="Earlier version")


def later(entry: Locator) -> Locator:
    return entry.get_by_role("button", name="Later version")


def edit(chat: ChatPage, message: Locator, text: str) -> None:
    message.get_by_role("button", name="Edit this message").click()
    chat.page.get_by_label("Edit your message").fill(text)
    chat.page.get_by_role("button", name="Save & send").click()


def test_a_regenerated_reply_takes_the_place_of_the_earlier_one_which_stays_one_click_away(
    chat: ChatPage, playing: PlayingServer
) -> None:
    expect(chat.turn().locator("[data-slot=versions]")).to_be_hidden()
    playing.cast(MODEL, "say:The second answer.")
    regenerate(chat)

    chat.expect_texts("Where to?", "The second answer.")
    expect(place_of(chat.turn())).to_have_text("Version 2 of 2")
    earlier(chat.turn()).click()
    chat.expect_texts("Where to?", "The first answer.")
    expect(place_of(chat.turn())).to_have_text("Version 1 of 2")
    expect(earlier(chat.turn())).to_be_disabled()
    expect(later(chat.turn())).to_be_focused()
    chat.page.reload()
    chat.expect_texts("Where to?", "The first answer.")


def test_an_edited_message_begins_anew_and_the_earlier_one_keeps_what_followed(
    chat: ChatPage, playing: PlayingServer
) -> None:
    playing.cast(MODEL, "say:Aha.")
    chat.ask("And then?")
    edit(chat, chat.messages.first, "Where from?")

    chat.expect_texts("Where from?", "Aha.")
    expect(place_of(chat.messages.first)).to_have_text("Version 2 of 2")
    expect(chat.field).to_be_focused()
    earlier(chat.messages.first).click()
    chat.expect_texts("Where to?", "The first answer.", "And then?", "Aha.")


def test_escape_cancels_and_nothing_is_sent(chat: ChatPage) -> None:
    button = chat.messages.first.get_by_role("button", name="Edit this message")
    button.focus()
    chat.page.keyboard.press("Enter")
    chat.page.keyboard.type(" Or not?")
    chat.page.keyboard.press("Escape")

    expect(chat.page.get_by_label("Edit your message")).to_have_count(0)
    expect(button).to_be_focused()
    chat.expect_texts("Where to?", "The first answer.")


def test_an_edit_that_is_refused_stays_in_its_field(chat: ChatPage) -> None:
    edit(chat, chat.messages.first, "x" * 64_000)

    expect(chat.page.locator("#edit-problem")).to_contain_text("64,000")
    edited = chat.page.get_by_label("Edit your message")
    edited.fill("Shorter.")
    edited.press("Enter")
    chat.expect_texts("Shorter.", "The first answer.")


def test_two_windows_show_the_same_path(chat: ChatPage, visit: Visit, playing: PlayingServer) -> None:
    other = visit(chat.page.url)
    other.expect_connected()
    playing.cast(MODEL, "say:The second answer.")
    regenerate(chat)
    other.expect_texts("Where to?", "The second answer.")

    playing.cast(MODEL, "say:Aha.")
    edit(other, other.messages.first, "Where from?")
    for each in (chat, other):
        each.expect_texts("Where from?", "Aha.")
    earlier(chat.messages.first).click()
    for each in (chat, other):
        each.expect_texts("Where to?", "The second answer.")


def test_a_window_that_was_away_shows_the_same_path_when_it_comes_back(
    chat: ChatPage, visit: Visit, playing: PlayingServer, watch: Watch
) -> None:
    watch.expect_a_server_that_is_away()
    other = visit(chat.page.url)
    other.page.add_init_script(LINE)
    other.page.reload()
    other.expect_connected()
    other.page.evaluate("cut()")
    other.expect_disconnected()
    playing.cast(MODEL, "say:Aha.")
    edit(chat, chat.messages.first, "Where from?")
    chat.expect_texts("Where from?", "Aha.")
    other.page.evaluate("isCut = false")

    other.expect_connected()
    other.expect_texts("Where from?", "Aha.")


def test_what_is_written_elsewhere_does_not_get_into_what_is_shown(
    chat: ChatPage, playing: PlayingServer
) -> None:
    playing.cast(MODEL, "tokens:4000@100")
    regenerate(chat)
    expect(chat.text_of(chat.turn())).to_contain_text("w2 ")
    earlier(chat.turn()).click()
    chat.expect_texts("Where to?", "The first answer.")
    later(chat.turn()).click()

    expect(chat.text_of(chat.turn())).to_contain_text("w0 w1 w2 w3 ")
    chat.stop(chat.turn())
    chat.expect_status(chat.turn(), "cancelled")
    expect(place_of(chat.turn())).to_have_text("Version 2 of 2")


def test_versions_are_compared_side_by_side_and_one_is_chosen(chat: ChatPage, playing: PlayingServer) -> None:
    playing.cast(MODEL, "say:The second answer.")
    regenerate(chat)
    chat.expect_texts("Where to?", "The second answer.")
    chat.turn().get_by_role("link", name="Compare").click()
    dialog = chat.page.locator("dialog#compare")

    expect(dialog.locator(".compare-text")).to_have_text(["The first answer.", "The second answer."])
    expect(dialog.locator("[data-shown]")).to_contain_text("Shown now")
    dialog.get_by_role("button", name="Use this one").click()
    expect(dialog).to_be_hidden()
    chat.expect_texts("Where to?", "The first answer.")


def test_commands_and_letters_do_the_same(chat: ChatPage, playing: PlayingServer) -> None:
    playing.cast(MODEL, "say:The second answer.")
    chat.send("/regenerate")
    chat.expect_texts("Where to?", "The second answer.")
    playing.cast(MODEL, "say:The third answer.")
    chat.page.keyboard.press("Alt+r")
    chat.expect_texts("Where to?", "The third answer.")
    chat.page.keyboard.press("Alt+e")
    expect(chat.page.get_by_label("Edit your message")).to_have_value("Where to?")
    chat.page.keyboard.press("Escape")
    chat.send("/edit")
    expect(chat.page.get_by_label("Edit your message")).to_be_focused()


def test_a_result_in_another_version_is_shown_when_one_follows_it(
    chat: ChatPage, visit: Visit, playing: PlayingServer
) -> None:
    playing.cast(MODEL, "say:A zebra, perhaps.")
    chat.ask("And then?")
    playing.cast(MODEL, "say:Aha.")
    edit(chat, chat.messages.first, "Where from?")
    chat.expect_texts("Where from?", "Aha.")
    found = visit("/chat/search/?q=zebra")
    result = found.page.locator(".found-item").first

    expect(result).to_contain_text("in another version")
    result.get_by_role("link").click()
    found.expect_texts("Where to?", "The first answer.", "And then?", "A zebra, perhaps.")
    chat.expect_texts("Where to?", "The first answer.", "And then?", "A zebra, perhaps.")


def test_an_edit_while_disconnected_arrives_once(chat: ChatPage, valis: Valis, watch: Watch) -> None:
    watch.expect_a_server_that_is_away()
    session = re.findall(r"/chat/([0-9a-f-]{36})/", chat.page.url)[0].replace("-", "")
    valis.stop()
    chat.expect_disconnected()
    edit(chat, chat.messages.first, "Where from?")
    valis.start()

    chat.expect_connected()
    chat.expect_texts("Where from?", "The first answer.")
    with database(valis.data) as connection:
        sent = connection.execute("SELECT text FROM chat_message WHERE session_id = ?", [session]).fetchall()
    assert [text for (text,) in map(tuple, sent)] == ["Where to?", "Where from?"]


def test_somebody_else_is_asked_for_another_version(chat: ChatPage, playing: PlayingServer) -> None:
    playing.cast(MODEL, "say:As Sam sees it.")
    chat.turn().get_by_role("button", name="Ask somebody else").click()
    dialog = chat.page.get_by_role("dialog", name="Ask somebody else")
    dialog.get_by_role("button", name="Sam").click()

    chat.expect_texts("Where to?", "As Sam sees it.")
    expect(chat.turn().locator("[data-slot=name]")).to_have_text("Sam")
    expect(place_of(chat.turn())).to_have_text("Version 2 of 2")
    earlier(chat.turn()).click()
    expect(chat.turn().locator("[data-slot=name]")).to_have_text("Jane")


def test_whoever_asks_nobody_after_all_keeps_the_reply(chat: ChatPage, playing: PlayingServer) -> None:
    button = chat.turn().get_by_role("button", name="Ask somebody else")
    button.focus()
    chat.page.keyboard.press("Enter")
    expect(chat.page.locator("#speakers")).to_be_visible()
    chat.page.keyboard.press("Escape")

    expect(button).to_be_focused()
    chat.expect_texts("Where to?", "The first answer.")
    assert len(playing.calls) == 1
