"""A chat on paper."""

import pytest
from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.harness.running import MODEL
from tests.playing import PlayingServer

LONG_LINE = "x = " + " + ".join(f"a_long_name_{number}" for number in range(30))
REPLY = f"""say:Read [the manual](https://example.org/manual), or https://example.com/plain .

```python
{LONG_LINE}
```"""
COUNT_PRINTS = "window.print = () => { window.prints = (window.prints ?? 0) + 1; };"


@pytest.fixture(params=["light", "dark"])
def chat(request: pytest.FixtureRequest, visit: Visit, playing: PlayingServer) -> ChatPage:
    playing.cast(MODEL, REPLY)
    chat = visit(color_scheme=request.param)
    chat.ask("How do I print this?")
    return chat


def test_paper_shows_who_said_what_when_and_nothing_to_press(chat: ChatPage) -> None:
    chat.page.emulate_media(media="print")
    for shown in (
        "#subject",
        ".message .entry-name",
        ".turn .entry-name",
        ".turn .provider-name",
        ".turn-html",
    ):
        expect(chat.page.locator(f"#chat {shown}").first).to_be_visible()
    for hidden in ("#sidebar", ".header", "#composer", ".entry-tools", ".code-head button"):
        expect(chat.page.locator(hidden).first).to_be_hidden()
    time = chat.turn().locator("time").evaluate("each => getComputedStyle(each, '::after').content")
    assert "20" in time, "the year"


def test_paper_saves_ink_and_cuts_no_code(chat: ChatPage) -> None:
    chat.page.emulate_media(media="print")
    assert chat.page.evaluate("() => getComputedStyle(document.body).color") == "rgb(29, 34, 37)"
    assert chat.page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgba(0, 0, 0, 0)"
    overflow = chat.page.locator(".code-block pre").evaluate("pre => pre.scrollWidth - pre.clientWidth")
    assert overflow <= 0


def test_paper_has_the_addresses_of_links_that_do_not_show_them(chat: ChatPage) -> None:
    chat.page.emulate_media(media="print")
    links = chat.prose_of(chat.turn()).locator("a")
    content = "each => getComputedStyle(each, '::after').content"
    assert "https://example.org/manual" in links.nth(0).evaluate(content)
    assert links.nth(1).evaluate(content) == "none"


def test_a_chat_is_printed_by_command_and_from_the_palette(chat: ChatPage) -> None:
    chat.page.add_init_script(COUNT_PRINTS)
    chat.page.reload()
    chat.send("/print")
    assert chat.page.evaluate("() => window.prints") == 1
    chat.page.keyboard.press("Control+k")
    chat.page.get_by_role("combobox", name="Go to or do").fill("print")
    chat.page.keyboard.press("Enter")
    assert chat.page.evaluate("() => window.prints") == 2
