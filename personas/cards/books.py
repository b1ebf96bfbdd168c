"""The lorebook of a card, in the form in which it is searched."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from personas import limits
from personas.cards.lorebook import Book, Entry, Key
from personas.cards.mapping import as_text, data_of
from personas.cards.patterns import NotUnderstood, words_of
from providers.calls import estimate_tokens


def entries_in(card: Mapping[str, Any]) -> list[dict[str, Any]]:
    book = data_of(card).get("character_book")
    entries = book.get("entries") if isinstance(book, dict) else None
    if isinstance(entries, dict):  # as SillyTavern keeps its own books
        entries = list(entries.values())
    return [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []


def stored_book(card: Mapping[str, Any]) -> dict[str, Any]:
    """Plain data that `lorebook.read_book` reads; empty when nothing in it could ever be used."""
    entries = [entry for each in entries_in(card)[: limits.BOOK_ENTRIES] if (entry := _entry(each))]
    if not entries:
        return {}
    book = data_of(card)["character_book"]
    depth = _number(book.get("scan_depth"), limits.BOOK_SCAN_DEPTH)
    budget = _number(book.get("token_budget"), limits.BOOK_TOKENS)
    return asdict(
        Book(
            tuple(entries),
            scan_depth=int(min(max(depth, 0), limits.BOOK_MOST_SCAN_DEPTH)),
            token_budget=int(min(max(budget, 0), limits.BOOK_MOST_TOKENS)),
        )
    )


def keys_of(entry: Mapping[str, Any], name: str = "keys") -> list[Key]:
    """Raises `NotUnderstood` for patterns that are more than a few words."""
    texts = entry.get(name)
    texts = [each for each in texts if isinstance(each, str)] if isinstance(texts, list) else []
    is_sensitive = entry.get("case_sensitive") is True
    keys: list[Key] = []
    for text in texts[: limits.BOOK_KEYS]:
        if entry.get("use_regex") is True:
            keys += words_of(text)
        elif word := " ".join(text.split())[: limits.BOOK_KEY]:
            keys.append((word, False, False))
    return [(text if is_sensitive else text.lower(), begins, ends) for text, begins, ends in keys]


def _entry(each: Mapping[str, Any]) -> Entry | None:
    content = without_decorators(as_text(each.get("content")))[: limits.BOOK_CONTENT]
    if each.get("enabled") is False or not content:
        return None
    is_pattern = each.get("use_regex") is True
    try:
        keys = keys_of(each)
        is_selective = each.get("selective") is True and not is_pattern
        secondary = keys_of(each, "secondary_keys") if is_selective else []
    except NotUnderstood:
        return None
    is_constant = each.get("constant") is True and not is_pattern
    if not keys and not is_constant:
        return None
    order = _number(each.get("insertion_order"), 0)
    return Entry(
        content=content,
        keys=tuple(keys),
        secondary=tuple(secondary),
        is_constant=is_constant,
        is_case_sensitive=each.get("case_sensitive") is True,
        is_before=each.get("position") == "before_char",
        order=order,
        priority=_number(each.get("priority"), order),
        tokens=estimate_tokens(content),
    )


def without_decorators(content: str) -> str:
    """Lines such as `@@depth 4`, which tell other tools where an entry goes."""
    return "\n".join(line for line in content.split("\n") if not line.startswith("@@")).strip()


def _number(value: Any, default: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return max(min(value, 1e9), -1e9) if is_number else default
