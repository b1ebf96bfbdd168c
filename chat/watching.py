"""Telling the readers of one socket how their waiting replies move up: hear, then fetch."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any
from uuid import UUID

from django.db import Error

from chat.announcing import LINE, queued_event
from chat.prospects import prospects_of, waiting_turns
from core import live
from core.threads import in_database_thread

SHORTEST_PAUSE = 1.0
LONGEST_PAUSE = 5.0
_MARK = '"waiting":{'

Tell = Callable[[dict[str, Any]], Awaitable[None]]


class LineWatch:
    """Idle until it sees or hears of a turn that waits; then it looks at most once a second."""

    def __init__(self, session_id: UUID, tell: Tell) -> None:
        self._session_id = session_id
        self._tell = tell
        self._told: dict[int, dict[str, Any]] = {}
        self._waits = asyncio.Event()

    def see(self, snapshot: dict[str, Any]) -> None:
        if any(turn["waiting"] for turn in snapshot["turns"]):
            self._waits.set()

    def hear(self, frame: str) -> None:
        if _MARK in frame and '"type":"turn.queued"' in frame:
            self._waits.set()

    async def run(self) -> None:
        while True:
            await self._waits.wait()
            with closing(await live.subscribe(LINE)) as hints:
                while self._waits.is_set():
                    await asyncio.sleep(SHORTEST_PAUSE)
                    await self._look()
                    await _move(hints)

    async def _look(self) -> None:
        try:
            waiting = await in_database_thread(_waiting_events, self._session_id)
        except Error:  # it is looked again after the next pause
            return
        if not waiting:
            self._waits.clear()
        for turn_id, event in waiting.items():
            if self._told.get(turn_id) != event["turn"]["waiting"]:
                await self._tell(event)
        self._told = {turn_id: event["turn"]["waiting"] for turn_id, event in waiting.items()}


def _waiting_events(session_id: UUID) -> dict[int, dict[str, Any]]:
    turns = waiting_turns(session_id)
    waiting = prospects_of(turns)
    return {turn.pk: queued_event(turn, waiting[turn.pk]) for turn in turns if turn.pk in waiting}


async def _move(hints: live.Subscription) -> None:
    """Return when the line may have moved, or its times have changed."""
    try:
        async with asyncio.timeout(LONGEST_PAUSE):
            await hints.next_entries()
    except (TimeoutError, live.Missed):
        return
