"""Back-pressure of one socket: the server itself has none towards a slow browser."""

import asyncio
from collections import deque

from core.live import Entry

MOST_IN_FLIGHT = 256 * 1024
PATIENCE = 20.0


class Flow:
    """Counts what was sent and not yet acknowledged, in characters."""

    def __init__(self) -> None:
        self._in_flight: deque[tuple[str, int]] = deque()
        self._size = 0
        self._acknowledged = asyncio.Event()

    def sent(self, entry: Entry) -> None:
        self._in_flight.append((entry.id, len(entry.frame)))
        self._size += len(entry.frame)

    def acknowledge(self, entry_id: str) -> None:
        """Everything up to this id has arrived. Ids of one topic sort as text."""
        while self._in_flight and self._in_flight[0][0] <= entry_id:
            self._size -= self._in_flight.popleft()[1]
        self._acknowledged.set()

    async def has_room(self) -> bool:
        """Wait until more may be sent; False when the browser does not keep up."""
        if self._size <= MOST_IN_FLIGHT:
            return True
        try:
            async with asyncio.timeout(PATIENCE):
                while self._size > MOST_IN_FLIGHT:
                    self._acknowledged.clear()
                    await self._acknowledged.wait()
        except TimeoutError:
            return False
        return True
