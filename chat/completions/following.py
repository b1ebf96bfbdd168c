"""One turn from its first word to its end: by events, and by its row when they fail."""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from chat.announcing import topic_of
from chat.models import OPEN_STATUSES, Turn
from chat.presenting import turn_form
from chat.selectors import find_turn
from core import live
from core.threads import in_database_thread
from providers.engine_settings import current_limits

LOOK_SECONDS = 2.0
_MARGIN_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Words:
    """The next piece of the reply, and who says it (as the badge of a reply shows it)."""

    text: str
    provider: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Replaced:
    """What was said so far does not count: another provider begins anew."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing was said for a while, and the reply is still on its way."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The turn as it ended: its wire form with the whole text, or None when it took too long."""

    form: dict[str, Any] | None


News = Words | Replaced | Silence | Ended


async def follow(turn: Turn, subscription: live.Subscription) -> AsyncGenerator[News]:
    """Everything that happens to the turn, up to `Ended`. The subscription is older than the turn."""
    following = _Following(turn)
    try:
        while not following.has_ended:
            try:
                async with asyncio.timeout_at(following.next_look):
                    entries = await subscription.next_entries()
            except TimeoutError:
                entries = []
            except live.Missed:
                entries = []
                subscription.close()
                subscription = await live.subscribe(topic_of(turn.session_id))
                following.is_behind = True
            news = [each for entry in entries for each in following.hear(json.loads(entry.frame))]
            if not following.has_ended and following.is_time_to_look():
                news += await following.look()
            for each in news:
                yield each
    finally:
        subscription.close()


class _Following:
    """What is known of the turn, and what of its text was passed on.

    A gap in the pieces is not filled by guessing: the next look at the row, or the end, has the text.
    """

    def __init__(self, turn: Turn) -> None:
        self._turn_id = turn.pk
        self._attempt = 0
        self._length = 0
        self._provider: dict[str, Any] | None = None
        self._now = asyncio.get_running_loop().time
        self._began = self._now()
        self.next_look = self._began + LOOK_SECONDS
        self.is_behind = False
        self.has_ended = False

    def is_time_to_look(self) -> bool:
        return self._now() >= self.next_look

    def hear(self, event: dict[str, Any]) -> list[News]:
        if event.get("turn") != self._turn_id or event["attempt"] < self._attempt:
            return []
        if not self.is_behind:
            self.next_look = self._now() + LOOK_SECONDS
        match event["type"]:
            case "turn.started":
                self._provider = event["provider"]
                return self._attempt_is(event["attempt"])
            case "turn.restarted":
                return self._attempt_is(event["attempt"])
            case "turn.delta":
                return [*self._attempt_is(event["attempt"]), *self._piece(event["at"], event["text"])]
            case "turn.done" | "turn.failed" | "turn.cancelled" | "turn.interrupted":
                return self._end(event)
        return []

    async def look(self) -> list[News]:
        """Read the row: the text so far is in it, or its end."""
        turn, limits = await in_database_thread(lambda: (find_turn(self._turn_id), current_limits()))
        self.next_look = self._now() + LOOK_SECONDS
        if turn.status not in OPEN_STATUSES:
            return self._end(turn_form(turn))
        longest = limits.longest_wait + limits.reply_deadline + _MARGIN_SECONDS
        if self._now() - self._began > longest:
            self.has_ended = True
            return [Ended(None)]
        news = self._attempt_is(turn.attempt)
        if turn.attempt == self._attempt:
            news += self._piece(0, turn.current_attempt.text if turn.current_attempt else "")
        return news or [Silence()]

    def _attempt_is(self, attempt: int) -> list[News]:
        if attempt <= self._attempt:
            return []
        was_heard = self._length > 0
        self._attempt, self._length = attempt, 0
        return [Replaced()] if was_heard else []

    def _piece(self, at: int, text: str) -> list[News]:
        if at > self._length:
            self.is_behind = True
            return []
        self.is_behind = False
        new = text[self._length - at :]
        self._length += len(new)
        return [Words(new, self._provider)] if new else []

    def _end(self, form: dict[str, Any]) -> list[News]:
        self.has_ended = True
        self._provider = form["provider"]
        return [*self._attempt_is(form["attempt"]), *self._piece(0, form["text"]), Ended(form)]
