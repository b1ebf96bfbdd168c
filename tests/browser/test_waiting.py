"""The queue in the open: who waits sees why, and may leave."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import Visit
from tests.harness.running import MODEL
from tests.harness.store import set_up_engine
from tests.harness.valis import Valis
from tests.playing import PlayingServer

ONLY_PLACE = "The only place busy, about"
WINDOWS = [("light", 1280), ("dark", 1280), ("light", 390)]


@pytest.fixture(autouse=True)
def one_place(valis: Valis) -> Iterator[None]:
    set_up_engine(valis.data, max_concurrent_requests=1)
    yield
    set_up_engine(valis.data, max_concurrent_requests=200)


def test_a_second_chat_waits_for_the_place_of_the_first_and_then_begins(
    visit: Visit, playing: PlayingServer
) -> None:
    first, second = visit(), visit()
    first.ask("How long does a reply take?")
    playing.cast(MODEL, "tokens:400@40")
    first.send("Write for a while.")
    expect(first.text_of(first.turn())).to_contain_text("w2 ")

    second.send("Is anybody there?")
    waiting = second.turn().locator(".turn-waiting")
    expect(waiting).to_contain_text(ONLY_PLACE)
    expect(second.turn().locator(".turn-thinking")).to_be_hidden()

    playing.cast(MODEL, "say:Now it is your turn.")
    first.stop(first.turn())
    second.expect_status(second.turn(), "complete")
    expect(waiting).to_be_hidden()


@pytest.mark.parametrize(("scheme", "width"), WINDOWS)
def test_a_waiting_reply_says_its_place_in_the_chat_and_can_be_cancelled(
    visit: Visit, playing: PlayingServer, scheme: str, width: int
) -> None:
    chat = visit(color_scheme=scheme, viewport={"width": width, "height": 800})
    chat.ask("How long does a reply take?")
    playing.cast(MODEL, "tokens:400@40")
    chat.send("Write for a while.")
    expect(chat.text_of(chat.turn())).to_contain_text("w2 ")
    chat.send("And then?")

    waiting = chat.turn().locator(".turn-waiting")
    expect(waiting).to_contain_text("Second in this chat, the only place busy, about")
    assert_accessible(chat.page)
    if folder := os.environ.get("VALIS_TEST_PICTURES"):
        chat.page.screenshot(path=Path(folder) / f"waiting-{scheme}-{width}.png")
    chat.stop(chat.turn())
    chat.expect_status(chat.turn(), "cancelled")
    chat.stop(chat.turn(1))
    chat.expect_status(chat.turn(1), "cancelled")
