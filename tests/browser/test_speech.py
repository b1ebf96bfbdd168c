"""What screen readers are told of a reply while it is written."""

from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.harness.running import MODEL
from tests.playing import PlayingServer

REPLY = """Here is a **first** sentence. And a `second` one, with [a link](https://example.org)!

```python
x = "Not. To. Be. Read."
```

- Tea.
- Milk without an end

| a | b |
| --- | --- |
| one | two |

At last, three more words"""
SAID = [
    *("Here is a first sentence.", "And a second one, with a link!", "Code block, python.", "Tea."),
    *("Milk without an end", "a, b", "one, two", "At last, three more words", "Jane has replied."),
]

LISTEN = """() => {
  window.said = [];
  const log = document.getElementById("announcer");
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      window.said.push(...[...addedNodes].map((line) => line.textContent));
    }
  }).observe(log, { childList: true });
}"""
KEEP_SOCKETS = """
window.sockets = [];
window.WebSocket = class extends WebSocket {
  constructor(...options) {
    super(...options);
    window.sockets.push(this);
  }
};
"""


def _said(chat: ChatPage) -> str:
    return " ".join(chat.page.evaluate("() => window.said"))


def _hears_the_end(chat: ChatPage) -> None:
    expect(chat.page.locator("#announcer")).to_contain_text("Jane has replied.")


def test_whole_sentences_are_said_in_order_and_once(visit: Visit, playing: PlayingServer) -> None:
    playing.cast(MODEL, f"read:20:{REPLY}")
    chat = visit()
    chat.page.evaluate(LISTEN)
    chat.send("Read it to me.")
    _hears_the_end(chat)
    assert _said(chat) == " ".join(SAID)
    lines = chat.page.evaluate("() => window.said")
    assert len(lines) > 2, "it was said while it was written"


def test_a_lost_connection_neither_repeats_nor_leaves_out_a_sentence(
    visit: Visit, playing: PlayingServer
) -> None:
    playing.cast(MODEL, f"read:12:{REPLY}")
    chat = visit("/accounts/login/")
    chat.page.add_init_script(KEEP_SOCKETS)
    chat.page.goto("/chat/")
    chat.page.evaluate(LISTEN)
    chat.send("Read it to me.")
    expect(chat.page.locator("#announcer")).to_contain_text("first sentence.")
    chat.page.evaluate("() => window.sockets.at(-1).close()")
    _hears_the_end(chat)
    assert _said(chat) == " ".join(SAID)


def test_nothing_moves_for_those_who_do_not_want_it(visit: Visit, playing: PlayingServer) -> None:
    playing.cast(MODEL, "tokens:60@30")
    chat = visit(reduced_motion="reduce")
    chat.send("Hold still.")
    expect(chat.text_of(chat.turn())).to_contain_text("w3 ")
    assert chat.page.evaluate("() => document.getAnimations().length") == 0
