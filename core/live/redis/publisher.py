"""The way of events to Redis: one queue for the process, emptied in order on the engine loop."""

import asyncio
import logging
import threading
from collections import OrderedDict, deque
from contextlib import suppress
from typing import NamedTuple

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from core.live.counting import DROPPED
from core.live.redis.log import LIMITS, PUBLISH, id_of, key_of, newest_in
from core.loop import engine_loop

logger = logging.getLogger(__name__)

MOST_WAITING = 20_000
_BATCH = 256
_LONGEST_PAUSE = 2.0
_KNOWN_TOPICS = 10_000


class _Waiting(NamedTuple):
    topic: str
    body: bytes
    is_delta: bool


class Publisher:
    """`put` from any thread; while Redis is away events wait, and deltas are dropped when too many do."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._queue: deque[_Waiting] = deque()
        self._guard = threading.Lock()
        self._is_awake = False
        self._known: OrderedDict[str, str] = OrderedDict()
        self._script = ""
        self._task: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._put = 0
        self._done = 0
        self.published = 0
        self.dropped = 0

    def put(self, topic: str, body: bytes, *, is_delta: bool) -> None:
        with self._guard:
            if len(self._queue) >= MOST_WAITING:
                self.dropped += 1
                DROPPED.inc()
                if is_delta:
                    return
                self._queue.popleft()
                self._done += 1
            self._queue.append(_Waiting(topic, body, is_delta))
            self._put += 1
            must_wake, self._is_awake = not self._is_awake, True
        if must_wake:
            engine_loop().call_soon_threadsafe(self._wake)

    def known_id(self, topic: str) -> str:
        """Id of the newest entry of the topic that Redis has confirmed to this process, or ''."""
        return self._known.get(topic, "")

    async def flush(self) -> None:
        """Wait until everything put before has arrived."""
        before = self._put
        while self._done < before:
            self._news.clear()
            await self._news.wait()

    async def newest_id(self, topic: str) -> str:
        """Id of the newest entry in Redis, once everything put before has arrived there, or ''."""
        await self.flush()
        newest = await newest_in(self._redis, topic)
        if newest:
            self._remember(topic, newest)
        return newest

    def close(self) -> None:
        if self._task:
            self._task.cancel()

    def _wake(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._empty())

    async def _empty(self) -> None:
        pause = 0.05
        while batch := self._next_batch():
            try:
                await self._send(batch)
                self._has_done(len(batch))
                pause = 0.05
            except (OSError, RedisError) as error:
                if pause == 0.05:
                    logger.warning("live events wait for Redis (%s)", type(error).__name__)
                with self._guard:
                    self._queue.extendleft(reversed(batch))
                await asyncio.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 2)
            except Exception:
                logger.exception("%s live events were not published", len(batch))
                self.dropped += len(batch)
                self._has_done(len(batch))
                DROPPED.inc(len(batch))

    def _has_done(self, count: int) -> None:
        with self._guard:
            self._done += count
        self._news.set()

    def _next_batch(self) -> list[_Waiting]:
        with self._guard:
            batch = [self._queue.popleft() for _ in range(min(_BATCH, len(self._queue)))]
            self._is_awake = bool(batch)
            return batch

    async def _send(self, batch: list[_Waiting]) -> None:
        if not self._script:
            self._script = str(await self._redis.script_load(PUBLISH))
        pipeline = self._redis.pipeline(transaction=False)
        for each in batch:
            pipeline.evalsha(self._script, 1, key_of(each.topic), *LIMITS, each.body)
        try:
            ids = await pipeline.execute()
        except NoScriptError:  # Redis was started anew
            self._script = ""
            raise
        self.published += len(batch)
        for each, stream_id in zip(batch, ids, strict=True):
            self._remember(each.topic, id_of(stream_id))

    def _remember(self, topic: str, entry_id: str) -> None:
        self._known[topic] = entry_id
        self._known.move_to_end(topic)
        with suppress(KeyError):
            while len(self._known) > _KNOWN_TOPICS:
                self._known.popitem(last=False)
