"""What a call costs: by the price that staff set, else by the price list, else nobody knows."""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from providers.addresses import is_loopback
from providers.calls import Usage
from providers.lineup import Candidate
from usage.models import Pricing

if TYPE_CHECKING:
    from genai_prices.types import PriceCalculation

_SMALLEST = Decimal("1E-10")  # what the ledger can keep


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars; None when there is no price, which is not the same as nothing."""

    usd: Decimal | None
    pricing: Pricing


UNPRICED = Cost(None, Pricing.UNPRICED)
FREE = Cost(Decimal(0), Pricing.FREE)


def cost_of(candidate: Candidate, usage: Usage) -> Cost:
    config = candidate.config
    if candidate.is_fallback or not (usage.tokens_in or usage.tokens_out):
        return FREE
    if candidate.price is not None:
        return Cost(candidate.price.cost(usage).quantize(_SMALLEST), Pricing.STAFF)
    if not _is_listed(config.kind, config.base_url, config.model):
        return UNPRICED
    listed = _listed(config.kind, config.base_url, config.model, usage).total_price
    return Cost(listed.quantize(_SMALLEST), Pricing.LIST)


@lru_cache(maxsize=1024)
def window_of(kind: str, base_url: str, model: str) -> int | None:
    """How many tokens a model takes, question and reply together, as far as the price list knows it."""
    if not _is_listed(kind, base_url, model):
        return None
    return _listed(kind, base_url, model, Usage(1, 1)).model.context_window


@lru_cache(maxsize=1024)
def _is_listed(kind: str, base_url: str, model: str) -> bool:
    """Kept, because the list takes longest to find out that it does not know a model."""
    if is_loopback(base_url):
        return False
    try:
        _listed(kind, base_url, model, Usage(1, 1))
    except LookupError:
        return False
    return True


def _listed(kind: str, base_url: str, model: str, usage: Usage) -> "PriceCalculation":
    # Imported where the first call is priced: a tenth of a second, and 10 MB.
    import genai_prices  # noqa: PLC0415

    tokens = genai_prices.Usage(
        input_tokens=usage.tokens_in,
        cache_read_tokens=min(usage.tokens_cached, usage.tokens_in),
        output_tokens=usage.tokens_out,
    )
    if base_url:
        return genai_prices.calc_price(tokens, model, provider_api_url=base_url)
    return genai_prices.calc_price(tokens, model, provider_id=kind)
