"""The chats of the demo, through the services that everybody's go through, and then dated back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import User
from chat import turns
from chat.answering import provider_form
from chat.asking import asking
from chat.briefs import Brief
from chat.claiming import claimed
from chat.models import Attempt, Message, Session, Turn, TurnStatus
from chat.selectors import waiting_turn
from chat.services import submit_message
from core.rendering import render_markdown
from core.request_id import start_request
from memory.models import Kind, Origin
from memory.services import remember
from providers.calls import CallRequest, Usage, estimate_tokens
from providers.engine_settings import current_limits
from providers.fallback_voice import compose
from providers.lineup import Candidate
from providers.story import Outcome, Step
from valis_site.demo.reading import Chat, Exchange, Remembered
from valis_site.demo.stories import WHY_REPLACED, spread, story_of


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply of the demo, for the ledger and the activity. `at` is when it was asked for."""

    turn: Turn
    at: datetime
    steps: tuple[Step, ...]
    usage: Usage

    @property
    def ends_at(self) -> datetime:
        return self.at + timedelta(milliseconds=sum(step.duration_ms for step in self.steps))


def tell_chat(
    chat: Chat, *, user: User, number: int, now: datetime, candidates: Mapping[str, Candidate]
) -> list[Reply]:
    """Its replies in order. `number` makes it the same chat, with the same address, each time."""
    at = began = now - timedelta(hours=chat.hours_ago)
    session_id = UUID(int=0x0DE0_4000_8000 << 80 | number)
    replies: list[Reply] = []
    for place, exchange in enumerate(chat.said):
        start_request(f"demo-{number:02}-{place:02}")
        submission = submit_message(
            user,
            text=exchange.ask.strip(),
            client_id=f"demo-{number}-{place}",
            session_id=session_id if replies else None,
            new_session_id=session_id,
            persona_slug=exchange.persona or chat.persona,
        )
        reply = _tell_reply(submission.turn.pk, exchange, at, candidates)
        if exchange.remembered:
            _remember(exchange.remembered, submission.message, submission.turn)
        replies.append(reply)
        at = reply.ends_at + timedelta(seconds=spread(25, 95, of=exchange.ask))
    Session.objects.filter(pk=session_id).update(
        created_at=began,
        last_activity_at=replies[-1].at,
        is_pinned=chat.is_pinned,
        is_archived=chat.is_archived,
    )
    return replies


def _remember(told: Remembered, message: Message, turn: Turn) -> None:
    """As if the person had written it: no model has drawn anything out of these chats."""
    remember(
        persona_id=turn.persona_id or 0,
        person_id=message.author_id,
        kind=Kind(told.kind),
        text=told.text,
        origin=Origin.PERSON,
        importance=told.importance,
        sources=[message.pk],
    )


def _tell_reply(turn_id: int, exchange: Exchange, at: datetime, candidates: Mapping[str, Candidate]) -> Reply:
    """What the answering of a turn does, but for asking somebody."""
    limits = current_limits()
    turn = waiting_turn(turn_id)
    claim = claimed(turn, limits) if turn else None
    if turn is None or claim is None or claim.snapshot is None:
        raise RuntimeError(f"the turn for “{exchange.ask}” is not free")
    request, receipt = asking(turn, claim.snapshot, Brief.from_json(None), limits, memories=claim.memories)
    text = exchange.reply.strip() or compose(request)
    usage = _usage_of(request, text)
    steps = story_of(exchange.how, asked=exchange.ask, usage=usage, candidates=candidates)
    held = claim.held
    if exchange.before:
        held = turns.restart(held, text=exchange.before.strip(), reason=WHY_REPLACED) or held
    is_stopped = steps[-1].outcome is Outcome.STOPPED
    turns.finish(
        turn,
        held,
        status=TurnStatus.CANCELLED if is_stopped else TurnStatus.COMPLETE,
        text=text,
        html=render_markdown(text),
        provider=provider_form(candidates[steps[-1].provider]),
        usage=None if is_stopped else _usage_form(usage),
        story=[step.to_json() for step in steps],
        receipt=receipt,
        code="stopped" if is_stopped else "",
        reason="You stopped this reply." if is_stopped else "",
    )
    reply = Reply(turn, at, steps, usage)
    _date(reply)
    return reply


def _usage_of(request: CallRequest, text: str) -> Usage:
    heard = estimate_tokens(request.system, *(each.text for each in request.messages))
    return Usage(heard, estimate_tokens(text), is_estimated=True)


def _usage_form(usage: Usage) -> dict[str, int | bool]:
    return {
        "tokens_in": usage.tokens_in,
        "tokens_out": usage.tokens_out,
        "tokens_cached": 0,
        "is_estimated": True,
        "is_cut": False,
    }


def _date(reply: Reply) -> None:
    Message.objects.filter(pk=reply.turn.question_id).update(created_at=reply.at)
    Turn.objects.filter(pk=reply.turn.pk).update(created_at=reply.at, finished_at=reply.ends_at)
    Attempt.objects.filter(turn=reply.turn.pk).update(created_at=reply.at)
