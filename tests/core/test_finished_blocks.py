"""What of a growing Markdown text is finished, and that it stays what it was."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.finished_blocks import finished_blocks
from core.rendering import MOST_MARKDOWN, render_markdown

LINES = [
    *(
        "one\n",
        "*b* `c`\n",
        "a | b\n",
        "text",
        "\n",
        "\n\n",
        "  \n",
        "\t\n",
        "\r\n",
        "\r",
        "\x0b\n",
        "\u00a0\n",
    ),
    *(
        "- a\n",
        "  - c\n",
        "    - deep\n",
        "* b\n",
        "+\n",
        "1. x\n",
        "2) y\n",
        "- [ ] t\n",
        "- ```\n",
        "      x\n",
    ),
    *(
        "> q\n",
        "> - z\n",
        ">```\n",
        "```py\n",
        "```\n",
        "``` a|b\n",
        "~~~\n",
        "    code\n",
        "# H\n",
        "## a|b\n",
    ),
    *(
        "---\n",
        "===\n",
        "* * *\n",
        "| a | b |\n",
        "|---|---|\n",
        "-|-\n",
        "$$\n",
        "\\[\n",
        "\\]\n",
        "$x_1$\n",
    ),
    *("-", "=", "`", "#", "|", "\\", "<b>\n", "\0", "😀\n"),
]
texts = st.lists(st.sampled_from(LINES), min_size=1, max_size=14).map("".join)


def finished_end(text: str, start: int = 0) -> int:
    return max(finished_blocks(text, start), default=start)


@settings(max_examples=300, deadline=None)
@given(texts, st.lists(st.integers(1, 12), min_size=1, max_size=30))
def test_blocks_put_together_are_the_whole_text_rendered(text: str, steps: list[int]) -> None:
    html, start, length = "", 0, 0
    for index in range(len(text)):
        length += steps[index % len(steps)]
        for end in finished_blocks(text[:length], start):
            html += render_markdown(text[start:end])
            start = end

    assert html + render_markdown(text[start:]) == render_markdown(text)


@settings(max_examples=300, deadline=None)
@given(texts, st.data())
def test_whoever_begins_later_finds_the_same_ends(text: str, data: st.DataObject) -> None:
    before = finished_blocks(text[: data.draw(st.integers(0, len(text)))])

    assert before + finished_blocks(text, max(before, default=0)) == finished_blocks(text)


@pytest.mark.parametrize(
    ("finished", "rest"),
    [
        ("", "a paragraph"),
        ("", "a paragraph\nof two lines\n"),
        ("a paragraph\n", "\n"),
        ("# A heading\n", "\nand te"),
        ("```\nx\n\ny\n```\n", ""),
        ("", "```\nx\n\ny\n"),
        ("~~~\n```\n~~~\n", "- a\n"),
        ("", "- a\n\n"),
        ("- a\n\n  b\n\n", "c\n"),
        ("", "> quoted\n"),
        ("> quoted\n", "\n"),
        ("", "| a |\n|---|\n| 1 |\n"),
        ("| a |\n|---|\n| 1 |\n", "\nso"),
        ("***\n", ""),
        ("\\[\nx\n- y\n\\]\n", ""),
        ("", "$$\nx\n"),
        ("a[^1]\n", "\n[^1]: note\n\nb\n\n"),
        ("😀\n", "\n😀"),
    ],
)
def test_what_may_go_on_is_not_finished(finished: str, rest: str) -> None:
    assert finished_end(finished + rest) == len(finished)


def test_what_is_too_long_to_be_rendered_has_no_finished_part() -> None:
    assert finished_end("word\n\n" * MOST_MARKDOWN) == 0
