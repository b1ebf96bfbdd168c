"""The text of the running attempt: written on the engine loop, read by the turn's thread."""

import asyncio
import threading
import time

from chat.announcing import Announcer
from chat.turns import Held
from core import live
from core.loop import engine_loop

FLUSH_SECONDS = 0.02


class Draft:
    """Collects deltas and publishes them: the first at once, later ones together every 20 ms.

    `at` counts code points, as the protocol does.
    """

    def __init__(self, held: Held, announcer: Announcer) -> None:
        self._held = held
        self._announcer = announcer
        self._guard = threading.Lock()
        self._pieces: list[str] = []
        self._waiting: list[str] = []
        self._length = 0
        self._last_flush = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False
        self.first_text_at: float | None = None
        """By the monotonic clock, whichever attempt it was of."""

    def append(self, text: str) -> None:
        """Take the next piece. Called on the engine loop only."""
        with self._guard:
            if self._is_closed:
                return
            self.first_text_at = self.first_text_at or time.monotonic()
            self._waiting.append(text)
            if self._timer is not None:
                return
            due_in = self._last_flush + FLUSH_SECONDS - time.monotonic()
            if due_in > 0:
                self._timer = engine_loop().call_later(due_in, self._flush_when_due)
                return
            self._flush()

    def checkpoint(self) -> tuple[str, str]:
        """Publish what waits. The text so far, and the id of a live event up to which it surely contains
        everything."""
        with self._guard:
            if not self._is_closed:
                self._flush()
            event_id = live.last_id(self._announcer.topic)
            return self._whole_text(), event_id

    def close(self) -> str:
        """Publish what waits, take nothing more, and give the whole text."""
        with self._guard:
            if not self._is_closed:
                self._flush()
                self._is_closed = True
            return self._whole_text()

    def discard(self) -> None:
        """Take and publish nothing more."""
        with self._guard:
            self._is_closed = True

    def restart(self, held: Held) -> None:
        """Begin the text of the next attempt."""
        with self._guard:
            self._held = held
            self._pieces, self._waiting, self._length, self._last_flush = [], [], 0, 0.0
            self._is_closed = False

    def _whole_text(self) -> str:
        self._pieces = ["".join(self._pieces)]
        return self._pieces[0] + "".join(self._waiting)

    def _flush_when_due(self) -> None:
        with self._guard:
            self._timer = None
            if not self._is_closed:
                self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        text = "".join(self._waiting)
        self._announcer.delta(self._held, at=self._length, text=text)
        self._pieces.append(text)
        self._length += len(text)
        self._waiting = []
        self._last_flush = time.monotonic()
