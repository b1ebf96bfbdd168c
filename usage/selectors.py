"""Reading the ledger."""

from decimal import Decimal

from django.db.models import Count, Q, Sum

from usage.models import Call, Pricing


def cost_of_turn(turn_id: int) -> Decimal | None:
    """What all calls for a turn cost together; None when one of them has no price."""
    sums = Call.objects.filter(turn_id=turn_id).aggregate(
        usd=Sum("cost_usd", default=Decimal(0)), unpriced=Count("pk", filter=Q(pricing=Pricing.UNPRICED))
    )
    usd: Decimal = sums["usd"]
    return None if sums["unpriced"] else usd
