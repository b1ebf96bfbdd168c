"""What is shown of a Markdown text where it is not rendered."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.search.unmarked import unmarked

_WORD = re.compile(r"[^\W_]+")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Some **bold**, *slanted* and ~~old~~ text", "Some bold, slanted and old text"),
        ("__very__ and _rather_ `so`.", "very and rather so."),
        ("## A heading\ntext", "A heading\ntext"),
        ("- one\n* two\n- [x] done", "one\ntwo\n[x] done"),
        ("> quoted", "quoted"),
        ("see [the page](https://example.org/a)", "see the page (https://example.org/a)"),
        ("```python\nprint(1)\n```", "python\nprint(1)\n"),
        ("| a | b |\n| --- | --- |\n| 1 | 2 |", " a | b\n\n 1 | 2"),
        ("snake_case and 2 * 3 and 2**3", "snake_case and 2 * 3 and 2**3"),
    ],
)
def test_marks_are_left_out_and_what_only_looks_like_them_is_not(written: str, read: str) -> None:
    assert unmarked(written) == read


@given(st.text(st.sampled_from("ab *_~`#>|-+=[](x)\n1.:")))
def test_no_word_is_ever_lost(text: str) -> None:
    assert _WORD.findall(unmarked(text)) == _WORD.findall(text)
