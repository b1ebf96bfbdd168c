"""The activity stream: what happens, told to staff within a second. docs/reference/protocol.md"""

import asyncio
import json
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error

from accounts.models import ApiKey, User
from accounts.rights import Right
from chat import frames
from chat.flow import Flow
from core import live
from core.errors import InvalidInput, ValisError, error_body
from core.logs import get_logger
from core.request_id import start_request
from core.threads import in_database_thread
from diagnostics.activity.reading import MOST_AT_ONCE, event_form, events_after, latest_events
from diagnostics.activity.recording import TOPIC

logger = get_logger(__name__)

NOT_SIGNED_IN, NOT_ALLOWED, TOO_SLOW, UNAVAILABLE = 4401, 4403, 4408, 4503
HELLO_SECONDS = 10.0
BREATH_SECONDS = 0.2
"""Between two looks at the table, however much happens."""
QUIET_SECONDS = 10.0
"""The table is looked at without a hint after this long: one may have been lost."""


class ActivityConsumer(AsyncWebsocketConsumer):
    """One page that watches."""

    _pump: asyncio.Task[None] | None = None
    _greeting: asyncio.TimerHandle | None = None
    _may_watch = False

    async def connect(self) -> None:
        await self.accept()
        self._asking: User | ApiKey | None = self.scope["asking"]
        self._flow = Flow()
        if self._asking is None:
            await self.close(NOT_SIGNED_IN)
            return
        if not await in_database_thread(_may_still_watch, self._asking):
            await self.close(NOT_ALLOWED)
            return
        self._may_watch = True
        late = asyncio.get_running_loop().call_later
        self._greeting = late(HELLO_SECONDS, lambda: asyncio.ensure_future(self.close(TOO_SLOW)))

    async def disconnect(self, code: int) -> None:
        if self._greeting:
            self._greeting.cancel()
        if self._pump:
            self._pump.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self._may_watch:
            return  # sent before the refusal had arrived
        start_request()
        try:
            await self._take(frames.read_frame(text_data or ""))
        except ValisError as error:
            await self._say({"type": "error", **error_body(error.code, error.message, error.details)})

    async def _take(self, frame: frames.Frame) -> None:
        match frame:
            case frames.Hello():
                self._begin(_number(frame.after))
            case frames.Ack():
                self._flow.acknowledge(frame.id)
            case frames.Ping():
                await self._say({"type": "pong"})
            case _:
                raise InvalidInput("This socket only tells.", code="frame_malformed")

    def _begin(self, after: int | None) -> None:
        for each in (self._greeting, self._pump):
            if each:
                each.cancel()
        self._flow = Flow()
        self._pump = asyncio.create_task(self._listen(after))

    async def _listen(self, after: int | None) -> None:
        """Subscribe first, read second: what happens in between is only read a little later."""
        subscription = await live.subscribe(TOPIC)
        try:
            while True:
                after, is_all = await self._send_news(after)
                if is_all:
                    await asyncio.sleep(BREATH_SECONDS)
                    subscription = await _hint(subscription)
        except Error:
            logger.exception("activity could not be read")
            await self.close(UNAVAILABLE)
        except _Over as over:
            await self.close(over.code)
        finally:
            subscription.close()

    async def _send_news(self, after: int | None) -> tuple[int, bool]:
        """Send what is next. Returns the id to go on from, and whether that was all there is."""
        if not await in_database_thread(_may_still_watch, self._asking):
            raise _Over(NOT_ALLOWED)
        is_first = after is None
        events = await in_database_thread(lambda: latest_events() if after is None else events_after(after))
        last = events[-1].pk if events else after or 0
        if events or is_first:
            if not await self._flow.has_room():
                raise _Over(TOO_SLOW)
            entry_id = f"{last:016d}"
            told = [event_form(each) for each in events]
            frame = _json({"id": entry_id, "type": "activity", "events": told})
            await self.send(text_data=frame)
            self._flow.sent(live.Entry(entry_id, frame))
        return last, is_first or len(events) < MOST_AT_ONCE

    async def _say(self, event: dict[str, Any]) -> None:
        await self.send(text_data=_json(event))


class _Over(Exception):
    def __init__(self, code: int) -> None:
        self.code = code


async def _hint(subscription: live.Subscription) -> live.Subscription:
    """Wait until there may be news."""
    try:
        async with asyncio.timeout(QUIET_SECONDS):
            await subscription.next_entries()
    except TimeoutError:
        pass
    except live.Missed:
        subscription.close()
        return await live.subscribe(TOPIC)
    return subscription


def _may_still_watch(asking: User | ApiKey | None) -> bool:
    """As it is now: roles may have changed since the socket was opened."""
    if isinstance(asking, ApiKey):
        fresh: User | ApiKey | None = ApiKey.objects.select_related("owner").filter(pk=asking.pk).first()
    else:
        fresh = User.objects.filter(pk=asking.pk).first() if asking else None
    return fresh is not None and fresh.may(Right.READ_DIAGNOSTICS)


def _number(after: str) -> int | None:
    """The id that a page heard last; None for one that is not ours, as if it had heard nothing."""
    return int(after) if after.isascii() and after.isdigit() and len(after) <= 18 else None


def _json(event: dict[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))
