"""Live events within one process."""

import json
import threading
import time

from core.live.base import Entry, Event
from core.live.log import Reader, TopicLog

IDLE_SECONDS = 300.0
_TIDY_EVERY = 4096


class MemoryBackend:
    """Ids are `<start of the process>-<number>`, so that none is used again after a restart."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._topics: dict[str, TopicLog] = {}
        self._era = f"{time.time_ns():x}"
        self._floor = 1
        self._published = 0

    def publish(self, topic: str, event: Event) -> None:
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        with self._lock:
            log = self._log(topic)
            entry_id = self.id_of(log.end)
            readers = log.append(Entry(entry_id, f'{{"id":"{entry_id}",{body[1:]}'))
            self._published += 1
            if self._published % _TIDY_EVERY == 0:
                self._tidy()
        for reader in readers:
            reader.wake()

    async def subscribe(self, topic: str, *, after: str) -> "MemorySubscription":
        with self._lock:
            subscription = MemorySubscription(self, self._log(topic))
        subscription.is_resumed = bool(after) and await subscription.rewind(after)
        return subscription

    def last_id(self, topic: str) -> str:
        with self._lock:
            log = self._topics.get(topic)
            return log.entries[-1].id if log and log.entries else ""

    newest_id = last_id

    def close(self, *, seconds: float) -> None:
        """Nothing waits here."""

    def id_of(self, number: int) -> str:
        return f"{self._era}-{number:016d}"

    def number_of(self, entry_id: str) -> int | None:
        era, _, number = entry_id.partition("-")
        return int(number) if era == self._era and number.isdecimal() else None

    def _log(self, topic: str) -> TopicLog:
        log = self._topics.get(topic)
        if log is None:
            log = self._topics[topic] = TopicLog(self._lock, first=self._floor)
        return log

    def _tidy(self) -> None:
        """Forget topics that nobody used for a while; later ones start above all their numbers."""
        idle_since = time.monotonic() - IDLE_SECONDS
        for name, log in list(self._topics.items()):
            if not log.readers and log.last_use < idle_since:
                self._floor = max(self._floor, log.end)
                del self._topics[name]


class MemorySubscription(Reader):
    is_resumed = False

    def __init__(self, backend: MemoryBackend, log: TopicLog) -> None:
        super().__init__(log)
        self._backend = backend

    @property
    def position(self) -> str:
        return self._backend.id_of(self.cursor - 1)

    async def rewind(self, entry_id: str) -> bool:
        number = self._backend.number_of(entry_id)
        if number is None or not self.log.first - 1 <= number < self.log.end:
            return False
        self.cursor = number + 1
        return True
