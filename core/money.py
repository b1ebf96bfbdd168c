"""Money as people read it."""

from decimal import Decimal

from django import template

register = template.Library()

_CENT, _SMALLEST_SHOWN = Decimal("0.01"), Decimal("0.0001")


@register.filter
def dollars(amount: Decimal | float | None) -> str:
    """Under a cent with four decimals, else with two; what has no price is no nothing."""
    if amount is None:
        return "unpriced"
    exact = Decimal(str(amount))
    if exact < 0:
        return f"-{dollars(-exact)}"
    if 0 < exact < _SMALLEST_SHOWN:
        return f"under ${_SMALLEST_SHOWN}"
    return f"${exact:,.4f}" if 0 < exact < _CENT else f"${exact:,.2f}"
