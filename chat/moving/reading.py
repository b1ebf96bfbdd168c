"""What is in a file that somebody brings along: VALIS' own export, ChatGPT's, or a chat of SillyTavern."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
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
    """`after` is the number of what it goes on from; None at a beginning."""

    role: Literal["user", "assistant"]
    text: str
    at: datetime | None = None
    who: str = ""
    number: int = 0
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Chat:
    """Nothing stands before what it goes on from. `shown` is the number at which the path shown ends."""

    title: str
    said: list[Said] = field(default_factory=list)
    persona: str = ""
    greeting: Said | None = None
    """What it begins with, if anything was said before the first question."""
    shown: int | None = None


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
    version, told = whole["valis_chat"], whole["messages"]
    if version not in {1, 2}:
        raise _refusal(f"valis_chat is {version!r}; this VALIS knows 1 and 2.")
    said = [
        Said(_role(each["role"]), each["text"], _moment(each.get("time")), _name(each.get("persona")))
        for each in told
    ]
    begins = whole.get("greeting") or {}
    greeting = Said("assistant", begins["text"], who=str(begins.get("by") or "")) if begins else None
    shown = _number_or_none(whole.get("shown"))
    if version == 1:
        said = _in_line(said, are_versions=True)
        shown = len(said)
    else:
        said = [
            replace(each, number=_number(raw["number"]), after=_number_or_none(raw["after"]))
            for each, raw in zip(said, told, strict=True)
        ]
    title, persona = str(whole.get("title") or ""), str(whole.get("persona") or "")
    return Chat(title, said, persona, greeting, shown)


def _name(persona: dict[str, Any] | None) -> str:
    return str((persona or {}).get("name", ""))


def _in_line(said: list[Said], *, are_versions: bool = False) -> list[Said]:
    """One after the other; replies that follow each other are one, or versions of each other."""
    placed: list[Said] = []
    asked: int | None = None
    for number, each in enumerate(said, 1):
        is_reply = each.role == "assistant"
        after = asked if is_reply and are_versions else number - 1 or None
        placed.append(replace(each, number=number, after=after))
        asked = asked if is_reply else number
    return placed


def _of_chatgpt(whole: dict[str, Any]) -> Chat:
    """The whole tree; the path that was shown last ends at the current node."""
    nodes = whole["mapping"]
    said: list[Said] = []
    numbers: dict[str, int | None] = {}
    for name, parent in _downwards(nodes, whole.get("current_node")):
        after = numbers.get(parent or "")
        numbers[name] = after
        if found := _said_in(nodes[name]):
            numbers[name] = len(said) + 1
            said.append(replace(found, number=len(said) + 1, after=after))
    return Chat(str(whole.get("title") or ""), said, shown=numbers.get(whole.get("current_node") or ""))


def _downwards(nodes: dict[str, Any], current: str | None) -> Iterator[tuple[str, str | None]]:
    """Each node once, after its parent, which comes with it. What goes round in a ring is cut."""
    above = [*_upwards(nodes, current)]
    below: defaultdict[str, list[str]] = defaultdict(list)
    begins = [*above[-1:]]
    for name, node in nodes.items():
        parent = node.get("parent")
        if parent in nodes:
            below[parent].append(name)
        elif name not in begins:
            begins.append(name)
    seen = set()
    waiting: list[tuple[str, str | None]] = [(name, None) for name in reversed(begins)]
    while waiting:
        name, parent = waiting.pop()
        if name not in seen:
            seen.add(name)
            yield name, parent
            waiting += [(child, name) for child in reversed(below[name])]


def _upwards(nodes: dict[str, Any], name: str | None) -> Iterator[str]:
    seen = set()
    while name in nodes and name not in seen:
        seen.add(name)
        yield name
        name = nodes[name].get("parent")


def _said_in(node: dict[str, Any]) -> Said | None:
    """What people saw of it, if anything."""
    message = node.get("message") or {}
    text = _text_of(message.get("content") or {})
    role = (message.get("author") or {}).get("role")
    is_hidden = (message.get("metadata") or {}).get("is_visually_hidden_from_conversation")
    is_to_tool = message.get("recipient", "all") != "all"
    if role not in {"user", "assistant"} or not text or is_hidden or is_to_tool:
        return None
    return Said(_role(role), text, _moment(message.get("create_time")), "ChatGPT")


def _text_of(content: dict[str, Any]) -> str:
    if content.get("content_type") not in {"text", "multimodal_text"}:
        return ""
    return "\n\n".join(part for part in content.get("parts", ()) if isinstance(part, str)).strip()


def _of_sillytavern(text: str) -> Chat:
    """A line of head, then a line for each message. Swipes are versions; the shown one is in `mes`."""
    said: list[Said] = []
    title, shown, greeting = "", None, None
    for each in _lines_of(text):
        if "mes" not in each:
            title = title or str(each.get("character_name") or "")
        elif not each.get("is_system"):
            role: Literal["user", "assistant"] = "user" if each.get("is_user") else "assistant"
            one = Said(role, each["mes"], _moment(each.get("send_date")), str(each.get("name") or ""))
            if role == "assistant" and not said and not greeting:
                greeting = one
                continue
            versions, at = _swipes(each) if role == "assistant" else ([one.text], 0)
            first = len(said) + 1
            said += [
                replace(one, text=each, number=first + n, after=shown) for n, each in enumerate(versions)
            ]
            shown = first + at
    if not said and not greeting:
        raise _refusal("It is none of the exports that VALIS knows.")
    return Chat(title, said, greeting=greeting, shown=shown)


def _lines_of(text: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            each = json.loads(line)
        except json.JSONDecodeError as error:
            raise _refusal(f"Line {number}, column {error.colno}: {error.msg}.") from None
        if not isinstance(each, dict):
            raise _refusal(f"Line {number}: an object was expected.")
        yield each


def _swipes(line: dict[str, Any]) -> tuple[list[str], int]:
    """All versions of a reply, and which of them was shown: as it was last edited."""
    shown, swipes = line["mes"], line.get("swipes")
    at = line.get("swipe_id")
    if not isinstance(swipes, list) or not all(isinstance(each, str) for each in swipes):
        return [shown], 0
    if not isinstance(at, int) or not 0 <= at < len(swipes):
        at = swipes.index(shown) if shown in swipes else len(swipes)
    before, after = ([each for each in part if each.strip()] for part in (swipes[:at], swipes[at + 1 :]))
    return [*before, shown, *after], len(before)


def _role(name: str) -> Literal["user", "assistant"]:
    if name not in {"user", "assistant"}:
        raise _refusal(f"A message has the role {name[:20]!r}; user or assistant was expected.")
    return "user" if name == "user" else "assistant"


def _number(value: object) -> int:
    if not isinstance(value, int) or value < 1:
        raise _refusal(f"{str(value)[:20]!r} is no number of a message.")
    return value


def _number_or_none(value: object) -> int | None:
    return None if value is None else _number(value)


def _moment(value: object) -> datetime | None:
    """Seconds or milliseconds since 1970, or ISO 8601; None for what is none of them."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / 1000 if value > 10**11 else value, UTC)
    found = parse_datetime(value) if isinstance(value, str) else None
    return found.replace(tzinfo=found.tzinfo or UTC) if found else None


def _check(chat: Chat, number: int) -> None:
    known: set[int | None] = {None}
    for place, said in enumerate([*([chat.greeting] if chat.greeting else ()), *chat.said], 1):
        where = f"Chat {number}, message {place}"
        if said is not chat.greeting and (said.after not in known or said.number in known):
            raise _refusal(f"{where}: what it goes on from has to stand before it, with a number of its own.")
        known.add(said.number)
        if not isinstance(said.text, str) or not is_storable(said.text):
            raise _refusal(f"{where}: this is no text.")
        if len(said.text.encode()) >= MAX_MESSAGE_BYTES:
            raise _refusal(f"{where}: it has {MAX_MESSAGE_BYTES:,} bytes or more.")
    if not is_storable(chat.title):
        raise _refusal(f"Chat {number}: its title is no text.")


def _refusal(why: str) -> InvalidInput:
    return InvalidInput(f"The file was not imported. {why}", code="import_unreadable")
