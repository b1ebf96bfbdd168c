"""What the fallback voice has answered is answered by a model when one is back."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.harness.running import MODEL
from tests.harness.store import set_up_provider
from tests.harness.valis import Valis
from tests.playing import PlayingServer

FALLBACK = "Fallback voice, not a model"


def test_a_reply_of_the_fallback_voice_is_answered_properly_at_once(
    visit: Visit, playing: PlayingServer
) -> None:
    playing.cast(MODEL, "status:401")
    chat = visit()
    reply = chat.ask("What is a monad?")
    expect(chat.provider_of(reply)).to_contain_text(FALLBACK)
    said = chat.prose_of(reply).inner_text()
    playing.cast(MODEL, "say:A monoid in a category.")

    reply.get_by_role("button", name="Answer me properly").click()

    expect(chat.prose_of(reply)).to_have_text("A monoid in a category.")
    expect(chat.provider_of(reply)).to_contain_text(MODEL)
    expect(reply.get_by_role("button", name="Answer me properly")).to_be_hidden()
    chat.provider_of(reply).click()
    chat.dialog.locator("summary", has_text="Attempt 1").click()
    expect(chat.dialog.locator(".story-text")).to_contain_text(said[:20])


def test_it_waits_for_a_provider_until_one_is_back_or_it_is_taken_back(
    visit: Visit, playing: PlayingServer, valis: Valis
) -> None:
    set_up_provider(valis.data, "openai", is_enabled=False)
    chat = visit()
    reply = chat.ask("What is a functor?")
    said = chat.prose_of(reply).inner_text()
    waiting = reply.locator(".turn-wish")
    expect(waiting).to_be_hidden()

    reply.get_by_role("button", name="Answer me properly").click()
    expect(waiting).to_be_visible()
    chat.page.reload()
    expect(waiting).to_contain_text("Waiting for a provider.")
    expect(chat.prose_of(reply)).to_have_text(said)
    reply.get_by_role("button", name="Do not wait").click()
    expect(waiting).to_be_hidden()

    reply.get_by_role("button", name="Answer me properly").click()
    expect(waiting).to_be_visible()
    set_up_provider(valis.data, "openai", is_enabled=True)
    expect(chat.prose_of(reply)).to_have_text("Here is a short answer.", timeout=90_000)
    expect(waiting).to_be_hidden()
