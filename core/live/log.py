"""The last events of one topic as a process knows them, and readers with a cursor into them.

Readers have no queue of their own: a slow one costs no memory, it only falls behind the log.
"""

import asyncio
import threading
import time
from collections import deque
from contextlib import suppress
from itertools import islice

from core.live.base import Entry, Missed

LOG_LENGTH = 1024


class TopicLog:
    """Entries `first … end - 1` of a topic. Whoever appends or reads holds the lock of all logs."""

    __slots__ = ("entries", "first", "last_use", "lock", "readers")

    def __init__(self, lock: threading.Lock, *, first: int = 1) -> None:
        self.lock = lock
        self.first = first
        self.entries: deque[Entry] = deque()
        self.readers: set[Reader] = set()
        self.last_use = time.monotonic()

    @property
    def end(self) -> int:
        return self.first + len(self.entries)

    def append(self, entry: Entry) -> "tuple[Reader, ...]":
        """Returns who is to be woken, once the lock is free again."""
        self.entries.append(entry)
        if len(self.entries) > LOG_LENGTH:
            self.entries.popleft()
            self.first += 1
        self.last_use = time.monotonic()
        return tuple(self.readers)

    def skip(self) -> "tuple[Reader, ...]":
        """Say that something is missing here: every reader will be told. Returns who is to be woken."""
        self.first = self.end + 1
        self.entries.clear()
        return tuple(self.readers)


class Reader:
    """One reader, on the loop it was made on, beginning with what is appended next.

    Whoever makes one holds the lock of the log.
    """

    def __init__(self, log: TopicLog) -> None:
        self.log = log
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._news = asyncio.Event()
        self.cursor = log.end
        log.readers.add(self)

    async def next_entries(self) -> list[Entry]:
        """All entries not read yet, at least one; waits for it. Raises `Missed`."""
        while True:
            self._news.clear()
            entries = self._read()
            if entries:
                self.cursor += len(entries)
                return entries
            await self._news.wait()

    def _read(self) -> list[Entry]:
        log = self.log
        with log.lock:
            if self.cursor < log.first:
                raise Missed
            return list(islice(log.entries, self.cursor - log.first, None))

    def wake(self) -> None:
        if self._news.is_set():
            return
        if threading.get_ident() == self._thread:
            self._news.set()
            return
        with suppress(RuntimeError):  # its loop has ended, and others wait behind it
            self._loop.call_soon_threadsafe(self._news.set)

    def close(self) -> None:
        with self.log.lock:
            self.log.readers.discard(self)
