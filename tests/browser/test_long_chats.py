"""A thousand questions with their answers: all within reach, and nothing jumps."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.harness.rows import Row
from tests.harness.running import MODEL
from tests.harness.store import database, set_up_engine
from tests.harness.valis import Valis
from tests.playing import PlayingServer

EXCHANGES = 1_000
PAGE = 100
WATCH_SHIFTS = """() => {
  window.shift = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
    if (!entry.hadRecentInput) window.shift += entry.value;
  })).observe({ type: "layout-shift" });
}"""
TOP_OF = "entry => Math.round(entry.getBoundingClientRect().top)"


@pytest.fixture
def long_chat(visit: Visit, valis: Valis) -> ChatPage:
    """A chat with one exchange, which is then repeated in the database."""
    chat = visit()
    chat.ask("Question 1.")
    session = re.findall(r"/chat/([0-9a-f-]{36})/", chat.page.url)[0].replace("-", "")
    with database(valis.data, is_writable=True) as connection:
        find = "SELECT * FROM {} WHERE {} = ?"
        message = dict(connection.execute(find.format("chat_message", "session_id"), [session]).fetchone())
        turn = dict(connection.execute(find.format("chat_turn", "session_id"), [session]).fetchone())
        attempt = dict(connection.execute(find.format("chat_attempt", "turn_id"), [turn["id"]]).fetchone())

        def add(table: str, row: Row) -> int:
            values = {name: value for name, value in row.items() if name != "id"}
            marks = ", ".join("?" * len(values))
            statement = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})"
            return int(connection.execute(statement, list(values.values())).lastrowid)

        last = turn["id"]
        for number in range(2, EXCHANGES + 1):
            named = {
                "position": 2 * number - 1,
                "client_id": f"{session}-{number}",
                "text": f"Question {number}.",
                "parent_id": last,
            }
            question = add("chat_message", message | named)
            last = add("chat_turn", turn | {"position": 2 * number, "question_id": question})
            add("chat_attempt", attempt | {"turn_id": last})
        change = "UPDATE chat_session SET next_position = ?, head_id = ? WHERE id = ?"
        connection.execute(change, [2 * EXCHANGES + 1, last, session])
    chat.page.reload()
    expect(chat.messages).to_have_count(PAGE)
    chat.expect_connected()
    return chat


def _scroll_to_the_top_until_all_is_there(chat: ChatPage) -> None:
    conversation = chat.page.locator("#conversation")
    for count in range(2 * PAGE, EXCHANGES + 1, PAGE):
        conversation.evaluate("box => { box.scrollTop = 0; }")
        expect(chat.messages).to_have_count(count)


def test_what_was_said_before_comes_as_one_scrolls_up_and_nothing_jumps(long_chat: ChatPage) -> None:
    chat = long_chat
    expect(chat.messages.first).to_contain_text("Question 901.")
    oldest = chat.page.locator("#entries .message", has_text="Question 901.")
    oldest.scroll_into_view_if_needed()
    before = oldest.evaluate(TOP_OF)
    expect(chat.messages).to_have_count(2 * PAGE)
    assert abs(oldest.evaluate(TOP_OF) - before) <= 2
    expect(chat.messages.first).to_contain_text("Question 801.")
    expect(chat.turns).to_have_count(2 * PAGE)


def test_by_keyboard_one_gets_to_the_very_beginning(long_chat: ChatPage) -> None:
    chat = long_chat
    earlier = chat.page.locator("[data-action=earlier]")
    expect(earlier).to_have_accessible_name("Earlier messages")
    earlier.focus()
    expect(chat.messages).to_have_count(2 * PAGE)
    for count in range(3 * PAGE, EXCHANGES + 1, PAGE):
        expect(earlier).to_be_focused()
        chat.page.keyboard.press("Enter")
        expect(chat.messages).to_have_count(count)
    expect(chat.messages.first).to_contain_text("Question 1.")
    expect(earlier).to_have_count(0)


def test_a_reply_streams_below_two_thousand_messages_while_one_types(
    long_chat: ChatPage, valis: Valis, playing: PlayingServer
) -> None:
    chat = long_chat
    # As long as this takes: by the usual limits the reply would end after ten seconds, stopped or not.
    set_up_engine(valis.data, max_output=200_000, provider_timeout=600, reply_deadline=600)
    _scroll_to_the_top_until_all_is_there(chat)
    playing.cast(MODEL, "tokens:30000@100")
    chat.send("Stream below all of this.")
    expect(chat.text_of(chat.turn())).to_contain_text("w2 ")
    chat.page.evaluate(WATCH_SHIFTS)
    chat.field.press_sequentially("typed while it streams", delay=20)
    expect(chat.turn()).to_contain_text("w250 ")
    assert chat.page.evaluate("() => window.shift") < 0.1
    chat.stop(chat.turn())
    chat.expect_status(chat.turn(), "cancelled")
    expect(chat.field).to_have_value("typed while it streams")
    expect(chat.messages).to_have_count(EXCHANGES + 1)
