"""What staff say that a provider costs."""

import logging
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from providers.calls import Usage

logger = logging.getLogger(__name__)

_MILLION = Decimal(1_000_000)
_MOST = 100_000


def check_price(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValidationError("It must be a number of US dollars.")
    if not 0 <= value <= _MOST:
        raise ValidationError(f"It must be between 0 and {_MOST:,}, not {value}.")


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """US dollars for a million tokens."""

    tokens_in: Decimal
    tokens_out: Decimal
    tokens_cached: Decimal

    def cost(self, usage: Usage) -> Decimal:
        """`tokens_in` of a usage includes what came from a cache."""
        cached = min(usage.tokens_cached, usage.tokens_in)
        fresh = usage.tokens_in - cached
        parts = (self.tokens_in * fresh, self.tokens_cached * cached, self.tokens_out * usage.tokens_out)
        return sum(parts, Decimal(0)) / _MILLION


def _price(help_text: str) -> Any:
    # Floats, because one broken decimal in the database would keep every provider from being read.
    return models.FloatField(
        null=True,
        blank=True,
        validators=[check_price],
        help_text=f"US dollars for a million tokens {help_text}",
    )


class Priced(models.Model):
    """The columns of a price of one's own: none of them, or at least those for input and output."""

    price_in = _price("of input. Empty: the price list's. 0: it is free.")
    price_out = _price("of output.")
    price_cached = _price("of input that came from the provider's cache. Empty: as other input.")

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if (self.price_in is None) != (self.price_out is None):
            missing = "price_in" if self.price_in is None else "price_out"
            raise ValidationError({missing: "Give both prices, for input and for output, or neither."})
        if self.price_in is None and self.price_cached is not None:
            raise ValidationError({"price_cached": "It needs the prices for input and output as well."})

    def own_price(self) -> OwnPrice | None:
        """What staff say that it costs; None leaves that to the price list. A broken one counts as none."""
        if self.price_in is None or self.price_out is None:
            return None
        cached = self.price_in if self.price_cached is None else self.price_cached
        try:
            for value in (self.price_in, self.price_out, cached):
                check_price(value)
        except ValidationError as error:
            logger.warning("a price of provider %s cannot be used: %s", self, error.messages[0])
            return None
        return OwnPrice(*(Decimal(str(value)) for value in (self.price_in, self.price_out, cached)))
