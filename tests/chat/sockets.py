"""A browser's side of the chat socket, speaking to the ASGI application without a server between."""

import json
import uuid
from types import TracebackType
from typing import Any, Self

from channels.testing import WebsocketCommunicator
from django.test import Client

from accounts.models import User
from valis_site.asgi import application

HOST, ORIGIN = "testserver", "http://testserver"
SECONDS = 60


def login_of(user: User) -> str:
    """The cookie of a login, as a browser sends it."""
    browser = Client()
    browser.force_login(user)
    return f"sessionid={browser.cookies['sessionid'].value}"


class Closed(AssertionError):
    """The server closed the socket; `code` says why."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class Socket:
    """One socket to one session. Keeps every event, and the texts put together from them (I4)."""

    def __init__(
        self,
        session: uuid.UUID | str = "",
        *,
        path: str = "",
        cookie: str = "",
        authorization: str = "",
        origin: str | None = ORIGIN,
        host: str = HOST,
    ) -> None:
        headers = [(b"host", host.encode()), (b"cookie", cookie.encode())]
        if authorization:
            headers.append((b"authorization", authorization.encode()))
        if origin is not None:
            headers.append((b"origin", origin.encode()))
        self._wire = WebsocketCommunicator(application, path or f"/ws/chat/{session}", headers=headers)
        self.events: list[dict[str, Any]] = []
        self.texts: dict[int, tuple[int, str]] = {}
        self.elsewhere: set[int] = set()
        self.last_id = ""

    async def connect(self) -> bool:
        """Whether the server accepts the socket."""
        is_accepted, _ = await self._wire.connect(SECONDS)
        return bool(is_accepted)

    async def __aenter__(self) -> Self:
        assert await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._wire.disconnect()

    async def say(self, kind: str, **fields: object) -> None:
        await self.say_raw(json.dumps({"type": kind, **fields}))

    async def say_raw(self, frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            await self._wire.send_to(bytes_data=frame)
        else:
            await self._wire.send_input({"type": "websocket.receive", "text": frame})

    async def send(self, text: str = "Hello Jane.", **fields: object) -> None:
        await self.say("send", **({"client_id": str(uuid.uuid4()), "text": text} | fields))

    async def hears(self) -> dict[str, Any]:
        """The next event. Raises `Closed`."""
        output = await self._wire.receive_output(SECONDS)
        if output["type"] == "websocket.close":
            raise Closed(output.get("code", 1000))
        event: dict[str, Any] = json.loads(output["text"])
        self.events.append(event)
        self.last_id = event.get("id", self.last_id)
        self._put_together(event)
        return event

    async def hears_until(self, kind: str) -> dict[str, Any]:
        while (event := await self.hears())["type"] != kind:
            pass
        return event

    async def hello(self, *, after: str = "") -> dict[str, Any]:
        await self.say("hello", after=after)
        return await self.hears()

    async def closing_code(self) -> int:
        """What the server closes the socket with, whatever it says before."""
        try:
            while True:
                await self.hears()
        except Closed as closed:
            return closed.code

    async def is_silent(self, seconds: float = 0.05) -> bool:
        return bool(await self._wire.receive_nothing(timeout=seconds))

    def _put_together(self, event: dict[str, Any]) -> None:
        """As docs/reference/protocol.md says, and without mercy for gaps."""
        if event["type"] == "snapshot":
            on_path = {turn["id"] for turn in event["turns"]}
            self.elsewhere = (self.elsewhere | set(self.texts)) - on_path
            self.texts = {turn["id"]: (turn["attempt"], turn["text"]) for turn in event["turns"]}
        if event["type"] == "turn.queued":
            turn = event["turn"]
            self.texts.setdefault(turn["id"], (turn["attempt"], turn["text"]))
        if not isinstance(event.get("turn"), int) or event["type"] == "error":
            return
        if event["turn"] in self.elsewhere:
            return  # of a version that is not shown
        attempt, text = self.texts.get(event["turn"], (0, ""))
        if event["attempt"] < attempt:
            return
        if event["attempt"] > attempt:
            attempt, text = event["attempt"], ""
        if event["type"] == "turn.delta":
            assert event["at"] <= len(text), "a gap"
            text += event["text"][len(text) - event["at"] :]
        elif "text" in event:
            assert event["text"].startswith(text), "the pieces are not the text"
            text = event["text"]
        self.texts[event["turn"]] = (attempt, text)
