"""Whether the database takes what is written: on a full disk it still reads. Asked rarely, one at a time."""

import asyncio
import math
import time

from core.threads import in_database_thread
from diagnostics.signs import show_life

EVERY = 15.0
_NAME = "database"


class Proof:
    """Raises what writing raised. One who waits too long leaves; the attempt itself is never doubled."""

    def __init__(self) -> None:
        self._given_at = -math.inf
        self._attempt: asyncio.Task[None] | None = None

    async def asked(self) -> None:
        if time.monotonic() - self._given_at < EVERY:
            return
        loop = asyncio.get_running_loop()
        if self._attempt is None or self._attempt.done() or self._attempt.get_loop() is not loop:
            self._attempt = loop.create_task(self._write())
            self._attempt.add_done_callback(_note_failure)
        await asyncio.shield(self._attempt)

    def given(self) -> None:
        self._given_at = time.monotonic()

    async def _write(self) -> None:
        await in_database_thread(show_life, _NAME)
        self.given()


def _note_failure(attempt: "asyncio.Task[None]") -> None:
    """Nobody may be left who waits for it."""
    if not attempt.cancelled():
        attempt.exception()


proof = Proof()
