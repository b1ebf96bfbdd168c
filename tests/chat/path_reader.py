"""A reader of one session who does as docs/reference/protocol.md says, and keeps nothing but ids."""

import asyncio
import json
from typing import Any

from chat.announcing import topic_of
from chat.models import Session
from chat.snapshots import snapshot_of
from core import live
from core.loop import run_on_loop


class Reader:
    """Shows pairs of a message and its turn; None for a turn that is not there yet."""

    def __init__(self, session: Session) -> None:
        self._session = session.pk
        self._topic = topic_of(session.pk)
        self._last_id = ""
        self.shown: list[tuple[int, int | None]] = []
        self._elsewhere: set[int] = set()
        self.is_connected = False
        self.connect()

    def connect(self) -> None:
        """With what was heard last, as a browser does."""
        if not self.is_connected:
            self._subscription = run_on_loop(self._subscribe()).result(5)
            self.is_connected = True
            if not self._subscription.is_resumed:
                self._read_snapshot()

    def disconnect(self) -> None:
        if self.is_connected:
            self._subscription.close()
            self.is_connected = False

    def forget(self) -> None:
        """A page that is loaded anew."""
        self.disconnect()
        self._last_id = ""
        self.connect()

    def catch_up(self) -> None:
        for entry in run_on_loop(self._news()).result(5):
            self._last_id = entry.id
            self._hear(json.loads(entry.frame))

    def _hear(self, event: dict[str, Any]) -> None:
        kind = event["type"]
        is_sound = True
        if kind == "path":
            is_sound = False
        elif kind == "message":
            is_sound = self._hear_message(event["message"])
        elif kind == "turn.queued":
            is_sound = self._hear_turn(event["turn"]["id"], event["turn"]["question"])
        elif kind.startswith("turn."):
            is_sound = self._hear_turn(event["turn"], None)
        if not is_sound:
            self._read_snapshot()

    def _hear_message(self, message: dict[str, Any]) -> bool:
        if message["id"] in dict(self.shown):
            return True
        if message["parent"] != (self.shown[-1][1] if self.shown else None):
            return False
        self.shown.append((message["id"], None))
        return True

    def _hear_turn(self, turn: int, question: int | None) -> bool:
        if turn in [each for _, each in self.shown]:
            return True
        if self.shown and self.shown[-1] == (question, None):
            self.shown[-1] = (self.shown[-1][0], turn)
            return True
        is_known = turn in self._elsewhere
        self._elsewhere.add(turn)
        return is_known

    def _read_snapshot(self) -> None:
        form = snapshot_of(Session.objects.get(pk=self._session)).form
        by_question = {turn["question"]: turn["id"] for turn in form["turns"]}
        self.shown = [(each["id"], by_question[each["id"]]) for each in form["messages"]]

    async def _subscribe(self) -> live.Subscription:
        return await live.subscribe(self._topic, after=self._last_id)

    async def _news(self) -> list[live.Entry]:
        try:
            async with asyncio.timeout(0.002):
                return await self._subscription.next_entries()
        except TimeoutError:
            return []
