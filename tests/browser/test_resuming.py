"""Reloads, second tabs, lost connections, and a VALIS that is stopped and started again."""

from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.watching import Watch
from tests.harness.running import MODEL
from tests.harness.store import database
from tests.harness.valis import PASSWORD, Valis
from tests.playing import PlayingServer, numbered

NO_SOCKETS = """window.WebSocket = class {
  static OPEN = 1;
  constructor() { queueMicrotask(() => this.onclose({ code: 1006 })); }
  send() {}
  close() {}
};"""
"""As behind a proxy that knows none."""


def _same_session(visit: Visit, chat: ChatPage) -> ChatPage:
    return visit(chat.page.url)


def _times_stored(valis: Valis, text: str) -> int:
    with database(valis.data) as connection:
        counted = connection.execute("SELECT count(*) FROM chat_message WHERE text = ?", [text])
        return int(counted.fetchone()[0])


def test_reloaded_in_mid_stream_everything_is_there_once_and_goes_on(
    visit: Visit, playing: PlayingServer
) -> None:
    playing.cast(MODEL, "tokens:400@40")
    chat = visit()
    chat.send("Go on while I reload.")
    for seen in (15, 45):
        expect(chat.text_of(chat.turn())).to_contain_text(f"w{seen} ")
        chat.page.reload()
        expect(chat.text_of(chat.turn())).to_contain_text(numbered(seen))
        chat.expect_status(chat.turn(), "streaming")
    chat.expect_status(chat.turn(), "complete")
    chat.expect_texts("Go on while I reload.", numbered(400).strip())


def test_a_second_tab_sees_the_same_and_both_can_send(visit: Visit, playing: PlayingServer) -> None:
    playing.cast(MODEL, "tokens:60@40")
    one = visit()
    one.send("From the first tab.")
    expect(one.text_of(one.turn())).to_contain_text("w5 ")
    two = _same_session(visit, one)
    expect(two.turn()).to_contain_text("w0 w1 w2 w3 w4 w5 w6 w7 w8 ")
    playing.cast(MODEL, "echo")
    two.send("From the second tab.")
    one.send("And from the first again.")
    for chat in (one, two):
        expect(chat.turns).to_have_count(3)
        for index in range(3):
            chat.expect_status(chat.turn(index), "complete")
    said = one.page.locator("#entries .message [data-slot=text]").all_text_contents()
    assert sorted(said[1:]) == ["And from the first again.", "From the second tab."]
    for chat in (one, two):
        chat.expect_texts(said[0], numbered(60).strip(), said[1], said[1], said[2], said[2])


def test_a_stop_in_one_tab_is_seen_in_the_other(visit: Visit, playing: PlayingServer) -> None:
    playing.cast(MODEL, "tokens:400@40")
    one = visit()
    one.send("Stopped from elsewhere.")
    expect(one.text_of(one.turn())).to_contain_text("w5 ")
    two = _same_session(visit, one)
    two.stop(two.turn())
    one.expect_status(one.turn(), "cancelled")
    assert one.prose_of(one.turn()).inner_text() == two.prose_of(two.turn()).inner_text()


def test_stopped_and_started_again_in_mid_stream_nothing_is_lost(
    visit: Visit, valis: Valis, playing: PlayingServer, watch: Watch
) -> None:
    watch.expect_a_server_that_is_away()
    playing.cast(MODEL, "tokens:400@40")
    chat = visit()
    chat.send("Interrupted by the server.")
    chat.send("Waiting behind it.")
    expect(chat.text_of(chat.turn(0))).to_contain_text("w10 ")
    valis.stop()
    chat.expect_disconnected()
    chat.expect_status(chat.turn(0), "interrupted")

    playing.cast(MODEL, "say:A new day.")
    valis.start()
    chat.expect_connected()
    chat.expect_status(chat.turn(1), "complete")
    expect(chat.messages).to_have_count(2)
    expect(chat.turn(0).locator(".turn-notice")).to_contain_text("Interrupted. VALIS was stopped")
    expect(chat.prose_of(chat.turn(0))).to_contain_text("w9 w10")
    chat.run_again(chat.turn(0))
    chat.expect_status(chat.turn(0), "complete")
    chat.expect_texts("Interrupted by the server.", "A new day.", "Waiting behind it.", "A new day.")


def test_killed_and_started_again_the_page_shows_what_is_stored(
    visit: Visit, valis: Valis, playing: PlayingServer, watch: Watch
) -> None:
    watch.expect_a_server_that_is_away()
    playing.cast(MODEL, "tokens:400@40")
    chat = visit()
    chat.send("Killed in the middle.")
    expect(chat.text_of(chat.turn())).to_contain_text("w60 ")
    valis.kill()
    chat.expect_disconnected()
    valis.start()
    chat.expect_status(chat.turn(), "interrupted")
    chat.expect_connected()
    shown = chat.text_of(chat.turn()).or_(chat.prose_of(chat.turn())).filter(has_text="w0")
    expect(shown).to_contain_text("w20")
    chat.page.reload()
    expect(shown).to_contain_text("w20")
    expect(chat.turn().locator(".turn-notice")).to_contain_text("Interrupted.")


def test_a_message_typed_while_disconnected_is_sent_once_after_the_reconnect(
    visit: Visit, valis: Valis, watch: Watch
) -> None:
    watch.expect_a_server_that_is_away()
    chat = visit()
    chat.ask("Before the cut.")
    valis.stop()
    chat.expect_disconnected()
    chat.send("Typed in the dark.")
    expect(chat.messages.last).to_contain_text("Not sent yet")
    chat.send("And one more.")
    valis.start()
    chat.expect_status(chat.turn(2), "complete")
    expect(chat.messages).to_have_count(3)
    expect(chat.page.get_by_text("Not sent yet").locator("visible=true")).to_have_count(0)
    assert _times_stored(valis, "Typed in the dark.") == 1
    assert _times_stored(valis, "And one more.") == 1
    chat.page.reload()
    said = chat.page.locator("#entries .message [data-slot=text]")
    expect(said).to_have_text(["Before the cut.", "Typed in the dark.", "And one more."])


def test_a_message_typed_while_disconnected_survives_a_closed_page(
    visit: Visit, valis: Valis, watch: Watch
) -> None:
    watch.expect_a_server_that_is_away()
    chat = visit()
    chat.ask("Before the reload.")
    valis.stop()
    chat.send("Kept in this tab.")
    valis.start()
    chat.page.reload()
    chat.expect_status(chat.turn(1), "complete")
    assert _times_stored(valis, "Kept in this tab.") == 1


def test_without_sockets_the_reply_still_comes_by_polling(visit: Visit) -> None:
    chat = visit("/accounts/login/", person="demo")
    chat.page.add_init_script(NO_SOCKETS)
    chat.page.clock.install()
    chat.page.goto("/chat/")
    chat.send("Is there another way?")
    expect(chat.messages).to_have_count(1)
    chat.expect_disconnected()
    for _ in range(3):
        chat.page.clock.fast_forward(10_000)
        chat.page.wait_for_timeout(200)
    chat.expect_status(chat.turn(), "complete")
    chat.expect_texts("Is there another way?", "Here is a short answer.")


def test_when_the_login_has_ended_what_is_written_is_sent_after_the_next_one(
    visit: Visit, valis: Valis, watch: Watch
) -> None:
    watch.expect_a_server_that_is_away()
    watch.expect("401")
    chat = visit()
    chat.ask("While I am logged in.")
    chat.page.context.clear_cookies(name="sessionid")
    valis.stop()
    valis.start()
    expect(chat.complaint).to_contain_text("Your login has ended.", timeout=60_000)
    chat.send("Written without a login.")
    expect(chat.messages.last).to_contain_text("Not sent yet")
    expect(chat.complaint).to_contain_text("Your login has ended.")
    chat.page.get_by_role("link", name="Log in again").click()
    chat.page.get_by_label("Username").fill("demo")
    chat.page.get_by_label("Password").fill(PASSWORD)
    chat.page.get_by_role("button", name="Log in").click()
    chat.expect_status(chat.turn(1), "complete")
    said = chat.page.locator("#entries .message [data-slot=text]")
    expect(said).to_have_text(["While I am logged in.", "Written without a login."])
