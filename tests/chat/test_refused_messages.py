"""Messages that cannot be accepted: the sender is told why, and nothing is stored."""

import pytest

from chat.models import Message, Session
from core.errors import InvalidInput, TooLarge, ValisError
from core.text import MAX_MESSAGE_BYTES
from tests.chat.conftest import Say
from tests.chat.working import dispatched_turns

pytestmark = pytest.mark.django_db

REFUSED = {
    "nothing": ("", InvalidInput, "message_empty"),
    "nothing to see": ("\u200b\u2060 \ufeff\x07\u202e", InvalidInput, "message_empty"),
    "white space": (" \t\n\u2003\u2028 ", InvalidInput, "message_empty"),
    "a NUL": ("before\0after", InvalidInput, "message_not_text"),
    "only a NUL": ("\0", InvalidInput, "message_not_text"),
    "half of a pair": ("before \ud83d after", InvalidInput, "message_not_text"),
    "the other half": ("\ude00", InvalidInput, "message_not_text"),
    "64,000 letters": ("x" * MAX_MESSAGE_BYTES, TooLarge, "message_too_long"),
    "64,000 bytes of two each": ("é" * (MAX_MESSAGE_BYTES // 2), TooLarge, "message_too_long"),
    "64,000 bytes of four each": ("😀" * (MAX_MESSAGE_BYTES // 4), TooLarge, "message_too_long"),
    "megabytes": ("x" * 5_000_000, TooLarge, "message_too_long"),
    "64,000 blanks": (" " * MAX_MESSAGE_BYTES, TooLarge, "message_too_long"),
}


@pytest.mark.both_databases
@pytest.mark.parametrize(("text", "kind", "code"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_with_its_reason_and_nothing_is_stored(
    say: Say, text: str, kind: type[ValisError], code: str
) -> None:
    with pytest.raises(kind) as refused:
        say(text)

    assert refused.value.code == code
    assert not Message.objects.exists()
    assert not Session.objects.exists()
    assert dispatched_turns() == []


def test_who_sends_too_much_is_told_how_much_it_was(say: Say) -> None:
    with pytest.raises(TooLarge) as refused:
        say("😀" * 20_000)

    assert refused.value.details == {"bytes": 80_000, "limit": 64_000}
    assert "80,000" in refused.value.message


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "text",
    [
        "x" * (MAX_MESSAGE_BYTES - 1),
        "é" * (MAX_MESSAGE_BYTES // 2 - 1),
        "😀 👩‍👩‍👧 नमस्ते שלום",
        "zero\u200bwidth",
        "line\r\nline\u2028line",
        "'); DROP TABLE chat_message; --",
    ],
    ids=["63,999 bytes", "31,999 letters of two", "joined emoji", "zero width", "line ends", "quotes"],
)
def test_what_can_be_accepted_is_stored_as_it_is(say: Say, text: str) -> None:
    message = say(text).message

    message.refresh_from_db()
    assert message.text == text
