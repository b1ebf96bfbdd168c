"""What a session is called after its first message."""

import pytest

from chat.titles import checked_title, title_from
from core.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("What should I read tonight?", "What should I read tonight?"),
        ("# A **plan** for _Monday_", "A plan for Monday"),
        ("> - [ ] buy `milk`", "buy milk"),
        ("1. see [the page](https://example.org/a_b)", "see the page"),
        ("```python\nprint(1)\n```", "print(1)"),
        ("---\n\n  Then this.  ", "Then this."),
        ("snake_case_names and 2 * 3 * 4", "snake_case_names and 2 * 3 * 4"),
        ("***", "***"),
    ],
)
def test_a_title_is_the_first_line_that_says_something_without_marks(text: str, title: str) -> None:
    assert title_from(text) == title


def test_a_long_line_is_cut_at_a_word() -> None:
    title = title_from("Please explain to me how the tides come about and why they come twice a day")

    assert title == "Please explain to me how the tides come about and why they…"


def test_a_word_without_end_is_cut_all_the_same() -> None:
    assert title_from("x" * 100) == "x" * 59 + "…"


def test_an_own_title_becomes_one_line() -> None:
    assert checked_title("  Books \n for  the train ") == "Books for the train"


@pytest.mark.parametrize("title", ["x" * 121, "a\x00b", "\ud800"])
def test_what_is_no_title_is_refused(title: str) -> None:
    with pytest.raises(InvalidInput):
        checked_title(title)
