"""The one connection on which a process hears Redis.

It is supervised: after a break it comes back, listens again, and reads from the logs what was said
meanwhile. A topic where that is not possible tells its readers that they missed something.
"""

import asyncio
import logging
import threading
from contextlib import suppress
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from core.live.log import Reader, TopicLog
from core.live.redis.log import entries_after, entry_of, key_of, newest_in

logger = logging.getLogger(__name__)

PATIENCE = 2.0
_PING_SECONDS = 4.0
_LONGEST_PAUSE = 2.0
_NAME = len(key_of(""))


class Heard:
    """What this process hears of a topic; `last_id` is the last entry in its log, or the one before it."""

    def __init__(self, lock: threading.Lock) -> None:
        self.log = TopicLog(lock)
        self.last_id: str | None = None
        self.is_live = asyncio.Event()
        self.users = 0

    def read(self) -> tuple[Reader, str]:
        """A reader from now on, on the loop of the caller, and the id of the last entry before it."""
        with self.log.lock:
            return Reader(self.log), self.last_id or ""


class Listener:
    """Used on the engine loop only."""

    def __init__(self, redis: Redis, *, news: Redis) -> None:
        self._redis = redis
        self._news = news
        self._lock = threading.Lock()
        self._topics: dict[str, Heard] = {}
        self._connection: AbstractConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_silent = False

    async def join(self, topic: str) -> Heard:
        """Hear a topic from now on. Waits until Redis has confirmed, and goes without after a while."""
        heard = self._topics.get(topic)
        if heard is None:
            heard = self._topics[topic] = Heard(self._lock)
            await self._ask("SUBSCRIBE", topic)
        heard.users += 1
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._listen())
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await heard.is_live.wait()
        return heard

    async def leave(self, topic: str) -> None:
        heard = self._topics[topic]
        heard.users -= 1
        if not heard.users:
            del self._topics[topic]
            await self._ask("UNSUBSCRIBE", topic)

    def close(self) -> None:
        if self._task:
            self._task.cancel()

    async def _ask(self, command: str, *topics: str) -> None:
        """Say it if there is a connection; a new one begins with all topics anyway."""
        if self._connection:
            with suppress(OSError, RedisError):
                await self._connection.send_command(command, *(key_of(topic) for topic in topics))

    async def _listen(self) -> None:
        pause = 0.05
        while True:
            try:
                await self._listen_once()
            except (OSError, RedisError, EOFError) as error:
                if self._connection:
                    pause = 0.05
                    logger.warning("live events are away (%s)", type(error).__name__)
            self._connection = None
            for heard in self._topics.values():
                heard.is_live.clear()
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)

    async def _listen_once(self) -> None:
        # Not the library's own subscriber: that one comes back by itself and keeps quiet about it,
        # and what was said in between would be lost.
        connection: Any = self._news.connection_pool.make_connection()  # type: ignore[no-untyped-call]
        try:
            await connection.connect()
            self._connection = connection
            if self._topics:
                await self._ask("SUBSCRIBE", *self._topics)
            async with asyncio.TaskGroup() as together:
                together.create_task(self._stay_in_touch(connection))
                together.create_task(self._hear(connection))
        except* (OSError, RedisError, EOFError) as errors:
            raise errors.exceptions[0] from None
        finally:
            await connection.disconnect(nowait=True)

    async def _stay_in_touch(self, connection: AbstractConnection) -> None:
        """Redis answers each ping, so silence between two of them is a connection that is gone."""
        while True:
            self._is_silent = True
            await connection.send_command("PING")
            await asyncio.sleep(_PING_SECONDS)
            if self._is_silent:
                raise ConnectionError("no answer to a ping")

    async def _hear(self, connection: AbstractConnection) -> None:
        while True:
            message = await connection.read_response(push_request=True)
            self._is_silent = False
            if isinstance(message, list):
                kind, *rest = message
                if kind == b"message":
                    self._take(*rest)
                elif kind == b"subscribe":
                    await self._catch_up(rest[0].decode()[_NAME:])

    def _take(self, channel: bytes, data: bytes) -> None:
        heard = self._topics.get(channel.decode()[_NAME:])
        stream_id, _, body = data.partition(b" ")
        entry = entry_of(stream_id, body)
        if heard is None or heard.last_id is None or entry.id <= heard.last_id:
            return
        with self._lock:
            heard.last_id = entry.id
            readers = heard.log.append(entry)
        for reader in readers:
            reader.wake()

    async def _catch_up(self, topic: str) -> None:
        """Listening has just begun, or begun again: what is in the log was not heard."""
        heard = self._topics.get(topic)
        if heard is None:
            return
        missed = None
        if heard.last_id is not None:
            missed = await entries_after(self._redis, topic, heard.last_id)
        newest = await newest_in(self._redis, topic) if missed is None else ""
        readers: tuple[Reader, ...] = ()
        with self._lock:
            for entry in missed or ():
                heard.last_id = entry.id
                readers = heard.log.append(entry)
            if missed is None:
                heard.last_id = newest
                readers = heard.log.skip()
        heard.is_live.set()
        for reader in readers:
            reader.wake()
