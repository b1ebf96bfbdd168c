"""Hearing events from a test that is no coroutine."""

import asyncio
import json
from typing import Any
from uuid import UUID

from chat.announcing import topic_of
from core import live
from core.loop import run_on_loop


class Listener:
    """Everything that was published to a topic since this was made."""

    def __init__(self, topic: object) -> None:
        self._topic = topic_of(topic) if isinstance(topic, UUID) else str(topic)
        self._heard: list[dict[str, Any]] = []
        self._subscription = run_on_loop(self._subscribe()).result(60)

    @property
    def events(self) -> list[dict[str, Any]]:
        run_on_loop(self._read()).result(60)
        return list(self._heard)

    @property
    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]

    def text(self, turn: int, attempt: int) -> str:
        """The pieces of an attempt, put together as the protocol says."""
        text = ""
        for event in self.of("turn.delta"):
            if (event["turn"], event["attempt"]) == (turn, attempt):
                assert event["at"] == len(text), "a gap or a repeat"
                text += event["text"]
        return text

    def close(self) -> None:
        self._subscription.close()

    async def _subscribe(self) -> live.Subscription:
        return await live.subscribe(self._topic)

    async def _read(self) -> None:
        # Publishing is done when `publish` returns, so what is there is there at once.
        try:
            async with asyncio.timeout(0.005):
                self._heard += [json.loads(each.frame) for each in await self._subscription.next_entries()]
        except TimeoutError:
            return
