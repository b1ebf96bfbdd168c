"""What goes wrong, as a client sees it on the wire, and what the ledger says about it."""

import socket
import time
from email.utils import parsedate_to_datetime
from http.client import HTTPResponse, IncompleteRead

import anthropic as anthropic_sdk
import openai as openai_sdk
import pytest
from anthropic import Anthropic
from openai import OpenAI

from tests.playing import Outcome, PlayingServer
from tests.playing.asking import all_ways, anthropic_streamed, openai_streamed
from tests.playing.conftest import Plain

DONE = b"data: [DONE]"


def read_until(response: HTTPResponse, mark: bytes) -> bytes:
    """What came up to and with the line that contains the mark."""
    body = b""
    while mark not in body:
        line = response.readline()
        assert line, f"ended without {mark!r}: {body!r}"
        body += line
    return body


@pytest.mark.parametrize("code", [400, 401, 403, 404, 429, 500, 503, 529])
def test_an_error_status_is_raised_by_both_clients(
    server: PlayingServer, openai: OpenAI, anthropic: Anthropic, code: int
) -> None:
    for ask in all_ways(openai, anthropic):
        with pytest.raises((openai_sdk.APIStatusError, anthropic_sdk.APIStatusError)):
            ask(f"status:{code}")

    assert [call.status for call in server.calls] == [code] * 4
    assert {call.outcome for call in server.calls} == {Outcome.REFUSED}


@pytest.mark.parametrize(
    ("value", "header"),
    [("2", "2"), ("0.5", "0.5"), ("day", "86400"), ("nonsense", "soon, very soon")],
)
def test_a_rate_limit_says_when_to_come_back(plain: Plain, value: str, header: str) -> None:
    response = plain.ask(f"status:429:retry-after={value}")

    assert response.getheader("retry-after") == header


@pytest.mark.parametrize(("value", "seconds"), [("date", 2), ("date+30", 30), ("date-30", -30)])
def test_the_time_to_come_back_can_be_a_date(plain: Plain, value: str, seconds: int) -> None:
    header = plain.ask(f"status:429:retry-after={value}").getheader("retry-after")

    assert parsedate_to_datetime(str(header)).timestamp() == pytest.approx(time.time() + seconds, abs=2)


def test_a_failed_reply_that_is_not_streamed_keeps_the_connection(plain: Plain) -> None:
    plain.ask("status:500", stream=False).read()
    first_socket = plain.connection.sock
    plain.ask("say:hello", stream=False).read()

    assert plain.connection.sock is first_socket


def test_a_html_page_comes_with_status_200_or_another(plain: Plain) -> None:
    page = plain.ask("html")
    body = page.read()
    error_page = plain.ask("html:502")

    assert (page.status, page.getheader("content-type")) == (200, "text/html; charset=utf-8")
    assert body.startswith(b"<!doctype html>")
    assert error_page.status == 502


def test_a_cut_stream_ends_in_the_middle_of_the_response(server: PlayingServer, plain: Plain) -> None:
    with pytest.raises(IncompleteRead) as caught:
        plain.ask("cut:5").read()

    assert b'"w4 "' in caught.value.partial
    assert DONE not in caught.value.partial
    assert server.calls[0].outcome is Outcome.BROKEN


def test_a_reset_stream_breaks_the_connection(plain: Plain) -> None:
    with pytest.raises(ConnectionResetError):
        plain.ask("reset:5").read()


def test_a_stream_without_its_terminal_event_ends_cleanly(server: PlayingServer, plain: Plain) -> None:
    body = plain.ask("no-terminal:5").read()

    assert b'"w4 "' in body
    assert DONE not in body
    assert b'"finish_reason":"stop"' not in body
    assert server.calls[0].outcome is Outcome.BROKEN


def test_a_cut_reply_that_is_not_streamed_is_half_a_body(plain: Plain) -> None:
    with pytest.raises(IncompleteRead):
        plain.ask("cut:5", stream=False).read()


def test_a_silent_stream_says_five_tokens_and_holds_the_connection(
    server: PlayingServer, plain: Plain
) -> None:
    response = plain.ask("silent:5")
    read_until(response, b'"w4 "')
    assert plain.connection.sock is not None
    plain.connection.sock.settimeout(0.2)

    with pytest.raises(TimeoutError):
        read_until(response, DONE)
    assert server.calls[0].outcome is Outcome.OPEN


def test_a_pinging_stream_shows_signs_of_life_but_no_text(server: PlayingServer, plain: Plain) -> None:
    response = plain.ask("pings:1")
    for _ in range(3):
        read_until(response, b": keep-alive")

    assert server.calls[0].text == "w0 "


def test_a_hanging_provider_sends_not_even_headers(server: PlayingServer, plain: Plain) -> None:
    plain.send("hang")
    assert plain.connection.sock is not None
    plain.connection.sock.settimeout(0.2)

    with pytest.raises(TimeoutError):
        plain.connection.getresponse()
    assert server.calls[0].first_byte is None


def test_a_provider_can_send_headers_and_nothing_else(server: PlayingServer, plain: Plain) -> None:
    response = plain.ask("headers-only")
    assert plain.connection.sock is not None
    plain.connection.sock.settimeout(0.2)

    assert response.status == 200
    with pytest.raises(TimeoutError):
        response.read(1)


def test_an_answer_can_be_late_as_a_whole(plain: Plain) -> None:
    began = time.monotonic()
    response = plain.ask("after:0.2:status:500")

    assert response.status == 500
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("model", ["garbage", "bad-utf8"])
def test_garbage_in_a_reply_is_not_readable(openai: OpenAI, anthropic: Anthropic, model: str) -> None:
    for ask in all_ways(openai, anthropic):
        with pytest.raises(ValueError, match=r"codec|delimiter|Unterminated|Expecting"):
            ask(model)


def test_garbage_is_followed_by_a_proper_end(plain: Plain) -> None:
    body = plain.ask("garbage:2").read()

    assert body.index(b'"w1 "') < body.index(b'"after ') < body.index(DONE)


def test_an_error_object_inside_a_stream_is_raised_by_both_clients(
    server: PlayingServer, openai: OpenAI, anthropic: Anthropic
) -> None:
    with pytest.raises(openai_sdk.APIError, match="server had an error"):
        openai_streamed(openai, "error-object:5")
    with pytest.raises(anthropic_sdk.APIStatusError, match="overloaded_error"):
        anthropic_streamed(anthropic, "error-object:5")

    assert [call.tokens_out for call in server.calls] == [5, 5]


def test_a_lone_surrogate_arrives_as_legal_json(openai: OpenAI) -> None:
    assert openai_streamed(openai, "lone-surrogate") == "a \ud83d z"


def test_a_flaky_model_fails_twice_and_then_speaks(openai: OpenAI) -> None:
    for _ in range(2):
        with pytest.raises(openai_sdk.InternalServerError):
            openai_streamed(openai, "flaky:2:say:back again")

    assert openai_streamed(openai, "flaky:2:say:back again") == "back again"


def test_one_model_can_play_one_script_after_the_other(plain: Plain) -> None:
    responses = []
    for _ in range(5):
        response = plain.ask("fail-then:2*status:429|html|say:well")
        responses.append((response.status, b"well" in response.read()))

    assert responses == [(429, False), (429, False), (200, False), (200, True), (200, True)]


def test_a_model_can_break_and_recover_at_the_tests_command(server: PlayingServer, openai: OpenAI) -> None:
    server.cast("gpt-4o", "status:500")
    with pytest.raises(openai_sdk.InternalServerError):
        openai_streamed(openai, "gpt-4o")
    server.cast("gpt-4o", "say:fine")

    assert openai_streamed(openai, "gpt-4o") == "fine"


@pytest.mark.parametrize("model", ["gpt-9", "tokens:many", "flaky:", "tokens:5@0", "slow-first:1:hang"])
def test_a_name_that_cannot_be_played_is_an_unknown_model(openai: OpenAI, model: str) -> None:
    with pytest.raises(openai_sdk.NotFoundError, match="does not exist"):
        openai_streamed(openai, model)


def test_requests_that_a_real_provider_refuses_are_refused(openai: OpenAI, server: PlayingServer) -> None:
    with pytest.raises(openai_sdk.BadRequestError, match="at least one message"):
        openai.chat.completions.create(model="echo", messages=[])

    assert server.calls[0].outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\ncontent-length: 999999999\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", b"411"),
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 70_000, b"431"),
    ],
)
def test_a_request_that_is_not_http_is_answered_and_the_connection_closed(
    server: PlayingServer, sent: bytes, status: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall(sent)
        with client.makefile("rb") as answer:
            assert answer.read().split(b" ")[1] == status
