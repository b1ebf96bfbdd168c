"""Regular expressions of lorebooks, as the words they stand for. None is ever run.

A pattern of words, groups of alternatives, optional parts and word boundaries stands for a few words:
`\\b(dragon|wyrm)s?\\b`. Looking for these takes the same short time whatever somebody wrote.
Anything else is not understood.
"""

import re

from personas import limits
from personas.cards.lorebook import Key

MOST_WORDS = 64
_DELIMITED = re.compile(r"/(.*)/([a-z]*)", re.DOTALL)
_SPECIAL = frozenset(".^$*+?{}[]\\|()")


class NotUnderstood(ValueError):
    """The pattern stands for more than a few words."""


def words_of(pattern: str) -> list[Key]:
    """Raises `NotUnderstood`."""
    if len(pattern) > limits.BOOK_KEY:
        raise NotUnderstood
    if match := _DELIMITED.fullmatch(pattern):
        if set(match[2]) - set("gimsu"):
            raise NotUnderstood
        pattern = match[1]
    begins, ends = pattern.startswith(r"\b"), pattern.endswith(r"\b")
    inner = pattern[2 if begins else 0 : len(pattern) - 2 if ends else None]
    words, rest = _alternatives(inner)
    # A boundary of one alternative only would not be one of the others.
    is_split = (begins or ends) and len(_alternatives_at_top(inner)) > 1
    if rest or not all(words) or is_split:
        raise NotUnderstood
    return [(word, begins, ends) for word in words]


def _alternatives_at_top(pattern: str) -> list[str]:
    depth, parts = 0, [""]
    for character in re.findall(r"\\.|.", pattern, re.DOTALL):
        depth += (character == "(") - (character == ")")
        if character == "|" and not depth:
            parts.append("")
        parts[-1] += character
    return parts


def _alternatives(pattern: str) -> tuple[list[str], str]:
    """Words of the alternatives up to a closing bracket, and what comes from there on."""
    words: list[str] = []
    while True:
        more, pattern = _sequence(pattern)
        words = list(dict.fromkeys([*words, *more]))
        if len(words) > MOST_WORDS:
            raise NotUnderstood
        if not pattern.startswith("|"):
            return words, pattern
        pattern = pattern[1:]


def _sequence(pattern: str) -> tuple[list[str], str]:
    words = [""]
    while pattern and pattern[0] not in "|)":
        choices, pattern = _atom(pattern)
        if pattern.startswith("?"):
            choices, pattern = ["", *choices], pattern[1:]
        words = [word + choice for word in words for choice in choices]
        if len(words) > MOST_WORDS:
            raise NotUnderstood
    return words, pattern


def _atom(pattern: str) -> tuple[list[str], str]:
    first = pattern[0]
    if first == "(":
        inner = pattern[3:] if pattern.startswith("(?:") else pattern[1:]
        words, rest = _alternatives(inner)
        if not rest.startswith(")"):
            raise NotUnderstood
        return words, rest[1:]
    if first == "\\":
        if len(pattern) < 2 or pattern[1].isalnum():
            raise NotUnderstood
        return [pattern[1]], pattern[2:]
    if first in _SPECIAL:
        raise NotUnderstood
    return [first], pattern[1:]
