"""The words that are looked for, and where they stand in a text."""

import re
import unicodedata
from collections.abc import Callable
from typing import TypedDict

from core.errors import InvalidInput
from core.text import is_storable

LONGEST_QUERY = 200
MOST_WORDS = 10
_WORD = re.compile(r"[^\W_]+")
_BEFORE, _SHOWN = 60, 220


class Part(TypedDict):
    """A piece of a text: `is_match` is one of the words."""

    text: str
    is_match: bool


def words_of(query: str) -> list[str]:
    """Every word has to be found; the last may be the beginning of one. Raises `InvalidInput`."""
    if len(query) > LONGEST_QUERY or not is_storable(query):
        raise InvalidInput(f"Look for at most {LONGEST_QUERY} characters.", code="query_invalid")
    words = _WORD.findall(unicodedata.normalize("NFC", query).lower())
    if not words:
        raise InvalidInput("Give a word to look for.", code="query_invalid")
    return words[:MOST_WORDS]


def snippet(text: str, words: list[str], *, as_read: Callable[[str], str] = lambda text: text) -> list[Part]:
    """The text around the first match, in pieces, so that nobody has to read marks out of it.

    `as_read` makes what is shown out of what is written, and takes no word away.
    """
    *whole, last = map(re.escape, words)
    sought = "|".join([rf"{word}(?![^\W_])" for word in whole] + [rf"{last}[^\W_]*"])
    pattern = re.compile(rf"(?<![^\W_])(?:{sought})", re.IGNORECASE)
    first = pattern.search(text)
    start = _word_start(text, max(0, first.start() - _BEFORE)) if first else 0
    shown = as_read(text[start : start + _SHOWN])
    parts = [_plain("… ")] if start else []
    at = 0
    for match in pattern.finditer(shown):
        parts += [_plain(shown[at : match.start()]), Part(text=match[0], is_match=True)]
        at = match.end()
    parts.append(_plain(shown[at:] + ("…" if start + _SHOWN < len(text) else "")))
    return [part for part in parts if part["text"]]


def _plain(text: str) -> Part:
    return Part(text=text, is_match=False)


def _word_start(text: str, at: int) -> int:
    """Not in the middle of a word, unless it is a very long one."""
    space = max(text.rfind(" ", max(0, at - 30), at), text.rfind("\n", max(0, at - 30), at))
    return space + 1 if at and space >= 0 else at
