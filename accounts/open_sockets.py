"""Open sockets of this process, and closing those whose login has ended.

A change of a login is heard of at once (`accounts.login_changes`), and looked for every few seconds
besides. From the hint to the answer of the database a socket is held: nothing comes in or goes out.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from accounts.login_changes import TOPIC
from accounts.logins import KeyLogin, Login, ended
from core import live
from core.threads import in_database_thread

logger = logging.getLogger(__name__)

NOT_SIGNED_IN = 4401
CHECK_SECONDS = 5.0

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class OpenSocket:
    """The way between a socket and its application, which is shut when the login ends."""

    def __init__(self, login: Login | KeyLogin, receive: Receive, send: Send) -> None:
        self.login = login
        self.doubts = 0
        """How often it was held so far: a check that began before the last time proves nothing."""
        self._receive = receive
        self._send = send
        self._is_closed = False
        self._may_pass = asyncio.Event()
        self._may_pass.set()

    @property
    def is_held(self) -> bool:
        return not self._may_pass.is_set()

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] != "websocket.disconnect":
            await self._may_pass.wait()
        return message

    async def send(self, message: Message) -> None:
        await self._may_pass.wait()
        if self._is_closed:
            return
        self._is_closed = message["type"] == "websocket.close"
        await self._send(message)

    def hold(self) -> None:
        self.doubts += 1
        self._may_pass.clear()

    def release(self) -> None:
        self._may_pass.set()

    async def close(self, code: int) -> None:
        """What the application says from now on is dropped."""
        if not self._is_closed:
            self._is_closed = True
            await self._send({"type": "websocket.close", "code": code})
        self.release()


class Watch:
    """Looks after all open sockets on one event loop, from the first to the last."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.sockets: set[OpenSocket] = set()
        self._news = asyncio.Event()
        self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._check_now_and_then())]

    def end(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _hear(self) -> None:
        """Hold the sockets of whoever's logins changed, and have them checked at once."""
        subscription = await live.subscribe(TOPIC)
        try:
            while True:
                try:
                    entries = await subscription.next_entries()
                except live.Missed:
                    subscription.close()
                    subscription = await live.subscribe(TOPIC)
                    self._hold(self.sockets)
                    continue
                changed = {json.loads(each.frame)["user"] for each in entries}
                self._hold({each for each in self.sockets if each.login.user_id in changed})
        finally:
            subscription.close()

    def _hold(self, sockets: set[OpenSocket]) -> None:
        for socket in sockets:
            socket.hold()
        if sockets:
            self._news.set()

    async def _check_now_and_then(self) -> None:
        check_all_at = self.loop.time() + CHECK_SECONDS
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(check_all_at):
                    await self._news.wait()
            self._news.clear()
            sockets = {each for each in self.sockets if each.is_held}
            if self.loop.time() >= check_all_at:
                sockets, check_all_at = set(self.sockets), self.loop.time() + CHECK_SECONDS
            try:
                await _check(sockets)
            except Exception:
                # Without the database nobody can take rights away either; what is held stays held.
                logger.exception("open sockets could not be checked, which is tried again")


async def _check(sockets: set[OpenSocket]) -> None:
    doubts = {socket: socket.doubts for socket in sockets}
    over = await in_database_thread(ended, {each.login for each in sockets})
    for socket in sockets:
        if socket.login in over:
            await socket.close(NOT_SIGNED_IN)
        elif socket.doubts == doubts[socket]:
            socket.release()


_watch: Watch | None = None


@asynccontextmanager
async def watched(socket: OpenSocket) -> AsyncIterator[None]:
    """Look after a socket while it is open."""
    global _watch  # noqa: PLW0603
    if _watch is None or _watch.loop is not asyncio.get_running_loop():
        _watch = Watch()
    watch = _watch
    watch.sockets.add(socket)
    try:
        yield
    finally:
        watch.sockets.discard(socket)
        if not watch.sockets:
            watch.end()
            _watch = None if _watch is watch else _watch
