"""Reading the ledger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from core.money import dollars
from usage.models import Call, CallOutcome, Pricing


@dataclass(frozen=True, slots=True)
class Spent:
    """What calls took together. `unpriced` is how many of them have no price: their cost is not in `usd`."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    is_estimated: bool = False
    usd: Decimal = Decimal(0)
    unpriced: int = 0
    provider: str = ""
    model: str = ""

    @property
    def cost_in_words(self) -> str:
        """What nobody knows the price of is neither nothing nor a part of the sum."""
        if not self.unpriced:
            return dollars(self.usd)
        return f"{dollars(self.usd)} + unpriced" if self.usd else "unpriced"


def cost_of_turn(turn_id: int) -> Decimal | None:
    """What all calls for a turn cost together; None when one of them has no price."""
    sums = Call.objects.filter(turn_id=turn_id).aggregate(
        usd=Sum("cost_usd", default=Decimal(0)), unpriced=Count("pk", filter=Q(pricing=Pricing.UNPRICED))
    )
    usd: Decimal = sums["usd"]
    return None if sums["unpriced"] else usd


def spent_on(turn_ids: Iterable[int] | QuerySet[Any, Any]) -> list[Spent]:
    """By provider and model, the most tokens first; without calls that run, or that were not made."""
    made = Call.objects.filter(turn_id__in=turn_ids).exclude(
        outcome__in=(CallOutcome.OPEN, CallOutcome.SKIPPED)
    )
    rows = made.order_by().values("provider", "model").annotate(
        calls=Count("pk"),
        sum_in=Sum("tokens_in"),
        sum_out=Sum("tokens_out"),
        sum_cached=Sum("tokens_cached"),
        estimated=Count("pk", filter=Q(is_estimated=True)),
        usd=Sum("cost_usd", default=Decimal(0)),
        unpriced=Count("pk", filter=Q(pricing=Pricing.UNPRICED)),
    )  # fmt: skip
    found = [
        Spent(
            calls=row["calls"],
            tokens_in=row["sum_in"],
            tokens_out=row["sum_out"],
            tokens_cached=row["sum_cached"],
            is_estimated=bool(row["estimated"]),
            usd=row["usd"],
            unpriced=row["unpriced"],
            provider=row["provider"],
            model=row["model"],
        )
        for row in rows
    ]
    return sorted(found, key=lambda each: (-each.tokens_in - each.tokens_out, each.provider, each.model))


def together(parts: Sequence[Spent]) -> Spent:
    return Spent(
        calls=sum(each.calls for each in parts),
        tokens_in=sum(each.tokens_in for each in parts),
        tokens_out=sum(each.tokens_out for each in parts),
        tokens_cached=sum(each.tokens_cached for each in parts),
        is_estimated=any(each.is_estimated for each in parts),
        usd=sum((each.usd for each in parts), Decimal(0)),
        unpriced=sum(each.unpriced for each in parts),
    )
