"""Writing the ledger."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import Error, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from core.composed import Insert, Update, given
from core.patience import patiently
from core.request_id import current_request_id
from providers.calls import CallRequest, Usage, estimate_tokens
from providers.errors import CapReached
from providers.lineup import Candidate
from providers.story import Step
from usage.caps import DailyCap
from usage.models import Call, CallOutcome, Purpose
from usage.noting import note_call, note_unmade
from usage.pricing import cost_of

logger = logging.getLogger(__name__)

_LONGEST_CALL = timedelta(hours=2)
_add_call = Insert(Call)
_OUTCOME = (
    *("outcome", "error_code", "first_token_ms", "duration_ms", "tokens_in", "tokens_out", "tokens_cached"),
    *("is_estimated", "cost_usd", "pricing"),
)
_complete = Update(
    lambda: Call.objects.filter(pk=given("pk"), outcome=CallOutcome.OPEN),
    **{each: given(each, Call._meta.get_field(each)) for each in _OUTCOME},
)


@dataclass(slots=True)
class Account:
    """Whom a call is made for. `attempt` follows the turn's attempts while they change."""

    purpose: Purpose
    user_id: int | None = None
    persona_id: int | None = None
    persona_slug: str = ""
    turn_id: int | None = None
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call that runs: its row, and whom it is made to."""

    row: Call
    candidate: Candidate


class LedgerMeter:
    """The cascade's meter: a row before each call, its outcome after it."""

    def __init__(self, account: Account, *, cap: DailyCap | None = None, drill: int | None = None) -> None:
        self._account = account
        self._cap = cap
        self._drill = drill

    def opened(self, candidate: Candidate, request: CallRequest) -> OpenCall:
        if self._cap is None or candidate.is_fallback:
            return OpenCall(self._open(candidate, request), candidate)
        try:
            with transaction.atomic():
                self._cap.wait_in_line()
                row = self._open(candidate, request)
                self._cap.check(row)
        except CapReached as reached:
            note_unmade(candidate, reached)
            self._cap.tell(self._account.persona_slug)
            raise
        return OpenCall(row, candidate)

    def _open(self, candidate: Candidate, request: CallRequest) -> Call:
        account = self._account
        most = _most_of(candidate, request)
        held = cost_of(candidate, most)
        call = Call(
            purpose=account.purpose,
            user_id=account.user_id,
            persona_id=account.persona_id,
            persona_slug=account.persona_slug,
            turn_id=account.turn_id,
            attempt=account.attempt,
            request_id=current_request_id(),
            provider=candidate.config.name,
            kind=candidate.config.kind,
            model=candidate.config.model[:120],
            drill_id=self._drill,
            estimated_tokens=most.tokens_in + most.tokens_out,
            estimated_cost_usd=held.usd,
            pricing=held.pricing,
        )
        return _add_call(call)

    def closed(self, call: OpenCall, step: Step, usage: Usage) -> None:
        """Complete the row. A database that is away is waited for; without it the row stays open."""
        cost = cost_of(call.candidate, usage)
        note_call(call.row, step, usage, cost)
        values = {
            "outcome": step.outcome.value,
            "error_code": step.code[:40],
            "first_token_ms": step.first_token_ms,
            "duration_ms": step.duration_ms,
            "tokens_in": usage.tokens_in,
            "tokens_out": usage.tokens_out,
            "tokens_cached": usage.tokens_cached,
            "is_estimated": usage.is_estimated,
            "cost_usd": cost.usd,
            "pricing": cost.pricing.value,
        }
        try:
            patiently(lambda: _complete(pk=call.row.pk, **values))
        except Error:
            logger.warning("the outcome of call %s could not be written", call.row.pk, exc_info=True)


def _most_of(candidate: Candidate, request: CallRequest) -> Usage:
    """What a call may use: nothing when it fails on purpose, because nobody is called."""
    if candidate.fails_on_purpose:
        return Usage()
    return Usage(
        estimate_tokens(request.system, *(each.text for each in request.messages)), request.max_tokens
    )


def close_lost(turn_id: int) -> int:
    """Close the open calls of a turn whose worker is gone, at their estimate. Returns how many."""
    return _close(Call.objects.filter(turn_id=turn_id))


def close_forgotten(purpose: Purpose) -> int:
    """Close calls for something that is no turn, and whose worker must be gone by now. Returns how many."""
    long_ago = timezone.now() - _LONGEST_CALL
    return _close(Call.objects.filter(purpose=purpose, started_at__lt=long_ago))


def close_lost_of(
    purpose: Purpose, *, user_id: int | None, persona_id: int | None, started_before: datetime | None = None
) -> int:
    """Close the open call for no turn, of which there is one at a time, and whose worker is gone."""
    calls = Call.objects.filter(purpose=purpose, user=user_id, persona=persona_id, turn_id=None)
    return _close(calls.filter(started_at__lt=started_before) if started_before else calls)


def _close(calls: QuerySet[Call]) -> int:
    return calls.filter(outcome=CallOutcome.OPEN).update(
        outcome=CallOutcome.UNKNOWN,
        tokens_in=F("estimated_tokens"),
        cost_usd=F("estimated_cost_usd"),
        is_estimated=True,
    )
