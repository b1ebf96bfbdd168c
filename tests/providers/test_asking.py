"""Asking a provider over real HTTP, through the official SDKs."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from pytest_httpserver import HTTPServer

from providers.cascade import Trying
from tests.playing import numbered
from tests.playing.connection import Connection
from tests.providers.walking import QUESTION, walk


def test_a_reply_arrives_in_pieces_while_it_is_written(row, kind) -> None:
    seen = walk(row("tokens:20@100", kind=kind))

    assert seen.text == numbered(20)
    assert len(seen.pieces) > 2


def test_the_first_piece_is_there_before_the_reply_is_done(row, kind) -> None:
    step = walk(row("tokens:10@40", kind=kind)).steps[0]

    assert step.first_token_ms is not None
    assert step.first_token_ms < step.duration_ms / 2


def test_the_usage_is_the_one_the_provider_counted(playing, row, kind) -> None:
    usage = walk(row("tokens:7", kind=kind)).answer.usage

    assert (usage.tokens_in, usage.tokens_out) == (playing.calls[0].tokens_in, 7)
    assert not usage.is_estimated


def test_what_came_from_the_provider_s_cache_is_counted_as_part_of_what_went_in(row, httpserver) -> None:
    message = {"usage": {"input_tokens": 5, "cache_read_input_tokens": 90, "cache_creation_input_tokens": 3}}
    events = [
        {"type": "message_start", "message": message},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "hi"}},
        {"type": "message_delta", "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]
    speak(httpserver, "/v1/messages", [json.dumps(event) for event in events])
    usage = walk(row("any", kind="anthropic", base_url=httpserver.url_for("/"))).answer.usage

    assert (usage.tokens_in, usage.tokens_cached, usage.tokens_out) == (98, 90, 2)


def test_openai_counts_its_cache_in_the_same_way(row, httpserver) -> None:
    usage = {"prompt_tokens": 98, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 90}}
    events = [{"choices": [{"delta": {"content": "hi"}}]}, {"choices": [], "usage": usage}]
    speak(httpserver, "/v1/chat/completions", [*map(json.dumps, events), "[DONE]"])
    counted = walk(row("any", base_url=httpserver.url_for("/v1"))).answer.usage

    assert (counted.tokens_in, counted.tokens_cached, counted.tokens_out) == (98, 90, 2)


@pytest.mark.parametrize("usage", [None, {}, {"completion_tokens": -5}, {"completion_tokens": 10**12}, [], 7])
def test_a_provider_that_does_not_count_is_estimated(row, httpserver, usage) -> None:
    events = [{"choices": [{"delta": {"content": "twelve chars"}}]}, {"choices": [], "usage": usage}]
    speak(httpserver, "/v1/chat/completions", [*map(json.dumps, events), "[DONE]"])
    counted = walk(row("any", base_url=httpserver.url_for("/v1"))).answer.usage

    assert counted.is_estimated
    assert counted.tokens_in > 0
    assert counted.tokens_out == 4


def speak(httpserver: HTTPServer, path: str, events: list[str]) -> None:
    body = "".join(f"data: {event}\n\n" for event in events)
    httpserver.expect_request(path).respond_with_data(body, content_type="text/event-stream")


def test_the_system_prompt_and_the_history_reach_the_provider_in_order(playing, row, kind) -> None:
    walk(row("say:fine", kind=kind))
    call = playing.calls[0]

    assert call.system == "You are Maya."
    spoken = [(m["role"], m["text"]) for m in call.messages if m["role"] != "system"]
    assert spoken == [("user", "Good morning"), ("assistant", "Morning!"), ("user", "How are you?")]


def test_a_request_without_a_system_prompt_sends_none(playing, row, kind) -> None:
    walk(row("say:fine", kind=kind), request=replace(QUESTION, system=""))

    assert playing.calls[0].system == ""
    assert all(message["role"] != "system" for message in playing.calls[0].messages)


def test_no_more_tokens_come_than_were_asked_for(row, kind) -> None:
    seen = walk(row("tokens:50", kind=kind), request=replace(QUESTION, max_tokens=3))

    assert seen.text == "w0 w1 w2 "


def test_the_key_is_sent_as_it_was_given(playing, row, kind) -> None:
    walk(row("say:fine", kind=kind, api_key="sk-A.b_c-1+2/3=="))

    assert playing.calls[0].api_key == "sk-A.b_c-1+2/3=="


def test_the_kind_s_default_model_is_asked_for_when_the_row_names_none(playing, row, kind) -> None:
    walk(row("", kind=kind))
    default = {"anthropic": "claude-sonnet-5-5", "openai": "gpt-5.4-mini"}[kind]

    assert playing.calls[0].model == default


def test_who_is_tried_is_told_before_the_first_text(row, kind) -> None:
    seen = walk(row("say:hello", kind=kind))
    first = seen.told[0]

    assert isinstance(first, Trying)
    assert first.candidate.config.name == "first"


def test_a_second_call_uses_the_connection_of_the_first(row, kind, monkeypatch) -> None:
    users: list[Connection] = []
    answer = Connection._answer
    monkeypatch.setattr(Connection, "_answer", lambda it, asked: (users.append(it), answer(it, asked)))

    walk(row("say:hello", kind=kind))
    walk(row("say:hello", kind=kind))

    assert len(users) == 2
    assert users[0] is users[1]


def test_two_replies_at_the_same_time_do_not_mix(row, kind) -> None:
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(walk, row("tokens:40@200:a", kind=kind))
        two = pool.submit(walk, row("tokens:40@200:b", kind=kind))

    assert one.result().text == numbered(40, "a")
    assert two.result().text == numbered(40, "b")


@pytest.mark.parametrize("script", ["no-space", "crlf", "cr", "unknown-events"])
def test_other_ways_to_write_the_same_protocol_are_understood(row, kind, script) -> None:
    assert walk(row(f"{script}:hello there you", kind=kind)).text == "hello there you"
