"""What is in a file that somebody brings along: VALIS' own export, ChatGPT's, or a chat of SillyTavern."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from django.utils.dateparse import parse_datetime

from core.errors import InvalidInput, TooLarge
from core.text import MAX_MESSAGE_BYTES, is_storable

MOST_BYTES = 5_000_000
MOST_CHATS = 200
MOST_TEXTS = 10_000


@dataclass(frozen=True, slots=True)
class Said:
    role: Literal["user", "assistant"]
    text: str
    at: datetime | None = None
    who: str = ""


@dataclass(frozen=True, slots=True)
class Chat:
    title: str
    said: list[Said] = field(default_factory=list)
    persona: str = ""
    greeting: Said | None = None
    """What it begins with, if anything was said before the first question."""


def read_chats(content: bytes) -> list[Chat]:
    """Raises `InvalidInput` or `TooLarge`, whose message says where in the file."""
    if len(content) > MOST_BYTES:
        raise TooLarge(f"The file has more than {MOST_BYTES:,} bytes.", code="import_too_large")
    try:
        text = content.decode("utf-8-sig")
        chats = list(_chats(text))
    except (UnicodeDecodeError, RecursionError):
        raise _refusal("It is no text in UTF-8, or it is nested too deeply.") from None
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise _refusal(f"A part has another shape than expected ({type(error).__name__}).") from None
    if len(chats) > MOST_CHATS or sum(len(chat.said) for chat in chats) > MOST_TEXTS:
        limit = f"{MOST_CHATS} chats and {MOST_TEXTS:,} messages"
        raise TooLarge(f"One file may hold {limit} at most.", code="import_too_large")
    for number, chat in enumerate(chats, 1):
        _check(chat, number)
    return chats


def _chats(text: str) -> Iterator[Chat]:
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        if "\n" not in text.strip():
            raise _refusal(f"Line {error.lineno}, column {error.colno}: {error.msg}.") from None
        yield _of_sillytavern(text)
        return
    if isinstance(whole, dict) and "valis_chat" in whole:
        yield _of_valis(whole)
    elif isinstance(whole, dict) and "mapping" in whole:
        yield _of_chatgpt(whole)
    elif isinstance(whole, list) and whole and all("mapping" in each for each in whole):
        yield from map(_of_chatgpt, whole)
    else:
        raise _refusal("It is none of the exports that VALIS knows.")


def _of_valis(whole: dict[str, Any]) -> Chat:
    if whole["valis_chat"] != 1:
        raise _refusal(f"valis_chat is {whole['valis_chat']!r}; this VALIS knows 1.")
    said = [
        Said(
            _role(each["role"]),
            each["text"],
            _moment(each.get("time")),
            (each.get("persona") or {}).get("name", ""),
        )
        for each in whole["messages"]
    ]
    begins = whole.get("greeting") or {}
    greeting = Said("assistant", begins["text"], who=str(begins.get("by") or "")) if begins else None
    return Chat(str(whole.get("title") or ""), said, str(whole.get("persona") or ""), greeting)


def _name(persona: dict[str, Any] | None) -> str:
    return str((persona or {}).get("name", ""))


def _of_chatgpt(whole: dict[str, Any]) -> Chat:
    """The path that was shown last: from the current node up to the root."""
    nodes, at = whole["mapping"], whole.get("current_node")
    said, seen = [], set()
    while at in nodes and at not in seen:
        seen.add(at)
        message = nodes[at].get("message") or {}
        text = _text_of(message.get("content") or {})
        role = (message.get("author") or {}).get("role")
        is_hidden = (message.get("metadata") or {}).get("is_visually_hidden_from_conversation")
        is_to_tool = message.get("recipient", "all") != "all"
        if role in {"user", "assistant"} and text and not is_hidden and not is_to_tool:
            said.append(Said(_role(role), text, _moment(message.get("create_time")), "ChatGPT"))
        at = nodes[at].get("parent")
    return Chat(str(whole.get("title") or ""), said[::-1])


def _text_of(content: dict[str, Any]) -> str:
    if content.get("content_type") not in {"text", "multimodal_text"}:
        return ""
    return "\n\n".join(part for part in content.get("parts", ()) if isinstance(part, str)).strip()


def _of_sillytavern(text: str) -> Chat:
    """A line of head, then a line for each message. Of several swipes the shown one is in `mes`."""
    said, title = [], ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            each = json.loads(line)
        except json.JSONDecodeError as error:
            raise _refusal(f"Line {number}, column {error.colno}: {error.msg}.") from None
        if not isinstance(each, dict):
            raise _refusal(f"Line {number}: an object was expected.")
        if "mes" not in each:
            title = title or str(each.get("character_name") or "")
        elif not each.get("is_system"):
            role: Literal["user", "assistant"] = "user" if each.get("is_user") else "assistant"
            said.append(Said(role, each["mes"], _moment(each.get("send_date")), str(each.get("name") or "")))
    if not said:
        raise _refusal("It is none of the exports that VALIS knows.")
    greeting = said.pop(0) if said[0].role == "assistant" else None
    return Chat(title, said, greeting=greeting)


def _role(name: str) -> Literal["user", "assistant"]:
    if name not in {"user", "assistant"}:
        raise _refusal(f"A message has the role {name[:20]!r}; user or assistant was expected.")
    return "user" if name == "user" else "assistant"


def _moment(value: object) -> datetime | None:
    """Seconds or milliseconds since 1970, or ISO 8601; None for what is none of them."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / 1000 if value > 10**11 else value, UTC)
    found = parse_datetime(value) if isinstance(value, str) else None
    return found.replace(tzinfo=found.tzinfo or UTC) if found else None


def _check(chat: Chat, number: int) -> None:
    for place, said in enumerate([*([chat.greeting] if chat.greeting else ()), *chat.said], 1):
        where = f"Chat {number}, message {place}"
        if not isinstance(said.text, str) or not is_storable(said.text):
            raise _refusal(f"{where}: this is no text.")
        if len(said.text.encode()) >= MAX_MESSAGE_BYTES:
            raise _refusal(f"{where}: it has {MAX_MESSAGE_BYTES:,} bytes or more.")
    if not is_storable(chat.title):
        raise _refusal(f"Chat {number}: its title is no text.")


def _refusal(why: str) -> InvalidInput:
    return InvalidInput(f"The file was not imported. {why}", code="import_unreadable")
