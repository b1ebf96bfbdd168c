"""Kombu's in-memory transport, waiting for messages in place of sleeping between looks.

The stock transport sleeps up to a second when its queues are empty, which would be a second
before the first token.
"""

import threading
from queue import Empty
from typing import Any

from kombu.transport import memory

_arrived = threading.Event()


class Channel(memory.Channel):
    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        super()._put(queue, message, **kwargs)
        _arrived.set()

    def basic_ack(self, delivery_tag: Any, multiple: bool = False) -> None:
        super().basic_ack(delivery_tag, multiple)
        _arrived.set()  # a place is free: with all of them taken, nothing is delivered


class Transport(memory.Transport):
    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None, **_: Any) -> None:
        """Deliver one message, waiting up to `timeout` seconds for it; raises `TimeoutError`."""
        assert self.cycle is not None
        _arrived.clear()
        try:
            self.cycle.get(self._deliver, timeout=timeout)
        except Empty:
            if not _arrived.wait(timeout):
                raise TimeoutError from None
