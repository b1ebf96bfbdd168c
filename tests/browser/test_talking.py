"""Somebody comes, chooses a persona, and talks with it."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.harness.running import BACKUP_MODEL, MODEL, use_backup
from tests.harness.store import set_up_engine, set_up_provider
from tests.harness.valis import PASSWORD, Valis
from tests.playing import PlayingServer, max_overlap, numbered

BADGE = f"openai · {MODEL}"


def test_log_in_choose_jane_send_and_watch_the_reply_grow_until_it_is_done(
    visit: Visit, playing: PlayingServer
) -> None:
    playing.cast(MODEL, "tokens:60@25")
    chat = visit("/", person=None)
    chat.page.get_by_label("Username").fill("demo")
    chat.page.get_by_label("Password").fill(PASSWORD)
    chat.page.get_by_role("button", name="Log in").click()
    chat.choose("sam")
    chat.choose("jane")
    expect(chat.sidebar.locator("[data-persona=jane]")).to_have_attribute("aria-current", "true")
    expect(chat.page.locator("[data-greeting=jane]")).to_be_visible()
    chat.send("What should I read tonight?")

    reply = chat.turn()
    text = chat.text_of(reply)
    expect(text).to_contain_text("w2 ")
    expect(text).to_contain_text("w20 ")
    expect(text).not_to_contain_text("w59 ")
    chat.expect_status(reply, "complete")
    chat.expect_texts("What should I read tonight?", numbered(60).strip())
    expect(reply.locator("[data-slot=name]")).to_have_text("Jane")
    expect(chat.provider_of(reply)).to_contain_text(BADGE)
    expect(chat.sidebar.locator("#sessions [aria-current=page]")).to_contain_text(
        "What should I read tonight?"
    )


def test_a_spinner_shows_until_the_first_word(visit: Visit, playing: PlayingServer) -> None:
    playing.cast(MODEL, "slow-first:0.6:tokens:30@30")
    chat = visit()
    chat.choose("jane")
    chat.send("Think first.")
    thinking = chat.turn().locator(".turn-thinking")
    expect(thinking).to_be_visible()
    expect(thinking).to_contain_text("Jane is thinking")
    expect(chat.text_of(chat.turn())).to_contain_text("w0")
    expect(thinking).to_be_hidden()


def test_the_badge_opens_the_story_of_the_reply(visit: Visit, playing: PlayingServer) -> None:
    chat = visit()
    reply = chat.ask("How did you come about?")
    chat.provider_of(reply).click()
    story = chat.dialog
    expect(story).to_be_visible()
    expect(story.locator(".step[data-outcome=answered]")).to_contain_text(BADGE)
    expect(story.locator(".step[data-outcome=skipped]")).to_contain_text("no API key")
    expect(story).to_contain_text("Tokens out")
    chat.page.keyboard.press("Escape")
    expect(story).to_be_hidden()


def test_each_message_keeps_its_persona_when_another_is_chosen(visit: Visit) -> None:
    chat = visit()
    chat.choose("jane")
    chat.ask("First to Jane.")
    chat.choose("sam")
    expect(chat.recipient).to_have_value("sam")
    chat.ask("Then to Sam.")
    names = chat.turns.locator("[data-slot=name]")
    expect(names).to_have_text(["Jane", "Sam"])
    chat.page.reload()
    expect(names).to_have_text(["Jane", "Sam"])
    expect(chat.recipient).to_have_value("sam")


def test_stop_ends_the_call_keeps_the_text_and_can_be_run_again(visit: Visit, playing: PlayingServer) -> None:
    playing.cast(MODEL, "tokens:400@40")
    chat = visit()
    chat.send("Go on for a while.")
    reply = chat.turn()
    expect(chat.text_of(reply)).to_contain_text("w10 ")
    chat.stop(reply)
    chat.expect_status(reply, "cancelled")
    playing.calls.wait_until(lambda calls: calls.where(outcome="closed_by_client"))
    expect(reply.locator(".turn-notice")).to_contain_text("You stopped this reply.")
    expect(chat.prose_of(reply)).to_contain_text("w10 w11")
    chat.page.reload()
    expect(chat.prose_of(reply)).to_contain_text("w0 w1 w2")

    playing.cast(MODEL, "say:All of it this time.")
    chat.run_again(reply)
    chat.expect_status(reply, "complete")
    expect(chat.prose_of(reply)).to_have_text("All of it this time.")
    chat.provider_of(reply).click()
    chat.dialog.locator("summary", has_text="Attempt 1").click()
    expect(chat.dialog.locator(".story-text")).to_contain_text("w0 w1 w2")


def test_stop_in_the_composer_stands_where_send_was(visit: Visit, playing: PlayingServer) -> None:
    playing.cast(MODEL, "tokens:400@40")
    chat = visit()
    chat.send("Go on for a while.")
    stop = chat.page.locator("[data-action=stop-all]")
    expect(stop).to_be_visible()
    expect(chat.text_of(chat.turn())).to_contain_text("w5 ")
    stop.click()
    chat.expect_status(chat.turn(), "cancelled")
    expect(stop).to_be_hidden()
    expect(chat.page.get_by_role("button", name="Send")).to_be_visible()


def test_three_messages_sent_quickly_get_three_replies_in_order(visit: Visit, playing: PlayingServer) -> None:
    playing.cast(MODEL, "after:1:echo")
    chat = visit()
    for text in ("One.", "Two.", "Three."):
        chat.send(text)
    expect(chat.turn(2).locator(".turn-waiting")).to_contain_text("in this chat")
    chat.expect_texts("One.", "One.", "Two.", "Two.", "Three.", "Three.")
    assert max_overlap(list(playing.calls)) == 1
    assert [call.last_user_text for call in playing.calls] == ["One.", "Two.", "Three."]


def test_a_provider_that_breaks_in_mid_stream_is_replaced_before_the_readers_eyes(
    visit: Visit, playing: PlayingServer, valis: Valis
) -> None:
    use_backup(valis.data, playing)
    set_up_provider(valis.data, "openai", silence_timeout=1)
    playing.cast(MODEL, "silent:5")
    playing.cast(BACKUP_MODEL, "slow-first:0.5:tokens:30@30:b")
    chat = visit()
    chat.send("Break, please.")
    reply = chat.turn()
    expect(chat.text_of(reply)).to_contain_text("w0 w1 w2 w3 w4")
    restart = reply.locator("[data-slot=restart]")
    expect(restart).to_contain_text("silent for 1 s in the middle of the reply; starting over")
    expect(chat.text_of(reply)).to_contain_text("b0 b1")
    expect(chat.text_of(reply)).not_to_contain_text("w0")
    chat.expect_status(reply, "complete")
    expect(chat.prose_of(reply)).to_have_text(numbered(30, "b").strip())
    expect(chat.provider_of(reply)).to_contain_text(f"local · {BACKUP_MODEL}")
    chat.provider_of(reply).click()
    outcomes = chat.dialog.locator(".step .step-outcome")
    expect(outcomes).to_have_text(["Skipped", "Failed", "Answered"])


def test_without_any_provider_jane_speaks_with_her_own_simple_voice_and_says_so(
    visit: Visit, playing: PlayingServer
) -> None:
    playing.cast(MODEL, "status:401")
    chat = visit()
    chat.choose("jane")
    reply = chat.ask("Is anybody there?")
    expect(chat.provider_of(reply)).to_contain_text("Fallback voice, not a model")
    expect(reply.locator("[data-slot=name]")).to_have_text("Jane")
    expect(chat.prose_of(reply)).not_to_be_empty()
    chat.provider_of(reply).click()
    expect(chat.dialog.locator(".step[data-outcome=failed]")).to_contain_text("openai")


def test_a_reply_that_was_cut_at_the_limit_says_so_and_goes_on_by_a_click(
    visit: Visit, playing: PlayingServer, valis: Valis
) -> None:
    set_up_engine(valis.data, max_output=16)
    playing.cast(MODEL, "tokens:40")
    chat = visit()
    reply = chat.ask("Tell me all of it.")
    expect(reply.get_by_text("Cut at the limit.")).to_be_visible()
    expect(chat.prose_of(reply)).to_have_text(numbered(16).strip())
    chat.page.reload()
    expect(reply.get_by_text("Cut at the limit.")).to_be_visible()
    set_up_engine(valis.data, max_output=1024)
    reply.get_by_role("button", name="Go on").click()

    expect(chat.messages.last).to_contain_text("Please go on exactly where you stopped.")
    chat.expect_status(chat.turn(1), "complete")
    expect(chat.turn(1).locator(".turn-cut")).to_be_hidden()
    expect(chat.turn(0).locator(".turn-cut")).to_be_visible()
    expect(chat.turn(0).get_by_role("button", name="Go on")).to_be_hidden()
    expect(chat.field).to_be_focused()
