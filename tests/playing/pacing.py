"""One timer for everything that is due about now."""

import asyncio
from collections.abc import Callable
from math import ceil

TICK = 0.002
"""Seconds. Hundreds of streams share 500 wake-ups a second in place of one each per token."""


class Wheel:
    """Calls back up to a tick late, all that is due in one tick together."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._slots: dict[int, list[Callable[[], None]]] = {}

    def now(self) -> float:
        return self._loop.time()

    def at(self, due: float, callback: Callable[[], None]) -> None:
        slot = ceil(due / TICK)
        waiting = self._slots.get(slot)
        if waiting is None:
            self._slots[slot] = [callback]
            self._loop.call_at(slot * TICK, self._turn, slot)
        else:
            waiting.append(callback)

    def _turn(self, slot: int) -> None:
        for callback in self._slots.pop(slot):
            callback()
