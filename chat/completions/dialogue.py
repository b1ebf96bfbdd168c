"""The messages of a request: the program's notes, and what was said with the question at the end."""

from collections.abc import Mapping
from typing import Any, Literal

from core.errors import InvalidInput
from core.text import MAX_MESSAGE_BYTES, is_storable
from providers.calls import Utterance

MOST_MESSAGES = 2_000
MOST_CHARACTERS = 2_000_000

_SPEAKERS: dict[str, Literal["user", "assistant"]] = {"user": "user", "assistant": "assistant"}
_NOTES = ("system", "developer")


def read_dialogue(messages: Any) -> tuple[tuple[Utterance, ...], str]:
    """What was said, and the notes. Raises `InvalidInput`."""
    if not isinstance(messages, list) or not messages:
        raise InvalidInput(
            "messages has to hold at least one message.", code="invalid_value", param="messages"
        )
    if len(messages) > MOST_MESSAGES:
        raise _too_much(f"{len(messages):,} messages were sent; the most is {MOST_MESSAGES:,}.", "messages")
    said: list[Utterance] = []
    notes: list[str] = []
    left = MOST_CHARACTERS
    for index, message in enumerate(messages):
        place = f"messages[{index}]"
        role, text = _role_and_text(message, place)
        left -= len(text)
        if left < 0:
            raise _too_much(f"The messages have more than {MOST_CHARACTERS:,} characters.", "messages")
        if role in _NOTES:
            notes.append(text)
        else:
            said.append(Utterance(_SPEAKERS[role], text))
    return _with_question(said, f"messages[{len(messages) - 1}]"), _checked_notes(notes)


def _with_question(said: list[Utterance], place: str) -> tuple[Utterance, ...]:
    if not said or said[-1].role != "user":
        raise InvalidInput("The last message has to be one of role user.", code="invalid_value", param=place)
    question = said[-1].text.strip()
    if not question:
        raise InvalidInput("The last message is empty.", code="message_empty", param=place)
    _check_size(question, "The last message", place)
    earlier = (each for each in said[:-1] if each.text.strip())
    return (*earlier, Utterance("user", question))


def _checked_notes(notes: list[str]) -> str:
    text = "\n\n".join(each for each in notes if each.strip())
    _check_size(text, "What the system messages say", "messages")
    return text


def _check_size(text: str, subject: str, place: str) -> None:
    if len(text.encode()) >= MAX_MESSAGE_BYTES:
        raise _too_much(f"{subject} has to stay below {MAX_MESSAGE_BYTES:,} bytes.", place)


def _too_much(sentence: str, place: str) -> InvalidInput:
    return InvalidInput(sentence, code="context_length_exceeded", param=place)


def _role_and_text(message: Any, place: str) -> tuple[str, str]:
    if not isinstance(message, Mapping):
        raise InvalidInput(f"{place} has to be an object.", code="invalid_value", param=place)
    role = message.get("role")
    if role not in (*_NOTES, *_SPEAKERS):
        raise InvalidInput(
            f"{place} has a role that is not one of system, developer, user and assistant.",
            code="unsupported_value" if role in ("tool", "function") else "invalid_value",
            param=f"{place}.role",
        )
    for name in ("tool_calls", "function_call", "audio"):
        if message.get(name):
            raise _not_offered(f"{place}.{name}")
    return role, _text(message.get("content"), f"{place}.content", may_be_absent=role == "assistant")


def _text(content: Any, place: str, *, may_be_absent: bool) -> str:
    if content is None and may_be_absent:
        return ""
    if isinstance(content, list):
        content = "".join(_part(part, f"{place}[{index}]") for index, part in enumerate(content))
    if not isinstance(content, str):
        raise InvalidInput(f"{place} has to be a text.", code="invalid_value", param=place)
    if not is_storable(content):
        raise InvalidInput(
            f"{place} contains characters that are not text (NUL or half of a surrogate pair).",
            code="message_not_text",
            param=place,
        )
    return content


def _part(part: Any, place: str) -> str:
    if not isinstance(part, Mapping):
        raise InvalidInput(f"{place} has to be an object.", code="invalid_value", param=place)
    if part.get("type") != "text":
        raise _not_offered(f"{place}.type")
    text = part.get("text")
    if not isinstance(text, str):
        raise InvalidInput(f"{place}.text has to be a text.", code="invalid_value", param=f"{place}.text")
    return text


def _not_offered(place: str) -> InvalidInput:
    return InvalidInput(
        f"A persona reads and writes plain text: {place} cannot be used here.",
        code="unsupported_value",
        param=place,
    )
