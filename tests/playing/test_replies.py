"""Replies as the official clients understand them, and their pace."""

import socket
import time

import pytest
from anthropic import Anthropic
from openai import OpenAI

from tests.playing import LINE_SEPARATORS, MULTIBYTE, NUL, Outcome, PlayingServer, numbered
from tests.playing.asking import all_ways, anthropic_streamed, openai_streamed
from tests.playing.conftest import Plain


@pytest.mark.parametrize(
    ("model", "text"),
    [
        ("say:hello there", "hello there"),
        ("say:hello there#alice", "hello there"),
        ("say:", ""),
        ("echo", "How are you?"),
        ("tokens:20@500", numbered(20)),
        ("tokens:3@500:jane", numbered(3, "jane")),
        ("slow-first:0.1:tokens:3", numbered(3)),
        ("split-utf8", MULTIBYTE),
        ("split-utf8:7", MULTIBYTE),
        ("nul", NUL),
        ("line-separators", f"a {LINE_SEPARATORS} z"),
        ("unknown-events:hello there", "hello there"),
        ("crlf:hello there", "hello there"),
        ("cr:hello there", "hello there"),
        ("no-space:hello there", "hello there"),
        ("big-line:200000", "x" * 200_000),
    ],
)
def test_both_official_clients_read_the_reply_streamed_and_whole(
    server: PlayingServer, openai: OpenAI, anthropic: Anthropic, model: str, text: str
) -> None:
    assert [ask(model) for ask in all_ways(openai, anthropic)] == [text] * 4
    assert [call.outcome for call in server.calls] == [Outcome.COMPLETED] * 4
    assert [call.text for call in server.calls] == [text] * 4


def test_the_halves_of_a_surrogate_pair_come_in_tokens_of_their_own(openai: OpenAI) -> None:
    halves = openai_streamed(openai, "surrogate-pair")

    assert halves.encode("utf-16", "surrogatepass").decode("utf-16") == "a \N{SLIGHTLY SMILING FACE} z"


def test_an_openai_stream_tells_its_usage_to_those_who_ask(openai: OpenAI) -> None:
    chunks = openai.chat.completions.create(
        model="tokens:7",
        messages=[{"role": "user", "content": "one two three"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    *_, last = chunks

    assert last.choices == []
    assert last.usage is not None
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (3, 7)


def test_an_anthropic_stream_has_all_its_events_in_order(anthropic: Anthropic) -> None:
    with anthropic.messages.stream(
        model="tokens:7", max_tokens=100, messages=[{"role": "user", "content": "one two three"}]
    ) as stream:
        kinds = [event.type for event in stream]
        message = stream.get_final_message()

    assert list(dict.fromkeys(kind for kind in kinds if kind != "text")) == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert (message.usage.input_tokens, message.usage.output_tokens) == (3, 7)
    assert message.stop_reason == "end_turn"


def test_a_reply_stops_at_the_callers_limit_and_says_so(openai: OpenAI, anthropic: Anthropic) -> None:
    theirs = openai.chat.completions.create(
        model="tokens:50", max_tokens=4, messages=[{"role": "user", "content": "hello"}]
    )
    ours = anthropic.messages.create(
        model="tokens:50", max_tokens=4, messages=[{"role": "user", "content": "hello"}]
    )

    assert theirs.choices[0].message.content == numbered(4)
    assert theirs.choices[0].finish_reason == "length"
    assert ours.stop_reason == "max_tokens"


def test_both_clients_can_list_the_models(openai: OpenAI, anthropic: Anthropic) -> None:
    assert "echo" in [model.id for model in openai.models.list()]
    assert "echo" in [model.id for model in anthropic.models.list()]


def test_tokens_come_at_their_rate_and_not_in_one_lump(openai: OpenAI) -> None:
    chunks = openai.chat.completions.create(
        model="tokens:31@100", messages=[{"role": "user", "content": "hello"}], stream=True
    )
    times = [time.monotonic() for chunk in chunks if chunk.choices[0].delta.content]

    assert len(times) == 31
    assert times[-1] - times[0] > 0.29  # a lump would be over at once


def test_the_first_token_can_be_slow_while_the_stream_is_open(plain: Plain) -> None:
    began = time.monotonic()
    response = plain.ask("slow-first:1.5:say:there")
    opened = time.monotonic() - began
    body = response.read()

    assert opened < 1.5
    assert time.monotonic() - began >= 1.5
    assert b"there" in body


def test_a_short_reply_is_not_held_back_by_the_network(plain: Plain) -> None:
    durations = []
    for _ in range(7):
        began = time.monotonic()
        plain.ask("say:a few words").read()
        durations.append(time.monotonic() - began)

    assert min(durations) < 0.03


def test_a_mark_with_a_star_tells_calls_apart(server: PlayingServer, anthropic: Anthropic) -> None:
    texts = [anthropic_streamed(anthropic, "tokens:2@500:c*-") for _ in range(2)]

    assert texts == ["c1-0 c1-1 ", "c2-0 c2-1 "]


def test_chunks_are_cut_inside_characters_and_lines(plain: Plain) -> None:
    response = plain.ask("split-utf8")
    assert response.fp is not None
    sizes, pieces = [], []
    while (size := int(response.fp.readline(), 16)) != 0:
        sizes.append(size)
        pieces.append(response.fp.read(size))
        response.fp.readline()

    assert set(sizes[:-1]) == {1}
    assert "漢字かな" in b"".join(pieces).decode()


def test_requests_sent_ahead_are_answered_one_after_the_other(server: PlayingServer) -> None:
    requests = []
    for word in ("one", "two"):
        body = f'{{"model":"say:{word}","messages":[{{"role":"user"}}]}}'
        head = f"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: {len(body)}\r\n"
        requests.append(f"{head}{'connection: close' if word == 'two' else 'x: y'}\r\n\r\n{body}")
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall("".join(requests).encode())
        with client.makefile("rb") as answers:
            received = answers.read()

    assert 0 < received.index(b'"content":"one"') < received.index(b'"content":"two"')
