"""What the replies of the demo left behind: rows of the ledger, and events for staff."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from diagnostics.activity.recording import store
from diagnostics.models import Event
from providers.calls import Usage
from providers.lineup import Candidate
from providers.story import Outcome, Step
from usage.models import Call, CallOutcome, Purpose
from usage.pricing import cost_of
from valis_site.demo.chats import Reply
from valis_site.demo.stories import FLAKY

_KEPT = timedelta(days=14)


def write_ledger(replies: Sequence[Reply], candidates: Mapping[str, Candidate]) -> None:
    calls, begun = [], []
    for reply in replies:
        at = reply.at
        for step in reply.steps:
            if step.outcome is not Outcome.SKIPPED:
                calls.append(_call(reply, step, candidates[step.provider]))
                begun.append(at)
            at += timedelta(milliseconds=step.duration_ms)
    rows = Call.objects.bulk_create(calls)
    for row, at in zip(rows, begun, strict=True):
        row.started_at = at
    Call.objects.bulk_update(rows, ["started_at"], batch_size=200)


def _call(reply: Reply, step: Step, candidate: Candidate) -> Call:
    turn = reply.turn
    usage = Usage() if step.outcome is Outcome.FAILED else reply.usage
    cost = cost_of(candidate, usage)
    return Call(
        purpose=Purpose.CHAT,
        user_id=turn.session.owner_id,
        persona=turn.persona,
        persona_slug=turn.persona.slug if turn.persona else "",
        turn_id=turn.pk,
        attempt=turn.attempt,
        request_id=turn.request_id,
        provider=step.provider,
        kind=step.kind,
        model=step.model,
        outcome=CallOutcome(step.outcome.value),
        error_code=step.code,
        first_token_ms=step.first_token_ms,
        duration_ms=step.duration_ms,
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
        is_estimated=True,
        cost_usd=cost.usd,
        pricing=cost.pricing,
    )


def write_activity(replies: Sequence[Reply], *, now: datetime) -> None:
    events = [
        event for reply in replies if reply.at > now - _KEPT for event in (*_on_the_way(reply), _ended(reply))
    ]
    failed = [event for event in events if event.kind == "call_failed" and event.facts["provider"] == FLAKY]
    if failed:
        opened = failed[-1].at
        events.append(_event("circuit_opened", opened, provider=FLAKY, code="server_failed", seconds=60.0))
    store(sorted(events, key=lambda event: event.at))


def _on_the_way(reply: Reply) -> Iterator[Event]:
    """Failed calls, and who was asked in their place."""
    at = reply.at
    for step, following in zip(reply.steps, reply.steps[1:], strict=False):
        at += timedelta(milliseconds=step.duration_ms)
        if step.outcome is Outcome.FAILED:
            facts = {"provider": step.provider, "model": step.model, "code": step.code}
            yield _event("call_failed", at, turn=reply.turn.pk, **facts)
            yield _event("failover", at, turn=reply.turn.pk, provider=step.provider, to=following.provider)


def _ended(reply: Reply) -> Event:
    last = reply.steps[-1]
    is_stopped = last.outcome is Outcome.STOPPED
    return _event(
        "reply_cancelled" if is_stopped else "reply_completed",
        reply.ends_at,
        turn=reply.turn.pk,
        persona=reply.turn.persona.name if reply.turn.persona else "",
        provider=last.provider,
        code=last.code,
        failovers=sum(step.outcome is Outcome.FAILED for step in reply.steps),
        is_fallback=not last.round,
        first_token_ms=last.first_token_ms and round(last.first_token_ms),
        ms=round(sum(step.duration_ms for step in reply.steps)),
    )


def _event(kind: str, at: datetime, **facts: Any) -> Event:
    return Event(kind=kind, facts=facts, at=at)
