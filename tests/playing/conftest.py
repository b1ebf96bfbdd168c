"""A playing server for each test, the official clients, and plain HTTP for what they hide."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse

import pytest
from anthropic import Anthropic
from openai import OpenAI

from tests.playing import PlayingServer


@pytest.fixture
def server() -> Iterator[PlayingServer]:
    with PlayingServer() as server:
        yield server


@pytest.fixture
def openai(server: PlayingServer) -> Iterator[OpenAI]:
    with OpenAI(base_url=server.openai_url, api_key="openai-key", max_retries=0) as client:
        yield client


@pytest.fixture
def anthropic(server: PlayingServer) -> Iterator[Anthropic]:
    with Anthropic(base_url=server.url, api_key="anthropic-key", max_retries=0) as client:
        yield client


class Plain:
    """Bytes as they come, and a connection that can be closed at a chosen moment."""

    def __init__(self, port: int) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=5)

    def ask(self, model: str, *, stream: bool = True) -> HTTPResponse:
        self.send(model, stream=stream)
        return self.connection.getresponse()

    def send(self, model: str, *, stream: bool = True) -> None:
        messages = [{"role": "user", "content": "hello"}]
        body = json.dumps({"model": model, "stream": stream, "messages": messages})
        self.connection.request("POST", "/v1/chat/completions", body)

    def json(self, method: str, path: str, body: object = None) -> object:
        self.connection.request(method, path, json.dumps(body))
        return json.load(self.connection.getresponse())


@pytest.fixture
def plain(server: PlayingServer) -> Iterator[Plain]:
    client = Plain(server.port)
    yield client
    client.connection.close()
