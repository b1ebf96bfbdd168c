"""Daily caps: a persona is not called for once that could take it over what it may use in a day.

An open call counts with its estimate. Calls for a persona are opened one after the other, so that
two never pass where there is room for one.
"""

import logging
import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import Error, connection
from django.utils import timezone

from core.events import emit
from core.money import dollars
from core.queries import in_single_file
from personas.capping import mark_capped
from personas.models import Persona
from providers.errors import CapReached
from providers.limits import EngineLimits
from usage.models import Call

logger = logging.getLogger(__name__)

# In front of every call; through the ORM it would take 1.5 ms longer.
_SUMS = """
    SELECT persona.daily_token_cap, persona.daily_cost_cap_usd, used.tokens, used.cost
    FROM personas_persona AS persona, (
        SELECT
            SUM(CASE WHEN outcome = 'open' THEN estimated_tokens ELSE tokens_in + tokens_out END) AS tokens,
            SUM(CASE WHEN outcome = 'open' THEN estimated_cost_usd ELSE cost_usd END) AS cost
        FROM usage_call
        WHERE persona_id = %s AND started_at >= %s AND kind <> 'fallback'
        HAVING COUNT(*) > 0
    ) AS used
    WHERE persona.id = %s
"""


@dataclass(frozen=True, slots=True)
class Day:
    """What a persona may use in a day, and what it has used of this one. Costs in US dollars."""

    token_cap: int
    cost_cap: float
    tokens: int
    cost: float

    def why_over(self, tokens: int, cost: float) -> str:
        """Why a call that is part of the sums with so much may not be made, or an empty string."""
        tokens_left = self.token_cap - (self.tokens - tokens)
        cost_left = self.cost_cap - (self.cost - cost)
        if tokens_left <= 0:
            return f"the persona's cap of {self.token_cap:,} tokens a day is reached"
        if cost_left <= 0:
            return f"the persona's cap of {dollars(self.cost_cap)} a day is reached"
        if tokens > tokens_left:
            return (
                f"of the persona's {self.token_cap:,} tokens a day {max(0, tokens_left):,} are left, "
                f"and this call may take {tokens:,}"
            )
        if cost > cost_left:
            return (
                f"of the persona's {dollars(self.cost_cap)} a day {dollars(cost_left)} is left, "
                f"and this call may cost {dollars(cost)}"
            )
        return ""


class DailyCap:
    """The caps of one persona. What it sets itself is read with each call, the rest when the turn starts."""

    def __init__(self, persona_id: int, limits: EngineLimits) -> None:
        self._persona_id = persona_id
        self._limits = limits

    def why_not(self, persona: Persona, *, tokens: int, cost: float) -> str:
        """Why a call that may take so much would not be made now, or an empty string."""
        try:
            day = self.day_of(persona)
            held = replace(day, tokens=day.tokens + tokens, cost=day.cost + cost)
            return held.why_over(tokens, cost)
        except (Error, TypeError, ValueError, ArithmeticError):
            return "the persona's daily caps cannot be read"

    def day_of(self, persona: Persona) -> Day:
        """Raises for what the database cannot tell."""
        own = persona.daily_token_cap, persona.daily_cost_cap_usd
        return self._day_of(self._sums(timezone.now()) or (*own, 0, 0))

    def wait_in_line(self) -> None:
        """Inside the transaction that opens a call: until it ends, nobody opens one of this persona."""
        in_single_file(f"daily cap of persona {self._persona_id}")

    def check(self, call: Call) -> None:
        """Raises `CapReached` when this call, whose row is open, may not be made or nobody can tell."""
        try:
            day = self._day_of(self._sums(call.started_at))
            reason = day.why_over(call.estimated_tokens, float(call.estimated_cost_usd or 0))
        except (Error, TypeError, ValueError, ArithmeticError) as error:
            logger.warning("the caps of persona %s cannot be read", call.persona_slug, exc_info=True)
            raise CapReached("the persona's daily caps cannot be read", notice=_UNREADABLE) from error
        if reason:
            raise CapReached(reason, notice=_notice())

    def tell(self, persona: str) -> None:
        """Staff hear of it the first time in a day."""
        if mark_capped(self._persona_id, on=timezone.localdate()):
            emit("persona_capped", persona=persona)

    def _sums(self, moment: datetime) -> Any:
        midnight = connection.ops.adapt_datetimefield_value(_midnight_before(moment))
        with connection.cursor() as cursor:
            cursor.execute(_SUMS, [self._persona_id, midnight, self._persona_id])
            return cursor.fetchone()

    def _day_of(self, sums: Any) -> Day:
        own_tokens, own_cost, tokens, cost = sums
        return Day(
            token_cap=int(_amount(own_tokens, self._limits.daily_token_cap)),
            cost_cap=_amount(own_cost, self._limits.daily_cost_cap_usd),
            tokens=tokens,
            cost=float(cost or 0),
        )


def _midnight_before(moment: datetime) -> datetime:
    """In the server's time zone."""
    return timezone.localtime(moment).replace(hour=0, minute=0, second=0, microsecond=0)


def _amount(own: Any, default: float) -> float:
    """Raises `ValueError` for what no form lets through, but the database holds."""
    value = default if own is None else own
    if not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ValueError(f"{value!r} is no cap")
    return value


def _notice() -> str:
    return (
        "I may use only so much in a day, and what is left of it is not enough for another reply by a model. "
        f"That changes at midnight ({timezone.localtime().tzname()}); this is only my own simple voice."
    )


_UNREADABLE = (
    "What I may use in a day cannot be read just now, so no model is asked; whoever runs this VALIS finds "
    "the reason in its log. This is only my own simple voice."
)
