"""Replies whose end nobody heard of: whoever should have told it died, or was cut off, after the commit."""

import json
from typing import Any
from uuid import UUID

from django.db import Error

from chat.models import OPEN_STATUSES
from chat.selectors import have_any_ended, lately_open_turns
from core.threads import in_database_thread

QUIET_SECONDS = 10.0
"""After so long without a word, whoever waits for the end of a reply has its row looked at."""

_ENDINGS = {"turn.done", "turn.failed", "turn.cancelled", "turn.interrupted"}
_DELTA = '"type":"turn.delta"'


class OpenTurns:
    """The turns of which a reader was told, and not that they have ended."""

    def __init__(self) -> None:
        self._ids: set[int] = set()

    async def resume(self, session_id: UUID) -> None:
        """For a reader who was told of turns elsewhere: of all that may not have ended for it yet."""
        self._ids = await in_database_thread(lately_open_turns, session_id)

    def see(self, snapshot: dict[str, Any]) -> None:
        self._ids = {turn["id"] for turn in snapshot["turns"] if turn["status"] in OPEN_STATUSES}

    def hear(self, frame: str) -> None:
        if _DELTA in frame:
            return
        event = json.loads(frame)
        kind = event["type"]
        if kind in _ENDINGS:
            self._ids.discard(event["turn"])
        elif kind == "turn.queued":
            self._ids.add(event["turn"]["id"])
        elif kind == "turn.started":
            self._ids.add(event["turn"])

    async def have_ended_unheard(self) -> bool:
        try:
            return bool(self._ids) and await in_database_thread(have_any_ended, self._ids)
        except Error:  # it is asked again after the next silence
            return False
