"""Which entries of a lorebook a reply uses: those whose keys occur in what was said last.

Pure functions over plain data. No pattern is ever run: see `patterns`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from personas import limits

Key = tuple[str, bool, bool]
"""What to look for, and whether a word has to begin and to end there."""


@dataclass(frozen=True, slots=True)
class Entry:
    content: str
    keys: tuple[Key, ...] = ()
    secondary: tuple[Key, ...] = ()
    is_constant: bool = False
    is_case_sensitive: bool = False
    is_before: bool = False
    order: float = 0
    priority: float = 0
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Book:
    entries: tuple[Entry, ...]
    scan_depth: int = limits.BOOK_SCAN_DEPTH
    """How many of the latest messages are looked at."""
    token_budget: int = limits.BOOK_TOKENS


def read_book(stored: Mapping[str, Any]) -> Book:
    """From the form in which a card's book is stored."""
    entries = (
        Entry(**each | {"keys": _keys(each.get("keys", ())), "secondary": _keys(each.get("secondary", ()))})
        for each in stored.get("entries", ())
    )
    return Book(**{**stored, "entries": tuple(entries)})


def entries_for(book: Book, recent: Sequence[str]) -> list[Entry]:
    """Entries to use, in their order in the prompt; `recent` are the messages, the latest last.

    Over the budget those of the lowest priority are left out, and of the same priority the later ones.
    """
    said = "\n".join(recent[-book.scan_depth :] if book.scan_depth else ())[-limits.BOOK_SCAN_CHARACTERS :]
    exact, lowered = _Said(said), _Said(said.lower())
    found = [
        (place, entry)
        for place, entry in enumerate(book.entries)
        if entry.is_constant or _is_named(entry, exact if entry.is_case_sensitive else lowered)
    ]
    kept = _within(book.token_budget, found)
    in_order = sorted(kept, key=lambda each: (not each[1].is_before, each[1].order, each[0]))
    return [entry for _, entry in in_order]


def _within(budget: int, found: Iterable[tuple[int, Entry]]) -> list[tuple[int, Entry]]:
    kept = []
    for place, entry in sorted(found, key=lambda each: (-each[1].priority, each[0])):
        if entry.tokens <= budget:
            budget -= entry.tokens
            kept.append((place, entry))
    return kept


class _Said:
    """What was said, and four letters from anywhere in its words: most keys are ruled out by these."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def fours(self) -> set[str]:
        return {word[at : at + 4] for word in set(self.text.split()) for at in range(len(word))}


def _is_named(entry: Entry, said: _Said) -> bool:
    return _any_in(entry.keys, said) and (not entry.secondary or _any_in(entry.secondary, said))


def _any_in(keys: tuple[Key, ...], said: _Said) -> bool:
    fours, whole = said.fours, said.text
    for key in keys:
        text, begins, ends = key
        first = text[:4]
        if first not in fours and len(first) == 4 and " " not in first:
            continue
        if text in whole and (not (begins or ends) or _is_word(key, whole)):
            return True
    return False


def _is_word(key: Key, said: str) -> bool:
    text, begins, ends = key
    at = said.find(text)
    while at >= 0:
        after = at + len(text)
        if not (begins and at and _joins(said[at - 1])) and not (
            ends and after < len(said) and _joins(said[after])
        ):
            return True
        at = said.find(text, at + 1)
    return False


def _joins(character: str) -> bool:
    return character.isalnum() or character == "_"


def _keys(stored: Iterable[Sequence[Any]]) -> tuple[Key, ...]:
    return tuple((str(text), bool(begins), bool(ends)) for text, begins, ends in stored)
