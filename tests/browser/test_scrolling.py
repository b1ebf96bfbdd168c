"""Long chats: the end is followed only by a reader who is at the end."""

from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit
from tests.harness.running import MODEL
from tests.playing import PlayingServer

LINES = "say:" + "\n\n".join(f"Line {number} of a long answer." for number in range(60))
DISTANCE = "box => Math.round(box.scrollHeight - box.scrollTop - box.clientHeight)"


def _distance_from_end(conversation: Locator) -> int:
    return int(conversation.evaluate(DISTANCE))


def test_a_reader_at_the_end_stays_there_while_text_streams(visit: Visit, playing: PlayingServer) -> None:
    chat = visit()
    conversation = chat.page.locator("#conversation")
    playing.cast(MODEL, LINES)
    chat.ask("Fill the page.")
    assert _distance_from_end(conversation) < 48
    playing.cast(MODEL, "tokens:400@200")
    chat.send("Stream below it.")
    expect(chat.text_of(chat.turn(1))).to_contain_text("w300 ")
    assert _distance_from_end(conversation) < 48
    chat.expect_status(chat.turn(1), "complete")
    expect(chat.turn(1).locator(".turn-foot")).to_be_in_viewport()
    expect(chat.page.locator("#jump")).to_be_hidden()


def test_a_reader_further_up_is_left_alone_and_can_jump(visit: Visit, playing: PlayingServer) -> None:
    chat = visit()
    playing.cast(MODEL, LINES)
    chat.ask("Fill the page.")
    playing.cast(MODEL, "tokens:400@200")
    chat.send("Stream below it.")
    conversation = chat.page.locator("#conversation")
    expect(chat.text_of(chat.turn(1))).to_contain_text("w20 ")
    conversation.hover()
    chat.page.mouse.wheel(0, -2000)
    jump = chat.page.locator("#jump")
    expect(jump).to_be_visible()
    place = conversation.evaluate("box => box.scrollTop")
    chat.expect_status(chat.turn(1), "complete")
    assert conversation.evaluate("box => box.scrollTop") == place
    jump.click()
    expect(jump).to_be_hidden()
    assert _distance_from_end(conversation) < 48


def test_a_chat_that_is_opened_again_begins_at_its_end(visit: Visit, playing: PlayingServer) -> None:
    chat = visit()
    playing.cast(MODEL, LINES)
    reply = chat.ask("Fill the page.")
    chat.page.reload()
    expect(reply.locator(".turn-foot")).to_be_in_viewport()


def test_nothing_jumps_when_the_reply_is_complete(visit: Visit, playing: PlayingServer) -> None:
    playing.cast(MODEL, "tokens:90@45")
    chat = visit()
    chat.send("Hold still.")
    text = chat.text_of(chat.turn())
    expect(text).to_contain_text("w20 ")
    before = text.evaluate("text => text.getBoundingClientRect().top")
    chat.expect_status(chat.turn(), "complete")
    after = chat.prose_of(chat.turn()).evaluate("text => text.getBoundingClientRect().top")
    assert abs(after - before) < 1
