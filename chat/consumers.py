"""The chat socket: what a browser sends goes to the services, what its session says to the browser."""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error

from accounts.rates import check_rate
from chat import branching, frames, services, wishes
from chat.announcing import DELETED, PATH, topic_of
from chat.flow import Flow
from chat.models import Turn
from chat.noting import note_frame, note_socket_closed, note_socket_opened
from chat.presenting import exchange_form
from chat.selectors import own_message, own_session, own_turn
from chat.snapshots import conversation_snapshot
from chat.unheard import QUIET_SECONDS, OpenTurns
from chat.watching import LineWatch
from core import live
from core.errors import NotFound, Unavailable, ValisError, error_body
from core.request_id import start_request
from core.threads import in_database_thread

logger = logging.getLogger(__name__)

NOT_SIGNED_IN, NO_SUCH_SESSION, TOO_SLOW, UNAVAILABLE = 4401, 4404, 4408, 4503
HELLO_SECONDS = 10.0
_ON_TURNS: dict[str, Callable[[Turn], object]] = {
    "stop": services.stop_turn,
    "run_again": services.run_turn_again,
    "answer_properly": wishes.answer_properly,
}
_DELETION, _PATH, _HEAD = f'"type":"{DELETED}"', f'"type":"{PATH}"', 120


class ChatConsumer(AsyncWebsocketConsumer):
    """One browser watching one session."""

    session_id: UUID
    _is_welcome = False
    _shown_at = ""
    _pump: asyncio.Task[None] | None = None
    _watching: asyncio.Task[None] | None = None
    _greeting: asyncio.TimerHandle | None = None

    async def connect(self) -> None:
        await self.accept()
        self.session_id = self.scope["url_route"]["kwargs"]["session_id"]
        self.user = self.scope["user"]
        self._flow = Flow()
        if self.user is None:
            await self.close(NOT_SIGNED_IN)
            return
        try:
            await in_database_thread(own_session, self.user, self.session_id)
        except NotFound:
            await self.close(NO_SUCH_SESSION)
            return
        self._is_welcome = True
        note_socket_opened(self.session_id, self.user.pk)
        late = asyncio.get_running_loop().call_later
        self._greeting = late(HELLO_SECONDS, lambda: asyncio.ensure_future(self.close(TOO_SLOW)))

    async def dispatch(self, message: dict[str, Any]) -> None:
        # Without Channels' look at the database connections before each frame, which takes a hop to
        # a thread: `in_database_thread` looks after its own.
        await getattr(self, get_handler_name(message))(message)

    async def disconnect(self, code: int) -> None:
        if self._greeting:
            self._greeting.cancel()
        self._stop_listening()
        if self._is_welcome:
            note_socket_closed(self.session_id, self.user.pk, code)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self._is_welcome:
            return  # sent before the refusal had arrived
        start_request()
        started = time.perf_counter()
        frame, client_id, outcome = None, None, "failed"
        try:
            frame = frames.read_frame(text_data or "")
            client_id = getattr(frame, "client_id", None)
            if client_id:
                start_request(client_id)  # the browser's own name for what it wants
            await self._take(frame)
            outcome = "taken"
        except ValisError as error:
            outcome = error.code
            await self._say_error(error, client_id)
        except Error:
            logger.exception("the database refused a frame")
            await self._say_error(Unavailable("The database is busy. Send it again in a moment."), client_id)
        finally:
            note_frame(
                frame, outcome=outcome, session_id=self.session_id, user_id=self.user.pk, started=started
            )

    async def _take(self, frame: frames.Frame) -> None:
        match frame:
            case frames.Hello():
                await self._hello(frame)
            case frames.Send():
                await self._say(await in_database_thread(self._submit, frame))
            case frames.Stop() | frames.RunAgain() | frames.AnswerProperly():
                turn = await in_database_thread(own_turn, self.user, frame.turn, session_id=self.session_id)
                await in_database_thread(_ON_TURNS[frame.type], turn)
            case frames.Regenerate():
                await in_database_thread(self._regenerate, frame)
            case frames.Edit():
                await self._say(await in_database_thread(self._edit, frame))
            case frames.Show():
                await in_database_thread(self._show, frame)
            case frames.Ack():
                self._flow.acknowledge(frame.id)
            case frames.Ping():
                await self._say({"type": "pong"})

    def _submit(self, frame: frames.Send) -> dict[str, Any]:
        check_rate(self.scope["asking"])
        submission = services.submit_message(
            self.user,
            text=frame.text,
            client_id=frame.client_id,
            session_id=self.session_id,
            persona_slug=frame.persona,
            greeting=frame.greeting,
        )
        return _accepted(frame.client_id, submission.turn, is_only=submission.is_new)

    def _regenerate(self, frame: frames.Regenerate) -> None:
        check_rate(self.scope["asking"])
        turn = own_turn(self.user, frame.turn, session_id=self.session_id)
        branching.regenerate(turn, persona_slug=frame.persona)

    def _edit(self, frame: frames.Edit) -> dict[str, Any]:
        check_rate(self.scope["asking"])
        submission = branching.edit_and_resend(
            own_message(self.user, frame.message, session_id=self.session_id),
            text=frame.text,
            client_id=frame.client_id,
            persona_slug=frame.persona,
        )
        return _accepted(frame.client_id, submission.turn)

    def _show(self, frame: frames.Show) -> None:
        if frame.turn is not None:
            branching.show_version(own_turn(self.user, frame.turn, session_id=self.session_id))
        elif frame.message is not None:
            branching.show_version(own_message(self.user, frame.message, session_id=self.session_id))

    async def _hello(self, frame: frames.Hello) -> None:
        if self._greeting:
            self._greeting.cancel()
        self._stop_listening()
        self._flow, self._shown_at = Flow(), ""
        self._open_turns = OpenTurns()
        self._line = LineWatch(self.session_id, self._say)
        self._watching = asyncio.create_task(self._line.run())
        self._pump = asyncio.create_task(self._listen(frame.after))

    def _stop_listening(self) -> None:
        for task in (self._pump, self._watching):
            if task:
                task.cancel()

    async def _listen(self, after: str) -> None:
        """Send a snapshot if there is no going on after `after`, then everything that happens."""
        topic = topic_of(self.session_id)
        subscription = await live.subscribe(topic, after=after)
        try:
            if subscription.is_resumed:
                await self._open_turns.resume(self.session_id)
            else:
                await self._send_snapshot(subscription)
            while True:
                try:
                    entries = await self._news(subscription)
                except live.Missed:
                    subscription.close()
                    subscription = await live.subscribe(topic)
                    await self._send_snapshot(subscription)
                    continue
                for entry in entries:
                    if _DELETION in entry.frame[:_HEAD]:
                        # Raises `NotFound`, unless it was restored since this was said.
                        await in_database_thread(own_session, self.user, self.session_id)
                        continue
                    if _PATH in entry.frame[:_HEAD]:
                        await self._send_path(subscription, entry)
                        continue
                    if not await self._flow.has_room():
                        await self.close(TOO_SLOW)
                        return
                    await self.send(text_data=entry.frame)
                    self._flow.sent(entry)
                    self._open_turns.hear(entry.frame)
                    self._line.hear(entry.frame)
        except NotFound:  # deleted while its page was open
            await self.close(NO_SUCH_SESSION)
        except Error:
            logger.exception("a snapshot could not be read")
            await self.close(UNAVAILABLE)
        finally:
            subscription.close()

    async def _news(self, subscription: live.Subscription) -> list[live.Entry]:
        """What is said next. Raises `Missed`, too, when a reply has ended and nobody said so."""
        while True:
            try:
                async with asyncio.timeout(QUIET_SECONDS):
                    return await subscription.next_entries()
            except TimeoutError:
                if await self._open_turns.have_ended_unheard():
                    raise live.Missed from None

    async def _send_path(self, subscription: live.Subscription, entry: live.Entry) -> None:
        if entry.id > self._shown_at:
            await self._send_snapshot(subscription)

    async def _send_snapshot(self, subscription: live.Subscription) -> None:
        """Subscribe first, read second: what happens in between is told again, and harmless.

        But for another path: that is in the snapshot, and telling it again would never end.
        """
        self._shown_at = subscription.position
        snapshot = await in_database_thread(conversation_snapshot, self.user, self.session_id)
        if snapshot.replay_from:
            await subscription.rewind(snapshot.replay_from)
        self._open_turns.see(snapshot.form)
        self._line.see(snapshot.form)
        await self._say({"type": "snapshot", "id": subscription.position, **snapshot.form})

    async def _say(self, event: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(event, ensure_ascii=False, separators=(",", ":")))

    async def _say_error(self, error: ValisError, client_id: str | None) -> None:
        details = error.details | ({"client_id": client_id} if client_id else {})
        await self._say({"type": "error", **error_body(error.code, error.message, details)})


def _accepted(client_id: str, turn: Turn, *, is_only: bool = False) -> dict[str, Any]:
    form = exchange_form(turn, is_only=is_only)
    return {"type": "accepted", "client_id": client_id, **form, "position": turn.position}
