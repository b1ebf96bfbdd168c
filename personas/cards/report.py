"""What staff should know of a file before its persona speaks."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from personas import limits
from personas.cards.books import entries_in, keys_of
from personas.cards.mapping import OURS, WORDS, as_text, data_of, is_possible, ours_in
from personas.cards.patterns import NotUnderstood
from personas.cards.reading import OWN, V3, Incoming
from personas.macros import unknown_macros
from personas.shipped_files import KEYS
from providers.calls import estimate_tokens

MOST_FINDINGS = 50
_EXCERPT = 120
_LONG = 2_000
"""Tokens of one section that every reply would pay for."""

_SUSPICIOUS = re.compile(
    r"(?:ignore|disregard|forget|override|bypass)\s(?:[\w']+\s){0,4}(?:instruction|rule|prompt|guideline|polic)"
    r"|(?:system|developer)\s(?:prompt|message|mode)|jailbreak|do anything now|\bDAN\b|no restrictions"
    r"|you (?:are|have) (?:now |been )?(?:unrestricted|uncensored|freed)"
    r"|(?:reveal|print|repeat) (?:your|the) "
    r"|api[ _-]?key|password|<\|\w+\|>|\[/?INST\]|<<SYS>>|^#{1,3} |house rules",
    re.IGNORECASE | re.MULTILINE,
)
_URL = re.compile(r"(?:https?|ftp|file|wss?)://[^\s\"'<>)\]]{1,300}", re.IGNORECASE)
_KNOWN = {
    *(theirs for theirs, _ in WORDS.values()),
    *("name", "nickname", "tags", "creator", "creator_notes", "character_version", "alternate_greetings"),
    *("character_book", "extensions", "source", "creation_date", "modification_date"),
}
_V2_ONLY_EMPTY = ("assets", "group_only_greetings", "creator_notes_multilingual")


@dataclass(frozen=True, slots=True)
class SafetyReport:
    """Each finding says where it is."""

    form: str
    total_tokens: int
    sections: list[dict[str, Any]]
    suspicious: list[dict[str, str]]
    urls: list[dict[str, str]]
    unsupported: list[dict[str, str]]


def safety_report(incoming: Incoming, fields: Mapping[str, Any]) -> SafetyReport:
    """`fields` are those the persona would get."""
    sections = list(_sections(incoming, fields))
    texts = list(_texts(incoming.card or incoming.own))
    return SafetyReport(
        form=incoming.form,
        total_tokens=sum(each["tokens"] for each in sections),
        sections=sections,
        suspicious=[
            {"where": where, "words": text[max(match.start() - 30, 0) :][:_EXCERPT]}
            for where, text in texts
            if (match := _SUSPICIOUS.search(text))
        ][:MOST_FINDINGS],
        urls=_urls(texts),
        unsupported=[
            {"where": where, "what": what} for where, what in [*_unsupported(incoming), *_macros(texts)]
        ][:MOST_FINDINGS],
    )


def _urls(texts: list[tuple[str, str]]) -> list[dict[str, str]]:
    found = ((where, url) for where, text in texts for url in _URL.findall(text))
    return [{"where": where, "url": url} for where, url in dict.fromkeys(found)][:MOST_FINDINGS]


def _sections(incoming: Incoming, fields: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    data = data_of(incoming.card)
    for ours, (theirs, limit) in WORDS.items():
        if text := str(fields.get(ours, "")):
            original = as_text(data.get(theirs))
            yield _section(ours, text, is_cut=ours not in incoming.own and len(original) > limit)
    entries = entries_in(incoming.card)
    if entries:
        lore = "\n".join(as_text(each.get("content")) for each in entries)
        yield _section("lorebook", lore, is_cut=len(entries) > limits.BOOK_ENTRIES, entries=len(entries))


def _section(name: str, text: str, *, is_cut: bool, **more: int) -> dict[str, Any]:
    tokens = estimate_tokens(text)
    is_long = tokens > _LONG and not more
    return {"name": name, "tokens": tokens, "is_long": is_long, "is_cut": is_cut, **more}


def _texts(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every text in it, with its place: “data.character_book.entries.3.content”."""
    if isinstance(value, str):
        if not value.startswith("data:"):
            yield where, value
    elif isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value, start=1)
        for key, each in pairs:
            yield from _texts(each, f"{where}.{str(key)[:60]}".lstrip("."))


def _macros(texts: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for where, text in texts:
        for macro in unknown_macros(text):
            yield where, f"{macro} stays as it is."


def _unsupported(incoming: Incoming) -> Iterator[tuple[str, str]]:
    for name, value in incoming.own.items():
        if name not in KEYS:
            yield name[:60], "VALIS has no such field; it is left out."
        elif not is_possible(name, value):
            yield name, "The value cannot be used; it is left out."
    if not incoming.card:
        return
    data = data_of(incoming.card)
    if incoming.form == V3 and incoming.card.get("spec_version") != "3.0":
        yield "spec_version", "The card is of another version than 3.0; what is new in it is not used."
    for name, value in data.items():
        if name in _V2_ONLY_EMPTY and value:
            yield name, "It is kept, but not used."
        elif name not in _KNOWN and name not in _V2_ONLY_EMPTY and incoming.form != OWN:
            yield name[:60], "VALIS does not know this field; it is kept."
        elif name in _TEXTS and not isinstance(value, str):
            yield name, "It should be a text; it is kept, but not used."
    yield from _of_extensions(data)
    yield from _of_book(data, entries_in(incoming.card))


_TEXTS = {*(theirs for theirs, _ in WORDS.values()), "nickname", "creator_notes"}


def _of_extensions(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    extensions = data.get("extensions")
    for name in extensions if isinstance(extensions, dict) else ():
        if name != "valis":
            yield f"extensions.{name[:60]}", "It belongs to another tool; it is kept, but not used."
    for name, value in ours_in(data).items():
        if name not in OURS or not is_possible(name, value):
            yield f"extensions.valis.{name[:60]}", "It is kept, but not used."


def _of_book(data: Mapping[str, Any], entries: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    book = data.get("character_book")
    if isinstance(book, dict) and book.get("recursive_scanning") is True:
        yield "character_book", "Entries do not call up other entries here."
    for number, entry in enumerate(entries, start=1):
        where = f"character_book.entries.{number}"
        if any(line.startswith("@@") for line in as_text(entry.get("content")).split("\n")):
            yield where, "Its lines that begin with @@ are left out of prompts."
        try:
            keys_of(entry)
        except NotUnderstood:
            yield where, "Its pattern is more than a few words; the entry is never used."
