"""What log and metrics are told of each call. Never what was asked or answered."""

from core.events import emit
from core.logs import get_logger
from core.metrics import LONG_SECONDS, counter, histogram
from providers.calls import Usage
from providers.errors import CapReached
from providers.lineup import Candidate
from providers.story import Outcome, Step
from usage.models import Call
from usage.pricing import Cost

logger = get_logger(__name__)

CALLS = counter("calls", "Calls to providers that ended", "provider", "outcome", "code")
FIRST_TOKEN = histogram(
    "call_first_token_seconds", "From call to first token", "provider", buckets=LONG_SECONDS
)
DURATION = histogram("call_seconds", "Length of answered calls", "provider", buckets=LONG_SECONDS)
TOKENS = counter("tokens", "Tokens of calls, counted or estimated", "provider", "direction")
COST = counter("cost_usd", "US dollars that priced calls cost", "provider", "pricing")
UNPRICED = counter("calls_unpriced", "Calls that used tokens nobody knows the price of", "provider")


def note_unmade(candidate: Candidate, reason: CapReached) -> None:
    CALLS.labels(candidate.config.name, Outcome.SKIPPED, reason.code).inc()
    logger.info("call not made", provider=candidate.config.name, code=reason.code, reason=str(reason))


def note_call(call: Call, step: Step, usage: Usage, cost: Cost) -> None:
    CALLS.labels(step.provider, step.outcome, step.code).inc()
    TOKENS.labels(step.provider, "in").inc(usage.tokens_in)
    TOKENS.labels(step.provider, "out").inc(usage.tokens_out)
    if cost.usd is None:
        UNPRICED.labels(step.provider).inc()
    else:
        COST.labels(step.provider, cost.pricing).inc(float(cost.usd))
    if step.first_token_ms is not None:
        FIRST_TOKEN.labels(step.provider).observe(step.first_token_ms / 1000)
    if step.outcome == "answered":
        DURATION.labels(step.provider).observe(step.duration_ms / 1000)
    if step.outcome == "failed":
        facts = {"provider": step.provider, "model": step.model, "code": step.code, "turn": call.turn_id}
        emit("call_failed", **(facts | ({"drill": step.drill} if step.drill else {})))
    logger.info(
        "call ended",
        call=call.pk,
        purpose=call.purpose,
        turn=call.turn_id,
        attempt=call.attempt,
        provider=step.provider,
        kind=step.kind,
        model=step.model,
        round=step.round,
        outcome=str(step.outcome),
        code=step.code,
        first_token_ms=step.first_token_ms,
        ms=step.duration_ms,
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
        cost_usd=None if cost.usd is None else float(cost.usd),
    )
