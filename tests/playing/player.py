"""Plays one performance on one connection, at its pace, and keeps the call's record."""

import asyncio
import socket
import struct
import time
from collections.abc import Callable

from tests.playing.ledger import Call, Outcome
from tests.playing.pacing import Wheel
from tests.playing.scripts import Ending, Frame, Performance

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
BURST = 256
"""Frames written in one go before the other streams have their turn."""


class Player:
    """Calls `on_end` once the last byte is on its way; never does for a silent ending."""

    def __init__(
        self,
        call: Call,
        performance: Performance,
        *,
        transport: asyncio.Transport,
        wheel: Wheel,
        on_end: Callable[[Ending], None],
    ) -> None:
        self._call = call
        self._performance = performance
        self._transport = transport
        self._wheel = wheel
        self._on_end = on_end
        self._due = wheel.now()
        self._waiting: Frame | None = None
        self._is_full = False
        self._is_over = False

    def play(self) -> None:
        """Write all that is due, then wait for the time or for room."""
        for _ in range(BURST):
            if self._is_full or self._is_over or self._waiting:
                return
            frame = next(self._performance.frames, None)
            if frame is None:
                self._finish()
            elif frame.delay:
                self._due += frame.delay
                self._waiting = frame
                self._wheel.at(self._due, self._write_waiting)
            else:
                self._write(frame)
        self._wheel.at(self._wheel.now(), self.play)

    def pause(self) -> None:
        """The client reads too slowly: nothing more until `resume`."""
        self._is_full = True

    def resume(self) -> None:
        self._is_full = False
        self._due = max(self._due, self._wheel.now())
        self.play()

    def abandon(self, outcome: Outcome) -> None:
        """The connection is gone."""
        self._is_over = True
        self._call.end(outcome)

    def _write_waiting(self) -> None:
        frame, self._waiting = self._waiting, None
        if frame is not None and not self._is_over:
            self._write(frame)
            self.play()

    def _write(self, frame: Frame) -> None:
        # The record goes first: whoever has read the bytes may look at it at once.
        call = self._call
        if frame.payload and call.first_byte is None:
            call.first_byte = time.time()
            call.status = self._performance.status
        if frame.tokens:
            if not call.said:
                call.first_token = time.time()
            call.said.extend(frame.tokens)
        if frame.is_last:
            call.end(self._performance.outcome)
        self._transport.write(frame.payload)

    def _finish(self) -> None:
        ending = self._performance.ending
        self._is_over = True
        if ending is Ending.SILENT:
            return
        self._call.end(self._performance.outcome)
        if ending is Ending.RESET:
            connection: socket.socket = self._transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self._on_end(ending)
