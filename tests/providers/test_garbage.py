"""Streams that are not as they should be: the provider failed, and the text stays sound."""

import gzip
import json
import socket
import threading
import time
import tracemalloc

import pytest

from core.text import is_storable
from providers.cascade import Restarted
from tests.playing import LINE_SEPARATORS, MULTIBYTE, NUL
from tests.providers.walking import limits, scripted, walk

PAGE = "expected an event stream, got text/html; charset=utf-8"
BROKEN = [
    ("garbage", "stream_unreadable", "an event of the stream is not JSON"),
    ("bad-utf8", "stream_unreadable", "the stream is not UTF-8"),
    ("big-line", "stream_unreadable", "an event of the stream is longer than 1,000,000 bytes"),
    ("html", "stream_unreadable", PAGE),
    ("say:", "stream_unreadable", "the reply was empty"),
    ("no-terminal", "connection_broken", "the stream was cut before it was complete"),
    ("cut", "connection_broken", "the connection failed"),
    ("reset", "connection_broken", "the connection failed"),
    ("error-object", "server_failed", "the provider broke off"),
    ("html:502", "server_failed", "the provider failed (502)"),
    ("status:500", "server_failed", "the provider failed (500)"),
    ("status:529", "server_failed", "the provider failed (529)"),
    ("status:429", "rate_limited", "too many requests (429)"),
    ("status:401", "key_refused", "the API key was refused (401)"),
    ("status:403", "key_refused", "the API key was refused (403)"),
    ("status:408", "connection_broken", "the provider gave up waiting (408)"),
    ("status:400", "request_refused", "the request was refused (400): Bad Request"),
    ("no such model", "request_refused", "the request was refused (404): The model 'no such model'"),
]


@pytest.mark.parametrize(("script", "code", "message"), BROKEN, ids=[script for script, *_ in BROKEN])
def test_a_broken_provider_is_followed_by_the_next_and_the_story_says_why(
    row, kind, script, code, message
) -> None:
    seen = walk(row(script, kind=kind), scripted())

    assert seen.text == "hello"
    assert seen.failure.code == code
    assert seen.failure.message.startswith(message)


@pytest.mark.parametrize("script", ["garbage", "bad-utf8", "no-terminal", "cut", "error-object"])
def test_text_seen_before_the_break_is_replaced_and_not_continued(row, kind, script) -> None:
    seen = walk(row(f"{script}:5@40", kind=kind), scripted())

    assert seen.told[1] == "w0 "
    assert any(isinstance(each, Restarted) for each in seen.told)
    assert seen.text == "hello"


@pytest.mark.parametrize(
    ("script", "is_asked_again"),
    [
        *(("status:500", True), ("status:429", True), ("status:408", True), ("cut", True)),
        *(("no-terminal", True), ("error-object", True)),
        *(("status:400", False), ("status:401", False), ("status:403", False), ("status:404", False)),
        *(("garbage", False), ("html", False), ("big-line", False), ("say:", False)),
    ],
)
def test_only_failures_that_may_pass_are_worth_another_round(playing, row, script, is_asked_again) -> None:
    walk(row(script), within=limits(retry_schedule=[0]))

    assert len(playing.calls) == 1 + is_asked_again


def test_events_of_the_future_are_passed_over(row, kind) -> None:
    assert walk(row("unknown-events:one two three", kind=kind)).text == "one two three"


@pytest.mark.parametrize("size", [1, 2, 7])
def test_characters_cut_by_the_network_are_put_together_again(row, kind, size) -> None:
    assert walk(row(f"split-utf8:{size}", kind=kind)).text == MULTIBYTE


def test_nul_is_left_out_of_the_text(row, kind) -> None:
    assert walk(row("nul", kind=kind)).text == NUL.replace("\x00", "")


def test_characters_that_only_look_like_line_ends_stay_in_the_text(row, kind) -> None:
    assert walk(row("line-separators", kind=kind)).text == f"a {LINE_SEPARATORS} z"


def test_the_two_halves_of_a_character_become_one(row, kind) -> None:
    assert walk(row("surrogate-pair", kind=kind)).text == "a 🙂 z"


def test_half_a_character_is_left_out_and_all_text_can_be_stored(row, kind) -> None:
    seen = walk(row("lone-surrogate", kind=kind))

    assert seen.text == "a  z"
    assert all(is_storable(piece) for piece in seen.pieces)


def test_a_line_of_five_megabytes_is_given_up_early(row, kind) -> None:
    began = time.monotonic()
    walk(row("big-line:50000000", kind=kind))

    assert time.monotonic() - began < 30


def test_a_long_reply_within_the_bounds_is_taken_whole(row, kind) -> None:
    assert len(walk(row("big-line:300000", kind=kind)).text) == 300_000


def test_a_reply_longer_than_any_reader_wants_is_given_up(row, kind) -> None:
    seen = walk(row("big-line:400001", kind=kind))

    assert seen.failure.message == "the reply is longer than 400,000 characters"


@pytest.mark.parametrize("said", ["nul \x00 inside", "half \ud83d a smiley", "x" * 5000])
def test_what_a_provider_says_about_its_error_can_be_stored_and_read(row, kind, httpserver, said) -> None:
    body = {"error": {"message": said, "type": said}}
    for path in ("/v1/messages", "/v1/chat/completions"):
        httpserver.expect_request(path).respond_with_json(body, status=400)
    address = httpserver.url_for("/") if kind == "anthropic" else httpserver.url_for("/v1")
    message = walk(row("any", kind=kind, base_url=address)).failure.message

    assert is_storable(message)
    assert len(message) < 300


def test_an_error_field_that_says_nothing_is_no_error(row, httpserver) -> None:
    events = (
        'data: {"error": null, "choices": [{"delta": {"content": "fine"}}]}\n\n'
        'data: {"error": null, "choices": [], "usage": null}\n\ndata: [DONE]\n\n'
    )
    httpserver.expect_request("/v1/chat/completions").respond_with_data(
        events, content_type="text/event-stream"
    )

    assert walk(row("any", base_url=httpserver.url_for("/v1"))).text == "fine"


def as_stream(*pieces: str) -> bytes:
    events = [{"choices": [{"delta": {"content": each}}]} for each in pieces]
    return b"".join(b"data: %b\n\n" % json.dumps(each).encode() for each in events) + b"data: [DONE]\n\n"


@pytest.fixture
def answers(row, httpserver):
    """A row whose provider answers every request with these bytes."""

    def answer(body: bytes, *, kind: str = "openai", **fields: object):
        fields.setdefault("content_type", "text/event-stream")
        for path in ("/v1/messages", "/v1/chat/completions"):
            httpserver.expect_request(path).respond_with_data(body, **fields)
        return row("any", kind=kind, base_url=httpserver.url_for("/" if kind == "anthropic" else "/v1"))

    return answer


def test_a_mark_of_byte_order_before_the_stream_belongs_to_nothing(answers) -> None:
    assert walk(answers(b"\xef\xbb\xbf" + as_stream("all ", "of it"))).text == "all of it"


def test_a_reply_of_spaces_is_an_empty_one(answers) -> None:
    seen = walk(answers(as_stream("  \n", "\n \t")), scripted())

    assert (seen.text, seen.failure.message) == ("hello", "the reply was empty")


def test_a_packed_stream_is_not_unpacked(answers, kind) -> None:
    packed = answers(gzip.compress(b"x" * 10**6), kind=kind, headers={"Content-Encoding": "gzip"})
    seen = walk(packed, scripted())

    assert seen.text == "hello"
    assert seen.failure.message == "the stream is packed (gzip), and plain bytes were asked for"


@pytest.mark.parametrize("packing", ["gzip", "identity"])
def test_a_refusal_that_is_endless_takes_no_memory(answers, kind, packing) -> None:
    body = b" " * 50_000_000
    if packing == "gzip":
        body = gzip.compress(body, compresslevel=1)
    refused = answers(body, kind=kind, status=500, headers={"Content-Encoding": packing})
    tracemalloc.start()
    try:
        seen = walk(refused, scripted())
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert seen.failure.message == "the provider failed (500)"
    assert most < 20_000_000


@pytest.fixture
def says_and_hangs_up():
    """A server that sends these bytes to one caller, hangs up, and cares for nothing else."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(answer: bytes) -> None:
            for _ in range(2):  # the first visitor only knocks
                visitor, _ = listener.accept()
                with visitor:
                    if visitor.recv(65536):
                        visitor.sendall(answer)

        def start(answer: bytes) -> str:
            threading.Thread(target=serve, args=[answer], daemon=True).start()
            return f"http://127.0.0.1:{listener.getsockname()[1]}/v1"

        yield start


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def test_a_connection_lost_after_the_end_takes_nothing_from_the_reply(row, says_and_hangs_up) -> None:
    events = b'data: {"choices": [{"delta": {"content": "whole"}}]}\n\ndata: [DONE]\n\n'
    address = says_and_hangs_up(HEAD + b"%x\r\n%b\r\n" % (len(events), events))
    seen = walk(row("any", base_url=address))

    assert (seen.provider, seen.text) == ("first", "whole")


@pytest.mark.parametrize("answer", [b"", b"\x00\xff\xfe", b"HTTP/1.1 2OO\r\n\r\n", HEAD + b"zz\r\nabc", HEAD])
def test_what_is_no_http_at_all_is_a_broken_connection(row, kind, says_and_hangs_up, answer) -> None:
    address = says_and_hangs_up(answer).removesuffix("/v1" if kind == "anthropic" else "")
    seen = walk(row("any", kind=kind, base_url=address), scripted())

    assert seen.text == "hello"
    assert seen.failure.code == "connection_broken"
