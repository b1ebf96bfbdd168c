"""The five main journeys in Firefox. What is tested here more closely is tested in Chromium."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.conftest import Visit
from tests.browser.watching import Watch
from tests.harness.browsers import FIREFOXES, path_of
from tests.harness.running import MODEL
from tests.harness.valis import PASSWORD, Valis
from tests.playing import PlayingServer, numbered

pytestmark = pytest.mark.timeout(240)  # it starts a Firefox and a VALIS, and stops and starts it again


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.firefox.launch(channel="moz-firefox", executable_path=path_of(FIREFOXES))
        yield browser
        browser.close()


def test_log_in_and_talk_with_jane_who_says_how_her_reply_came_about(
    visit: Visit, playing: PlayingServer
) -> None:
    playing.cast(MODEL, "tokens:60@25")
    chat = visit("/", person=None)
    chat.page.get_by_label("Username").fill("demo")
    chat.page.get_by_label("Password").fill(PASSWORD)
    chat.page.get_by_role("button", name="Log in").click()
    chat.choose("jane")
    chat.send("What should I read tonight?")

    reply = chat.turn()
    expect(chat.text_of(reply)).to_contain_text("w2 ")
    expect(chat.text_of(reply)).not_to_contain_text("w59 ")
    chat.expect_status(reply, "complete")
    chat.expect_texts("What should I read tonight?", numbered(60).strip())
    expect(reply.locator("[data-slot=name]")).to_have_text("Jane")
    expect(chat.provider_of(reply)).to_contain_text(f"openai · {MODEL}")
    chat.provider_of(reply).click()
    expect(chat.dialog.locator(".step[data-outcome=answered]")).to_contain_text("openai")
    chat.page.keyboard.press("Escape")
    expect(chat.dialog).to_be_hidden()


def test_a_reply_is_stopped_and_run_again(visit: Visit, playing: PlayingServer) -> None:
    playing.cast(MODEL, "tokens:400@40")
    chat = visit()
    chat.send("Go on for a while.")
    reply = chat.turn()
    expect(chat.text_of(reply)).to_contain_text("w10 ")
    chat.stop(reply)
    chat.expect_status(reply, "cancelled")
    playing.calls.wait_until(lambda calls: calls.where(outcome="closed_by_client"))
    expect(chat.prose_of(reply)).to_contain_text("w10 w11")

    playing.cast(MODEL, "say:All of it this time.")
    chat.run_again(reply)
    chat.expect_status(reply, "complete")
    expect(chat.prose_of(reply)).to_have_text("All of it this time.")


def test_when_the_connection_is_lost_and_comes_back_nothing_is(
    visit: Visit, valis: Valis, playing: PlayingServer, watch: Watch
) -> None:
    watch.expect_a_server_that_is_away()
    playing.cast(MODEL, "tokens:400@40")
    chat = visit()
    chat.send("Cut in the middle.")
    expect(chat.text_of(chat.turn())).to_contain_text("w10 ")
    valis.stop()
    chat.expect_disconnected()
    chat.send("Typed in the dark.")
    expect(chat.messages.last).to_contain_text("Not sent yet")

    playing.cast(MODEL, "say:A new day.")
    valis.start()
    chat.expect_connected()
    chat.expect_status(chat.turn(1), "complete")
    expect(chat.prose_of(chat.turn(0))).to_contain_text("w9 w10")
    chat.run_again(chat.turn(0))
    chat.expect_status(chat.turn(0), "complete")
    chat.expect_texts("Cut in the middle.", "A new day.", "Typed in the dark.", "A new day.")


def test_a_chat_is_found_exported_deleted_and_brought_back(visit: Visit) -> None:
    word = f"harbour{uuid4().hex[:6]}"
    visit().ask(f"Tell me of {word}")
    chat = visit()
    page = chat.page
    page.locator("body").click(position={"x": 5, "y": 400})
    page.keyboard.press("/")
    page.keyboard.type(word)
    page.keyboard.press("Enter")
    expect(page.locator("mark")).to_have_text(word)
    page.locator(".found-link").click()
    expect(page.locator(".entry:target")).to_be_in_viewport()

    options = chat.sidebar.get_by_role("link", name=f"Options for Tell me of {word}")
    options.click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as Markdown").click()
    assert word in Path(download.value.path()).read_text()

    page.get_by_role("button", name="Delete").click()
    page.wait_for_url("**/chat/?deleted=*")
    expect(options).to_have_count(0)
    page.get_by_role("button", name="Undo the deletion").click()
    expect(options).to_have_count(1)
    expect(chat.messages).to_contain_text(word)


def test_what_staff_write_about_jane_is_in_the_prompt_of_the_next_reply(
    visit: Visit, playing: PlayingServer
) -> None:
    chat = visit()
    chat.choose("jane")
    chat.ask("How do you sound?")

    page = visit("/admin/personas/persona/", person="staff").page
    page.get_by_role("link", name="Jane").first.click()
    page.locator("[name=tone]").fill("Slow and salty, like a lighthouse keeper.")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Save it").click()
    expect(page.get_by_text("was changed successfully").first).to_be_visible()

    chat.ask("And now?")
    assert "like a lighthouse keeper" not in playing.calls[0].system
    assert "like a lighthouse keeper" in playing.calls[-1].system
