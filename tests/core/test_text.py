"""Rules for text that people send, whatever they send."""

from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput, TooLarge
from core.text import MAX_MESSAGE_BYTES, checked_message, is_storable

ANY_TEXT = st.text(st.characters(codec=None, categories=None)) | st.text(
    st.sampled_from(" \n\0\ud800\udfffaé😀")
)


@given(ANY_TEXT)
def test_every_text_is_either_refused_with_a_reason_or_fit_to_be_stored(text: str) -> None:
    try:
        kept = checked_message(text)
    except (InvalidInput, TooLarge) as refusal:
        assert refusal.code in {"message_empty", "message_not_text", "message_too_long"}
    else:
        assert kept == text.strip() != ""
        assert "\0" not in kept
        assert 0 < len(kept.encode()) < MAX_MESSAGE_BYTES


@given(ANY_TEXT)
def test_a_text_is_storable_exactly_when_it_can_be_encoded_and_holds_no_nul(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        assert not is_storable(text)
    else:
        assert is_storable(text) is ("\0" not in text)
