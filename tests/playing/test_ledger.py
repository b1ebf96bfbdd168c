"""The provider's own record: what was asked, what was sent, how it ended, what overlapped."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from anthropic import Anthropic
from openai import OpenAI

from tests.playing import Call, Outcome, PlayingServer, max_overlap, numbered
from tests.playing.asking import openai_streamed
from tests.playing.conftest import Plain


def has_ended(server: PlayingServer) -> None:
    server.calls.wait_until(lambda calls: all(call.ended for call in calls))


def test_a_call_keeps_who_asked_and_what(server: PlayingServer, openai: OpenAI) -> None:
    openai.chat.completions.create(
        model="echo",
        messages=[
            {"role": "system", "content": "You are Jane."},
            {"role": "user", "content": "Hello"},
        ],
    )
    call = server.calls[0]

    assert (call.form, call.model, call.api_key) == ("openai", "echo", "openai-key")
    assert call.system == "You are Jane."
    assert call.messages[-1] == {"role": "user", "text": "Hello"}


def test_the_system_prompt_and_key_are_found_in_the_anthropic_form_too(
    server: PlayingServer, anthropic: Anthropic
) -> None:
    anthropic.messages.create(
        model="echo",
        max_tokens=10,
        system=[{"type": "text", "text": "You are Sam."}],
        messages=[{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
    )
    call = server.calls[0]

    assert (call.form, call.api_key) == ("anthropic", "anthropic-key")
    assert (call.system, call.last_user_text, call.text) == ("You are Sam.", "Hello", "Hello")


def test_times_are_in_the_order_of_what_happened(server: PlayingServer, plain: Plain) -> None:
    before = time.time()
    plain.ask("slow-first:0.1:tokens:3@50").read()
    call = server.calls[0]
    assert call.first_byte
    assert call.first_token
    assert call.ended

    assert before <= call.started <= call.first_byte <= call.first_token <= call.ended
    assert call.first_token - call.started >= 0.1


@pytest.mark.parametrize("model", ["tokens:1000@20", "silent:5", "hang", "headers-only", "pings"])
def test_a_client_that_leaves_is_noticed_within_50_ms(
    server: PlayingServer, plain: Plain, model: str
) -> None:
    plain.send(model)
    server.calls.wait_until(lambda calls: len(calls) == 1)
    time.sleep(0.1)
    assert plain.connection.sock is not None
    left = time.time()
    plain.connection.sock.close()
    has_ended(server)
    call = server.calls[0]

    assert call.outcome is Outcome.CLOSED_BY_CLIENT
    assert call.ended
    assert call.ended - left < 5


def test_nothing_is_said_after_the_client_left(server: PlayingServer, plain: Plain) -> None:
    plain.send("tokens:1000@100")
    server.calls.wait_until(lambda calls: len(calls) == 1 and calls[0].tokens_out >= 3)
    plain.connection.close()
    has_ended(server)
    said = server.calls[0].text
    time.sleep(0.1)

    assert server.calls[0].text == said
    assert numbered(1000).startswith(said)


def _once_it_stands_still(server: PlayingServer) -> int:
    """Tokens sent when a quarter of a second brought no more of them."""
    sent = -1
    while sent != (sent := server.calls[0].tokens_out):
        time.sleep(0.25)
    return sent


def test_a_client_that_does_not_read_is_waited_for(server: PlayingServer, plain: Plain) -> None:
    plain.send("tokens:1000000")
    server.calls.wait_until(lambda calls: len(calls) == 1 and calls[0].tokens_out > 0)
    held_at = _once_it_stands_still(server)
    plain.connection.close()
    has_ended(server)

    assert held_at < 1_000_000
    assert server.calls[0].outcome is Outcome.CLOSED_BY_CLIENT


def test_a_client_that_hangs_up_with_text_still_unread_is_gone(server: PlayingServer, plain: Plain) -> None:
    plain.send("tokens:1000000")
    server.calls.wait_until(lambda calls: len(calls) == 1 and calls[0].tokens_out > 0)
    time.sleep(0.3)
    assert plain.connection.sock is not None
    plain.connection.sock.shutdown(socket.SHUT_WR)
    has_ended(server)

    assert server.calls[0].outcome is Outcome.CLOSED_BY_CLIENT


def test_a_reader_that_was_slow_gets_everything_once(server: PlayingServer, plain: Plain) -> None:
    response = plain.ask("tokens:30000")
    time.sleep(0.3)
    body = response.read()

    assert body.count(b'"content":"w') == 30_000
    assert server.calls[0].outcome is Outcome.COMPLETED


def test_calls_at_the_same_time_overlap(server: PlayingServer, openai: OpenAI) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: openai_streamed(openai, "tokens:20@100"), range(3)))

    assert max_overlap(list(server.calls)) == 3


def test_calls_one_after_the_other_do_not_overlap(server: PlayingServer, openai: OpenAI) -> None:
    for _ in range(5):
        openai_streamed(openai, "tokens:5@500")

    assert max_overlap(list(server.calls)) == 1


def test_a_call_that_starts_when_another_ends_does_not_overlap() -> None:
    first, second = (Call(n, "openai", "echo", "echo", "", {}) for n in (1, 2))
    first.started, first.ended, second.started = 10.0, 11.0, 11.0

    assert max_overlap([first, second]) == 1


def test_calls_can_be_picked_by_model_key_words_and_outcome(server: PlayingServer, openai: OpenAI) -> None:
    openai_streamed(openai, "say:one")
    openai_streamed(openai, "say:two")
    calls = server.calls

    assert [call.model for call in calls.where(model="say:one")] == ["say:one"]
    assert len(calls.where(api_key="openai-key", containing="How are")) == 2
    assert calls.where(outcome="refused") == []


def test_waiting_for_what_does_not_happen_tells_what_did(server: PlayingServer, openai: OpenAI) -> None:
    openai_streamed(openai, "say:one")

    with pytest.raises(TimeoutError, match="say:one"):
        server.calls.wait_until(lambda calls: len(calls) == 2, timeout=0.05)


def test_stopping_the_server_ends_open_calls_and_keeps_the_ledger() -> None:
    server = PlayingServer().start()
    client = Plain(server.port)
    client.send("silent:2")
    server.calls.wait_until(lambda calls: len(calls) == 1 and calls[0].tokens_out == 2)
    server.stop()

    assert server.calls[0].outcome is Outcome.SERVER_STOPPED


def test_a_server_that_was_down_comes_back_on_its_port() -> None:
    server = PlayingServer().start()
    port = server.port
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        Plain(port).ask("echo")
    with server:
        assert server.port == port
        assert Plain(port).ask("echo").status == 200
