"""Whatever bytes come, in whatever pieces: the same text, sound text, or a `ProviderError`."""

import re
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.text import is_storable
from providers.base import ProviderConfig, provider_classes
from providers.cleaning import TextCleaner
from providers.errors import ProviderError, StreamUnreadable
from providers.sdk import Reading, SdkProvider, retry_after
from providers.sse import MAX_EVENT_BYTES, ServerSentEvent, SseParser
from tests.playing.anthropic_form import AnthropicSpeaker
from tests.playing.ledger import Call
from tests.playing.openai_form import OpenAISpeaker
from tests.playing.speaking import Speaker, to_json

SPEAKERS: dict[str, type[Speaker]] = {"anthropic": AnthropicSpeaker, "openai": OpenAISpeaker}
TOKENS = st.lists(st.text(st.characters()) | st.sampled_from(["\ud83d", "\ude42", "\x00", "\r\n", "🙂"]))
CUTS = st.lists(st.integers(0, 4000))
both_kinds = pytest.mark.parametrize("kind", list(SPEAKERS))
quickly = settings(max_examples=60)


def reply_in_bytes(kind: str, tokens: list[str], *, line_end: bytes = b"\n") -> bytes:
    call = Call(1, kind, "any", "any", "", {"stream_options": {"include_usage": True}})
    call.said = [token for token in tokens if token]
    speaker = SPEAKERS[kind](call)
    stream = b"".join(
        [speaker.opening(), speaker.unknown(), *map(speaker.delta, call.said), speaker.closing()]
    )
    return stream.replace(b"\n", line_end)


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    ends = sorted({min(place, len(data)) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(ends)]


def reading_of(kind: str) -> Reading:
    provider = provider_classes()[kind](ProviderConfig("any", kind))
    assert isinstance(provider, SdkProvider)
    return provider.reading()


def read(kind: str, chunks: Iterable[bytes]) -> tuple[str, Reading]:
    parser, reading, cleaner = SseParser(), reading_of(kind), TextCleaner()
    text = "".join(cleaner.feed(reading.take(event)) for chunk in chunks for event in parser.feed(chunk))
    return text, reading


def as_it_should_be(text: str) -> str:
    """The slow and obvious way to join halves of characters, and to drop what is no text."""
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return re.sub("[\x00\ud800-\udfff]", "", joined)


@both_kinds
@given(tokens=TOKENS, places=CUTS, line_end=st.sampled_from([b"\n", b"\r\n", b"\r"]))
@example(tokens=["🙂 漢字", "\ud83d", "\ude42"], places=list(range(4000)), line_end=b"\r\n")
@quickly
def test_any_chunking_of_a_reply_gives_the_same_text_and_usage(kind, tokens, places, line_end) -> None:
    stream = reply_in_bytes(kind, tokens, line_end=line_end)
    text, reading = read(kind, cut(stream, places))
    whole_text, whole_reading = read(kind, [stream])

    assert text == whole_text == as_it_should_be("".join(tokens))
    assert reading.finished is not None
    assert reading.finished == whole_reading.finished


@given(pieces=st.lists(st.text(st.sampled_from("a é\x00\ud83d\udbff\ude42\udc00🙂")), max_size=20))
@settings(max_examples=200)
def test_text_is_sound_and_whole_however_its_characters_were_cut(pieces) -> None:
    cleaner = TextCleaner()
    cleaned = [cleaner.feed(piece) for piece in pieces]

    assert all(is_storable(piece) for piece in cleaned)
    assert "".join(cleaned) == as_it_should_be("".join(pieces))


NAMES = (
    *("type", "delta", "text", "message", "usage", "error", "choices", "content", "index", "input_tokens"),
    *("output_tokens", "cache_read_input_tokens", "completion_tokens", "prompt_tokens_details"),
)
KINDS_OF_EVENT = st.sampled_from(
    ["content_block_delta", "message_start", "message_delta", "message_stop", "error", "rate_limit_error"]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | KINDS_OF_EVENT
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=8,
)


@both_kinds
@given(event=st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON)))
@quickly
def test_an_event_of_any_shape_is_read_or_refused(kind, event) -> None:
    try:
        text = reading_of(kind).take(ServerSentEvent("", to_json(event).decode()))
    except ProviderError as error:
        assert str(error)
    else:
        assert isinstance(text, str)


@both_kinds
@given(
    pieces=st.lists(
        st.binary(max_size=40)
        | st.sampled_from([b"data:", b"data: ", b"event: error\n", b"\n", b"\n\n", b"\r", b"[DONE]", b"{}"])
        | JSON.map(to_json)
    )
)
@quickly
def test_arbitrary_bytes_raise_nothing_but_provider_errors(kind, pieces) -> None:
    try:
        read(kind, pieces)
    except ProviderError as error:
        assert str(error)


@both_kinds
@given(places=st.lists(st.integers(0, 3000), min_size=1, max_size=5), noise=st.binary(max_size=8))
@quickly
def test_a_damaged_reply_raises_nothing_but_provider_errors(kind, places, noise) -> None:
    stream = reply_in_bytes(kind, ["one ", "zwölf ", "三 "])
    try:
        text, _ = read(kind, [noise.join(cut(stream, places))])
    except ProviderError as error:
        assert str(error)
    else:
        assert is_storable(text)


def test_deeply_nested_json_is_unreadable_and_no_crash() -> None:
    with pytest.raises(StreamUnreadable):
        read("openai", [b"data: " + b"[" * 100_000 + b"\n\n"])


def test_an_event_of_endlessly_many_lines_is_given_up_before_memory_is() -> None:
    parser, line = SseParser(), b"data: " + b"x" * 994 + b"\n"
    with pytest.raises(StreamUnreadable, match="longer than"):
        for _ in range(MAX_EVENT_BYTES // len(line) + 2):
            parser.feed(line)


def test_many_short_events_are_never_too_many() -> None:
    parser = SseParser()

    assert sum(len(parser.feed(b"data: xxxxxxxxx\n\n" * 1000)) for _ in range(100)) == 100_000


@given(value=st.text(max_size=60) | st.floats().map(str) | st.integers().map(str) | st.datetimes().map(str))
@example(value="Fri, 31 Dec 99999 23:59:59 GMT")
@example(value="Mon, 01 Jan 0001 00:00:00")
@example(value="١٢")
@example(value="1e999")
@settings(max_examples=200)
def test_any_retry_after_is_a_sensible_number_of_seconds_or_nothing(value) -> None:
    seconds = retry_after({"retry-after": value})

    assert seconds is None or 0 <= seconds < float("inf")
