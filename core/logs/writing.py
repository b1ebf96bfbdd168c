"""Writing the log in a thread of its own, so that nobody who logs ever waits for a disk or a pipe."""

import logging
import queue
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol

from core.logs.entries import Entry, entry_of, is_own

MOST_WAITING = 10_000
"""Lines that may wait to be written. What comes while so many wait is dropped, and counted."""
MOST_AT_ONCE = 200
FLUSH_SECONDS = 2.0


class Line(NamedTuple):
    """What is handed to the thread. `error` is the error itself, for who tracks errors."""

    entry: Entry
    level: int
    error: BaseException | None


class Sink(Protocol):
    """Where lines go."""

    def write(self, lines: Sequence[Line]) -> None:
        """Called from one thread only; may block, may raise."""

    def close(self) -> None: ...


class BackgroundHandler(logging.Handler):
    """Takes records from every thread and loop; writes them, in order, from one thread.

    `flush` and `close`, which Python calls at its end, wait until everything is written, 2 s at most.
    """

    def __init__(self, sinks: Sequence[Sink]) -> None:
        super().__init__()
        self._sinks = sinks
        # Not `queue.Queue`: a signal handler may log while the thread it interrupted is logging.
        self._waiting: queue.SimpleQueue[Line | threading.Event | None] = queue.SimpleQueue()
        self._dropped = self._told = 0
        self._thread: threading.Thread | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Libraries are heard from warnings on: below that they print requests with all that is in them.

        Here too, because some of them set their loggers' levels themselves.
        """
        return record.levelno >= logging.WARNING or is_own(record.name)

    def emit(self, record: logging.LogRecord) -> None:
        if self._waiting.qsize() >= MOST_WAITING:
            self._dropped += 1
            return
        try:
            entry, error = entry_of(record)
            line = Line(entry, record.levelno, error)
        except Exception:  # noqa: BLE001  (it must not end what it tells of)
            line = _notice("a line could not be made", of=record.name)
        self._start()
        self._waiting.put(line)

    def flush(self) -> None:
        thread = self._thread
        if thread is None or not thread.is_alive() or thread is threading.current_thread():
            return
        is_written = threading.Event()
        self._waiting.put(is_written)
        is_written.wait(FLUSH_SECONDS)

    def close(self) -> None:
        self.flush()
        self._waiting.put(None)
        for sink in self._sinks:
            sink.close()
        super().close()

    def _start(self) -> None:
        """Also after a fork, which leaves the thread behind. The handler's lock is held."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name="log", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            lines: list[Line] = []
            item = self._waiting.get()
            while isinstance(item, Line):
                lines.append(item)
                if len(lines) == MOST_AT_ONCE or self._waiting.empty():
                    break
                item = self._waiting.get()
            self._write(lines)
            if item is None:
                return
            if isinstance(item, threading.Event):
                item.set()

    def _write(self, lines: list[Line]) -> None:
        if newly_dropped := self._dropped - self._told:
            self._told += newly_dropped
            lines.append(_notice("lines were dropped", count=newly_dropped))
        if not lines:
            return
        for sink in self._sinks:
            with suppress(Exception):  # a full disk: the others are written all the same
                sink.write(lines)


def _notice(event: str, **fields: object) -> Line:
    """A line of our own, which does not go through the queue."""
    record = logging.LogRecord(__name__, logging.ERROR, __file__, 0, {"event": event, **fields}, None, None)
    return Line(entry_of(record)[0], record.levelno, None)
