"""A logged-in client of VALIS: HTTP for the login and sessions, sockets for the chat."""

import asyncio
import http.cookiejar
import json
import re
import time
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import connect

ACK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Chat:
    """One reply as it was seen. Seconds; `is_whole` when the deltas make exactly the final text."""

    first_token: float
    total: float
    frames: int
    is_whole: bool
    text: str


class Browser:
    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))

    def log_in(self, username: str, password: str) -> None:
        page = self._opener.open(f"{self.address}/accounts/login/").read().decode()
        match = re.search(r'csrfmiddlewaretoken" value="([^"]+)', page)
        assert match
        form = {"csrfmiddlewaretoken": match[1], "username": username, "password": password}
        self._opener.open(f"{self.address}/accounts/login/", urllib.parse.urlencode(form).encode())

    def get(self, path: str) -> bytes:
        answer: bytes = self._opener.open(self.address + path).read()
        return answer

    def get_json(self, path: str) -> Any:
        return json.loads(self.get(path))

    @property
    def cookie_header(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._cookies)

    def post(self, path: str, data: dict[str, Any]) -> Any:
        token = next(cookie.value for cookie in self._cookies if cookie.name == "csrftoken")
        headers = {"Content-Type": "application/json", "X-CSRFToken": token or ""}
        request = urllib.request.Request(
            self.address + path, data=json.dumps(data).encode(), headers=headers, method="POST"
        )
        return json.load(self._opener.open(request))

    def new_session(self) -> str:
        session: str = self.post("/api/sessions", {"persona_id": "jane"})["id"]
        return session

    def socket(self, session: str) -> connect:
        address = f"ws{self.address.removeprefix('http')}/ws/chat/{session}"
        return connect(
            address, additional_headers={"Cookie": self.cookie_header}, origin=self.address, compression=None
        )


async def chat(socket: Any, text: str) -> Chat:
    """Send one message over an open socket and watch its reply to the end."""
    started = last_ack = time.perf_counter()
    await socket.send(json.dumps({"type": "send", "client_id": str(uuid.uuid4()), "text": text}))
    first, frames, pieces, is_gapless = 0.0, 0, [], True
    while True:
        event = json.loads(await socket.recv())
        now = time.perf_counter()
        if event["type"] == "turn.delta":
            first = first or now - started
            frames += 1
            is_gapless = is_gapless and event["at"] == sum(map(len, pieces))
            pieces = ["".join(pieces), event["text"]]
        elif event["type"] in {"turn.done", "turn.failed", "turn.interrupted", "error"}:
            whole = "".join(pieces)
            is_whole = is_gapless and whole == event.get("text")
            return Chat(first, now - started, frames, is_whole, whole)
        if "id" in event and now - last_ack > ACK_SECONDS:
            last_ack = now
            await socket.send(json.dumps({"type": "ack", "id": event["id"]}))


async def direct_chat(port: int, model: str) -> Chat:
    """The same reply straight from the provider, over the plainest HTTP client there is."""
    body = json.dumps(
        {"model": model, "stream": True, "messages": [{"role": "user", "content": "Go."}]}
    ).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer sk-benchmark\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode()
    started = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head + body)
    first, pieces = 0.0, []
    async for line in reader:
        found = re.search(rb'"content": ?"((?:[^"\\]|\\.)+)"', line)
        if found:
            first = first or time.perf_counter() - started
            pieces.append(found[1].decode())
    writer.close()
    return Chat(first, time.perf_counter() - started, len(pieces), is_whole=True, text="".join(pieces))
