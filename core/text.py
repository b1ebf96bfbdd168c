"""Rules for text that people send."""

import re
import unicodedata

from core.errors import InvalidInput, TooLarge

MAX_MESSAGE_BYTES = 64_000
NOT_TEXT = "The message contains characters that are not text (NUL or half of a surrogate pair)."
_SURROGATE = re.compile("[\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether every database and every encoder can take this text."""
    return "\x00" not in text and (text.isascii() or _SURROGATE.search(text) is None)


def checked_message(text: str) -> str:
    """The text of a message without surrounding white space; raises when it cannot be accepted."""
    if not is_storable(text):
        raise InvalidInput(NOT_TEXT, code="message_not_text")
    size = len(text.encode())
    if size >= MAX_MESSAGE_BYTES:
        raise TooLarge(
            f"The message has {size:,} bytes; it must stay below {MAX_MESSAGE_BYTES:,}. Send it in parts.",
            code="message_too_long",
            bytes=size,
            limit=MAX_MESSAGE_BYTES,
        )
    text = text.strip()
    if is_blank(text):
        raise InvalidInput("The message is empty.", code="message_empty")
    return text


def is_blank(text: str) -> bool:
    """Whether there is nothing in it that anybody could see."""
    return all(_is_unseen(each) for each in text)


def _is_unseen(character: str) -> bool:
    """White space, control characters, and those that only join or direct others."""
    return character.isspace() or unicodedata.category(character) in {"Cc", "Cf"}
