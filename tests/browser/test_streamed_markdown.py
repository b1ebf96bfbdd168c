"""A reply while it is written: what is finished of it is rendered, and nothing that is read moves."""

from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.harness.running import MODEL
from tests.playing import PlayingServer

FILLING = "and some more words that take their time to come. " * 5
PARAGRAPHS = "\n\n".join(
    f"**{name}** begins this one, {FILLING}" for name in ("Alpha", "Bravo", "Charlie", "Delta")
)
PARAGRAPHS += FILLING * 5
"""What is looked for has to come long before the end, also on a busy machine."""
MIXED = f"""One **bold** word.

```python
def x():

    return 1
```

- tea
- milk

| a | b |
| --- | --- |
| 1 | 2 |

{FILLING}

{FILLING * 5}"""

WATCH_TOPS = """() => {
  window.tops = {};
  const look = () => {
    const walker = document.createTreeWalker(document.getElementById("entries"), NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      for (const name of ["Alpha", "Bravo", "Charlie", "Delta"]) {
        const at = node.data.indexOf(name);
        const turn = node.parentElement.closest(".turn");
        if (at < 0 || !turn) continue;
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + name.length);
        (window.tops[name] ??= []).push(range.getBoundingClientRect().top - turn.getBoundingClientRect().top);
      }
    }
    requestAnimationFrame(look);
  };
  look();
}"""
WATCH_SHIFTS = """() => {
  window.shifts = 0;
  const elementOf = (node) => (node?.closest ? node : node?.parentElement);
  const isText = ({ node }) => elementOf(node)?.closest(".turn-html, .turn-text");
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) if (sources.some(isText)) window.shifts += value;
  }).observe({ type: "layout-shift" });
}"""
"""What stands below the text, the buttons, gives way to it; the text itself is to stay."""


def _streaming(
    visit: Visit, playing: PlayingServer, text: str, *, rate: int = 40, **options: Any
) -> ChatPage:
    playing.cast(MODEL, f"read:{rate}:{text}")
    chat = visit(**options)
    chat.page.evaluate(WATCH_TOPS)
    chat.page.evaluate(WATCH_SHIFTS)
    chat.send("Write something long.")
    return chat


def _finished(turn: Locator) -> Locator:
    """What is rendered of a reply that goes on."""
    return turn.locator("xpath=self::*[@data-status='streaming']").locator("[data-slot=html]")


def test_finished_blocks_are_rendered_while_the_rest_is_written(visit: Visit, playing: PlayingServer) -> None:
    chat = _streaming(visit, playing, MIXED)
    finished = _finished(chat.turn())
    expect(finished.locator("strong")).to_have_text("bold")
    expect(finished.locator(".code-block .code-head")).to_contain_text("python")
    expect(finished.get_by_role("button", name="Copy this python code")).to_be_visible()
    expect(finished.locator(".table-scroll td").first).to_have_text("1")
    expect(chat.text_of(chat.turn())).to_contain_text("and some more words")
    expect(chat.text_of(chat.turn())).not_to_contain_text("tea")
    chat.expect_status(chat.turn(), "complete")
    expect(chat.prose_of(chat.turn()).locator("strong, pre, li, table")).to_have_count(5)
    expect(chat.text_of(chat.turn())).to_be_empty()


def test_no_word_moves_while_text_is_written_and_rendered(visit: Visit, playing: PlayingServer) -> None:
    chat = _streaming(visit, playing, PARAGRAPHS, viewport={"width": 1280, "height": 1400})
    expect(_finished(chat.turn()).locator("strong")).to_have_count(3)
    chat.expect_status(chat.turn(), "complete")
    tops = chat.page.evaluate("() => window.tops")
    assert {name: max(seen) - min(seen) < 1 for name, seen in tops.items()} == dict.fromkeys(
        ("Alpha", "Bravo", "Charlie", "Delta"), True
    )
    assert chat.page.evaluate("() => window.shifts") < 0.02


def test_what_is_selected_stays_selected(visit: Visit, playing: PlayingServer) -> None:
    chat = _streaming(visit, playing, PARAGRAPHS)
    expect(_finished(chat.turn()).locator("strong")).to_have_count(1)
    chat.page.evaluate(
        "() => getSelection().selectAllChildren(document.querySelector('.turn [data-slot=html] strong'))"
    )
    expect(_finished(chat.turn()).locator("strong")).to_have_count(3)
    chat.expect_status(chat.turn(), "complete")
    assert chat.page.evaluate("() => getSelection().toString()") == "Alpha"


def test_who_selects_in_the_tail_is_not_interrupted(visit: Visit, playing: PlayingServer) -> None:
    chat = _streaming(visit, playing, PARAGRAPHS)
    expect(chat.text_of(chat.turn())).to_contain_text("begins this one, and some")
    tail = "document.querySelector('.turn [data-slot=text] .tail-text')"
    chat.page.evaluate(f"() => getSelection().setBaseAndExtent({tail}.firstChild, 2, {tail}.firstChild, 7)")
    expect(chat.text_of(chat.turn())).to_contain_text("Charlie")
    assert chat.page.evaluate("() => getSelection().toString()") == "Alpha"
    chat.page.evaluate("() => getSelection().removeAllRanges()")
    expect(_finished(chat.turn()).locator("strong").first).to_have_text("Alpha")


def test_a_second_tab_sees_the_same(visit: Visit, playing: PlayingServer) -> None:
    chat = _streaming(visit, playing, PARAGRAPHS)
    expect(_finished(chat.turn()).locator("strong")).to_have_count(1)
    other = visit(chat.page.url)
    expect(_finished(other.turn()).locator("strong")).to_have_count(3)
    for each in (chat, other):
        each.expect_status(each.turn(), "complete")
        expect(each.prose_of(each.turn()).locator("strong")).to_have_text(
            ["Alpha", "Bravo", "Charlie", "Delta"]
        )


def test_whoever_comes_back_has_every_block_once(visit: Visit, playing: PlayingServer) -> None:
    chat = _streaming(visit, playing, PARAGRAPHS)
    expect(_finished(chat.turn()).locator("strong")).to_have_count(1)
    chat.page.reload()
    expect(_finished(chat.turn()).locator("strong")).to_have_text(["Alpha", "Bravo", "Charlie"])
    chat.expect_status(chat.turn(), "complete")
    expect(chat.prose_of(chat.turn()).locator("strong")).to_have_text(["Alpha", "Bravo", "Charlie", "Delta"])
