"""The back end of `core.live` for several processes."""

import asyncio
import json
import logging
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from core.live.base import Entry, Event
from core.live.redis.listener import Heard, Listener
from core.live.redis.log import entries_after
from core.live.redis.publisher import Publisher
from core.loop import engine_loop, on_engine_loop, run_on_loop

logger = logging.getLogger(__name__)

_ANSWER_SECONDS = 5.0
_CONNECT_SECONDS = 2.0
_NEWEST_SECONDS = 1.0


class RedisBackend:
    def __init__(self) -> None:
        self._redis = _client(socket_timeout=_ANSWER_SECONDS)
        # Waits as long as nothing happens, which the library's default of five seconds would end.
        news = _client(socket_timeout=None)
        self._publisher = Publisher(self._redis)
        self._listener = Listener(self._redis, news=news)

    def publish(self, topic: str, event: Event) -> None:
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        self._publisher.put(topic, body, is_delta=str(event.get("type")).endswith(".delta"))

    async def subscribe(self, topic: str, *, after: str) -> "RedisSubscription":
        heard = await on_engine_loop(self._listener.join(topic))
        subscription = RedisSubscription(self, topic, heard)
        subscription.is_resumed = bool(after) and await subscription.rewind(after)
        return subscription

    def last_id(self, topic: str) -> str:
        return self._publisher.known_id(topic)

    def newest_id(self, topic: str) -> str:
        asked = run_on_loop(self._publisher.newest_id(topic))
        try:
            return asked.result(_NEWEST_SECONDS)
        except (OSError, RedisError, FutureTimeoutError):
            asked.cancel()
            return self.last_id(topic)

    async def entries_after(self, topic: str, entry_id: str) -> list[Entry] | None:
        """What the log has after an entry; None when it no longer has that one, or Redis is away."""
        try:
            return await on_engine_loop(entries_after(self._redis, topic, entry_id))
        except (OSError, RedisError):
            return None

    def close(self, *, seconds: float) -> None:
        """Publish what still waits, within some seconds, and hang up."""

        async def close() -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._publisher.flush()
            self._publisher.close()
            self._listener.close()
            await self._redis.aclose()

        run_on_loop(close()).result(seconds + 1)

    def leave(self, topic: str) -> None:
        loop = engine_loop()
        loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self._listener.leave(topic), loop=loop))


class RedisSubscription:
    """First what the log had, then what is heard; nothing twice."""

    is_resumed = False

    def __init__(self, backend: RedisBackend, topic: str, heard: Heard) -> None:
        self._backend = backend
        self._topic = topic
        self._reader, self._position = heard.read()
        self._from_log: list[Entry] = []
        self._is_open = True

    @property
    def position(self) -> str:
        return self._position

    async def rewind(self, entry_id: str) -> bool:
        entries = await self._backend.entries_after(self._topic, entry_id)
        if entries is None:
            return False
        self._from_log, self._position = entries, entry_id
        return True

    async def next_entries(self) -> list[Entry]:
        while not (entries := self._from_log):
            entries = [each for each in await self._reader.next_entries() if each.id > self._position]
            if entries:
                break
        self._from_log = []
        self._position = entries[-1].id
        return entries

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._reader.close()
            self._backend.leave(self._topic)


def _client(socket_timeout: float | None) -> Redis:
    """A client that tells of every break at once: whoever uses it knows what has to be done then."""
    return Redis.from_url(
        settings.VALIS_REDIS_URL,
        protocol=2,
        socket_connect_timeout=_CONNECT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=socket_timeout,
    )
