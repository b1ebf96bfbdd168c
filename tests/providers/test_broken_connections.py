"""A connection that breaks takes no byte with it that had already arrived."""

import socket
import struct
import threading
from collections.abc import Iterator

import aiohttp
import httpx2
import pytest

from providers.broken_connections import why_broken
from tests.providers.walking import Walk, scripted, walk

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
END = b"data: [DONE]\n\n"


def words(text: str) -> bytes:
    return b'data: {"choices": [{"delta": {"content": "%b"}}]}\n\n' % text.encode()


def chunk(events: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(events), events)


class BreakingServer:
    """Says its first words, then, while their reader rests, all the rest, and breaks the connection."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        self.first_words_were_read = threading.Event()

    def play(self, first: bytes, rest: bytes) -> None:
        threading.Thread(target=self._serve, args=[first, rest], daemon=True).start()

    def _serve(self, first: bytes, rest: bytes) -> None:
        for _ in range(2):  # the first visitor only knocks
            visitor, _ = self._listener.accept()
            with visitor:
                if visitor.recv(65536):
                    visitor.sendall(first)
                    self.first_words_were_read.wait(5)
                    visitor.sendall(rest)
                    # Closed like this, the connection ends with a reset.
                    visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.fixture
def server() -> Iterator[BreakingServer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield BreakingServer(listener)


class Listener(list):
    """What a walk tells; the server hears of the first words."""

    def __init__(self, server: BreakingServer) -> None:
        super().__init__()
        self._server = server

    def append(self, told: object) -> None:
        super().append(told)
        if isinstance(told, str):
            self._server.first_words_were_read.set()


def ask(server: BreakingServer, row) -> Walk:
    return walk(row("any", base_url=server.url), scripted(), into=Walk(told=Listener(server)))


BREAKS = pytest.mark.parametrize("break_off", [b"", b"zz\r\n"], ids=["reset", "wrong chunk"])


@BREAKS
def test_a_reply_that_came_whole_is_whole_although_the_connection_broke(row, server, break_off) -> None:
    server.play(HEAD + chunk(words("all ")), chunk(words("of ") + words("it") + END) + break_off)
    seen = ask(server, row)

    assert (seen.provider, seen.text) == ("first", "all of it")


@BREAKS
def test_words_that_came_before_the_break_are_seen_although_more_was_missing(row, server, break_off) -> None:
    server.play(HEAD + chunk(words("some ")), chunk(words("of ") + words("it")) + break_off)
    seen = ask(server, row)

    assert "".join(each for each in seen.told if isinstance(each, str)) == "some of ithello"
    assert seen.failure.code == "connection_broken"
    assert seen.text == "hello"


def test_a_reply_that_came_in_one_go_is_kept_as_well(row, server) -> None:
    server.first_words_were_read.set()
    server.play(HEAD + chunk(words("all of it") + END), b"")

    assert ask(server, row).text == "all of it"


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (aiohttp.ServerDisconnectedError(), "it hung up"),
        (aiohttp.ClientPayloadError(), "it was cut off"),
        (ConnectionResetError(), "it was reset"),
        (OSError(), "ConnectError"),
    ],
)
def test_why_it_broke_is_said_in_words_where_there_are_any(broken, words) -> None:
    error = httpx2.ConnectError("of the client")
    error.__cause__ = broken

    assert why_broken(error) == words


def test_the_story_says_that_a_server_hung_up(row, server) -> None:
    server.first_words_were_read.set()
    server.play(b"", b"")

    assert ask(server, row).failure.message in {
        "the connection failed (it was reset)",
        "the connection failed (it hung up)",
    }
