"""A client of one session that speaks the resume protocol, as the page does, and keeps a journal."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.harness.journal import Journal, Reply, Sent
from tests.harness.person import Person

ACK_SECONDS = 0.25
PAUSE = 0.1
"""Between two tries to connect; the page waits longer, which tests need not."""
COMES_BACK_AFTER = {1000, 1006, 1011, 1012, 1013, 4408, 4503}


class ChatClient:
    """Use it as `async with`: it connects, comes back whenever it is cut off, and sends again."""

    def __init__(self, person: Person, session: str, *, is_acknowledging: bool = True) -> None:
        self.session = session
        self.journal = Journal()
        self.is_acknowledging = is_acknowledging
        self._person = person
        self._socket: ClientConnection | None = None
        self._news = asyncio.Condition()
        self._acknowledged = ""
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._live()), asyncio.create_task(self._acknowledge())]
        await self.until(lambda: self.journal.snapshots, seconds=10)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def send(self, text: str, *, client_id: str | None = None) -> Sent:
        """Put a message on its way; it is sent again after each reconnect until it is accepted."""
        sent = Sent(self.session, text, **({"client_id": client_id} if client_id else {}))
        self.journal.sent[sent.client_id] = sent
        await self.send_again(sent)
        return sent

    async def ask(self, text: str) -> Sent:
        """Send, and wait until it is accepted."""
        sent = await self.send(text)
        await self.until(lambda: sent.turn)
        return sent

    async def say(self, **frame: Any) -> None:
        """Write a frame if there is a connection."""
        with contextlib.suppress(ConnectionClosed):
            if self._socket:
                await self._socket.send(json.dumps(frame))

    def reply_to(self, sent: Sent) -> Reply:
        assert sent.turn is not None, "not accepted"
        return self.journal.replies[sent.turn]

    async def reply(self, sent: Sent, *, seconds: float = 40) -> Reply:
        """The reply once it has ended."""
        await self.until(lambda: sent.turn is not None and self.reply_to(sent).is_final, seconds=seconds)
        return self.reply_to(sent)

    async def streamed(self, sent: Sent, characters: int = 1) -> Reply:
        """The reply once so much of it has been seen."""
        await self.until(lambda: sent.turn is not None and len(self.reply_to(sent).text) >= characters)
        return self.reply_to(sent)

    async def until(self, is_so: Callable[[], object], *, seconds: float = 40) -> None:
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(is_so)
        except TimeoutError:
            replies = {turn: each.status for turn, each in self.journal.replies.items()}
            raise AssertionError(
                f"not so after {seconds} s; closed: {self.journal.closings}, replies: {replies}, "
                f"errors: {self.journal.errors}"
            ) from None

    async def cut(self) -> None:
        """Break the connection without a word, as a lost network does."""
        if self._socket:
            self._socket.transport.abort()

    async def _live(self) -> None:
        while True:
            with contextlib.suppress(ConnectionClosed, InvalidStatus, OSError, TimeoutError):
                async with self._connection() as socket:
                    self._socket = socket
                    await self._converse(socket)
            code = self._socket.close_code if self._socket else None
            self._socket = None
            if code is not None:
                await self._note_closing(code)
                if code not in COMES_BACK_AFTER:
                    return
            await asyncio.sleep(PAUSE)

    def _connection(self) -> connect:
        return connect(
            f"ws{self._person.url.removeprefix('http')}/ws/chat/{self.session}",
            origin=self._person.url,
            additional_headers={"Cookie": self._person.cookie_header},
            compression=None,
            max_size=None,
            open_timeout=5,
        )

    async def _converse(self, socket: ClientConnection) -> None:
        after = self.journal.last_id
        await socket.send(json.dumps({"type": "hello", **({"after": after} if after else {})}))
        for sent in list(self.journal.sent.values()):
            await self.send_again(sent)
        async for frame in socket:
            async with self._news:
                is_whole = self.journal.hear(json.loads(frame))
                self._news.notify_all()
            if not is_whole:
                await socket.send('{"type": "hello"}')

    async def send_again(self, sent: Sent) -> None:
        """Under the same name, unless it was accepted."""
        if not sent.is_accepted:
            await self.say(type="send", client_id=sent.client_id, text=sent.text)

    async def _acknowledge(self) -> None:
        while True:
            await asyncio.sleep(ACK_SECONDS)
            last = self.journal.last_id
            if self.is_acknowledging and last != self._acknowledged:
                self._acknowledged = last
                await self.say(type="ack", id=last)

    async def _note_closing(self, code: int) -> None:
        async with self._news:
            self.journal.closings.append(code)
            self._news.notify_all()


@contextlib.asynccontextmanager
async def clients(person: Person, number: int) -> AsyncIterator[list[ChatClient]]:
    """So many clients, each on a session of its own."""
    sessions = [person.new_session() for _ in range(number)]
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(ChatClient(person, each)) for each in sessions]
