"""Erasing what was delivered: once a second for all, because two statements for each call add up."""

import asyncio

from chat.transient import BATCH, blank
from core.threads import in_database_thread

ERASE_SECONDS = 1.0

_delivered: set[int] = set()
_task: asyncio.Task[None] | None = None


def erase_soon(turn_id: int) -> None:
    """Blank a turn within about a second. What a lost process leaves is found by the periodic task."""
    global _task  # noqa: PLW0603
    _delivered.add(turn_id)
    if _task is None or _task.done():
        _task = asyncio.create_task(_erase())


async def _erase() -> None:
    while _delivered:
        await asyncio.sleep(ERASE_SECONDS)
        turn_ids = [_delivered.pop() for _ in range(min(BATCH, len(_delivered)))]
        await in_database_thread(blank, turn_ids)
