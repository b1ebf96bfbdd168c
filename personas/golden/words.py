"""Texts as words, so that case, punctuation and the kind of apostrophe make no difference."""

import re
from collections.abc import Sequence

MOST_CHARACTERS = 20_000
"""How much of a text is looked at."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u0060\u00b4", "'"))
_GAP = 2
"""How many other words may stand between those of a phrase."""


def plain(text: str) -> str:
    return text[:MOST_CHARACTERS].translate(_APOSTROPHES)


def words_in(text: str) -> list[str]:
    return _WORD.findall(plain(text).casefold())


def says(words: Sequence[str], text: str, wanted: str) -> bool:
    """Whether these words are there as they are; `words` are those of the text."""
    asked = words_in(wanted)
    if not asked:
        return wanted.strip() in text if wanted.strip() else False
    return any(words[at : at + len(asked)] == asked for at, word in enumerate(words) if word == asked[0])


def says_about(words: Sequence[str], phrase: str) -> bool:
    """Whether most of the words of a phrase are there, in order and close together: four in five."""
    asked = words_in(phrase)
    if not asked:
        return False
    needed = len(asked) - len(asked) // 5
    known = set(asked)
    places = [at for at, word in enumerate(words) if word in known]
    reach = len(asked) + _GAP
    for number, start in enumerate(places):
        end = number + needed - 1
        if end >= len(places):
            return False
        if places[end] >= start + reach:
            continue
        window = words[start : start + reach]
        possible = len(known.intersection(window)) + len(asked) - len(known)
        if possible >= needed and _in_order(window, asked) >= needed:
            return True
    return False


def _in_order(window: Sequence[str], asked: Sequence[str]) -> int:
    """The length of the longest common subsequence."""
    row = [0] * (len(asked) + 1)
    for word in window:
        before = 0
        for at, each in enumerate(asked, start=1):
            above = row[at]
            row[at] = before + 1 if word == each else max(above, row[at - 1])
            before = above
    return row[-1]
