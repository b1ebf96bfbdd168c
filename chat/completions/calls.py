"""A call of a program from its beginning to the moment its caller is gone."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from accounts.models import User
from chat import services
from chat.announcing import topic_of
from chat.completions.erasing import erase_soon
from chat.completions.following import Ended, News, Words, follow
from chat.completions.reading import Request
from chat.models import Turn, TurnStatus
from chat.transient import submit_transient
from core import live
from core.errors import NotFound, Unavailable, ValisError
from core.text import is_storable
from core.threads import in_database_thread
from personas.models import Persona
from personas.selectors import get_active_persona
from providers.lineup import can_answer_with

_leaving: set[asyncio.Future[None]] = set()


class Call:
    """A turn that is listened to. To be left when its caller has gone or has got it all."""

    def __init__(self, turn: Turn, subscription: live.Subscription) -> None:
        self.turn = turn
        self.has_ended = False
        self._news = follow(turn, subscription)
        self._is_left = False

    async def news(self) -> AsyncGenerator[News]:
        async for each in self._news:
            self.has_ended = isinstance(each, Ended) and each.form is not None
            yield each

    async def opening(self, *, seconds: float) -> list[News]:
        """What is heard up to the first words or the end, or for about so many seconds."""
        gives_up_at = asyncio.get_running_loop().time() + seconds
        heard: list[News] = []
        async for each in self.news():
            heard.append(each)
            if isinstance(each, Words | Ended) or asyncio.get_running_loop().time() > gives_up_at:
                break
        return heard

    async def ended(self) -> dict[str, Any]:
        """The wire form of the complete turn. Raises the error it ended with."""
        async for each in self.news():
            if isinstance(each, Ended):
                return complete_form(each)
        raise AssertionError("the news stopped before the end")

    def leave(self) -> None:
        """Stop a turn that nobody waits for any more, or blank one that was delivered."""
        if self._is_left:
            return
        self._is_left = True
        _in_background(self._leave())

    async def _leave(self) -> None:
        await self._news.aclose()
        if not self.has_ended:
            await in_database_thread(services.stop_turn, self.turn)
        elif self.turn.session.is_transient:
            erase_soon(self.turn.pk)


async def begin(user: User, request: Request) -> Call:
    """Listen, then store the turn and have it answered. Raises `ValisError`."""
    session_id = request.session_id or uuid4()
    subscription = await live.subscribe(topic_of(session_id))
    storing = asyncio.ensure_future(in_database_thread(_stored_turn, user, request, session_id))
    try:
        turn = await asyncio.shield(storing)
    except asyncio.CancelledError:
        _in_background(_stop_what_is_stored(storing))
        subscription.close()
        raise
    except BaseException:
        subscription.close()
        raise
    return Call(turn, subscription)


def complete_form(ended: Ended) -> dict[str, Any]:
    """The wire form of a complete turn. Raises `ValisError` for one that ended otherwise."""
    form = ended.form
    if form is None:
        raise Unavailable("The reply took longer than a reply may take.")
    if form["status"] == TurnStatus.FAILED:
        raise ValisError(form["message"], code=form["code"])
    if form["status"] != TurnStatus.COMPLETE:
        raise Unavailable(form["message"], code=form["code"])
    return form


def persona_for(model: str) -> Persona:
    """The persona behind a model's name. Raises `NotFound(code="model_not_found")`."""
    slug, at, pinned = model.partition("@")
    try:
        persona = get_active_persona(slug) if is_storable(model) else None
    except NotFound:
        persona = None
    if persona is None or (at and not (pinned and can_answer_with(pinned, persona.cascade))):
        raise NotFound(
            f"There is no model {model[:200]!r}. GET /v1/models lists those that there are.",
            code="model_not_found",
            param="model",
        )
    return persona


def _stored_turn(user: User, request: Request, session_id: UUID) -> Turn:
    persona = persona_for(request.model)
    if not request.is_stored:
        return submit_transient(user, session_id=session_id, persona=persona, brief=request.brief)
    return services.submit_message(
        user,
        text=request.brief.dialogue[-1].text,
        client_id=uuid4().hex,
        session_id=request.session_id,
        new_session_id=session_id,
        persona_slug=persona.slug,
        brief=replace(request.brief, dialogue=()),
    ).turn


async def _stop_what_is_stored(storing: "asyncio.Future[Turn]") -> None:
    turn = await storing
    await in_database_thread(services.stop_turn, turn)


def _in_background(coroutine: Any) -> None:
    task = asyncio.ensure_future(coroutine)
    _leaving.add(task)
    task.add_done_callback(_leaving.discard)
