"""What a persona's values must look like; each message says what is wrong and what was expected."""

import math
import re
import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.deconstruct import deconstructible

from personas import limits

_TRAIT_NAME = re.compile(r"[^\W\d_][\w '-]*")
_PROVIDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def validate_text(value: str) -> None:
    """Refuse what cannot be stored or sent: control characters and halves of surrogate pairs."""
    for character in value:
        if character not in "\n\r\t" and unicodedata.category(character) in ("Cc", "Cs"):
            raise ValidationError(
                f"It contains the character U+{ord(character):04X}, which cannot be stored."
            )


def validate_line(value: str) -> None:
    validate_text(value)
    if len(value.splitlines()) > 1:
        raise ValidationError("It must be a single line.")


@deconstructible
class ListOfLines:
    """A list of short, non-empty, different lines."""

    def __init__(self, *, items: int = limits.LIST_ITEMS, length: int = limits.LIST_ITEM) -> None:
        self.items = items
        self.length = length

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ListOfLines) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.items, self.length))

    def __call__(self, value: Any) -> None:
        if not isinstance(value, list):
            raise ValidationError(f"It must be a list of texts, not {_kind(value)}.")
        if len(value) > self.items:
            raise ValidationError(f"It has {len(value)} items; at most {self.items} are possible.")
        for number, item in enumerate(value, start=1):
            self._check(number, item)
        if repeated := next((item for item in value if value.count(item) > 1), None):
            raise ValidationError(f"“{repeated}” is in the list more than once.")

    def _check(self, number: int, item: Any) -> None:
        if not isinstance(item, str):
            raise ValidationError(f"Item {number} must be a text, not {_kind(item)}.")
        if not item.strip():
            raise ValidationError(f"Item {number} is empty.")
        if len(item) > self.length:
            raise ValidationError(
                f"Item {number} has {len(item)} characters; at most {self.length} are possible."
            )
        try:
            validate_line(item)
        except ValidationError as error:
            raise ValidationError(f"Item {number}: {error.message}") from error


def validate_traits(value: Any) -> None:
    if not isinstance(value, dict):
        raise ValidationError(f"It must be names with numbers, not {_kind(value)}.")
    if len(value) > limits.TRAITS:
        raise ValidationError(f"{len(value)} traits; at most {limits.TRAITS} are possible.")
    for name, level in value.items():
        if not (isinstance(name, str) and len(name) <= limits.TRAIT_NAME and _TRAIT_NAME.fullmatch(name)):
            raise ValidationError(
                f"{name!r} is no trait name: a letter first, up to {limits.TRAIT_NAME} characters."
            )
        if isinstance(level, bool) or not isinstance(level, int) or not 0 <= level <= 100:
            raise ValidationError(f"{name} must be a whole number from 0 to 100, not {level!r}.")


def validate_cascade(value: Any) -> None:
    ListOfLines(items=limits.CASCADE_ENTRIES, length=limits.CASCADE_ENTRY)(value)
    for entry in value:
        provider, *model = entry.split()
        if len(model) > 1 or not _PROVIDER_NAME.fullmatch(provider):
            raise ValidationError(f"“{entry}” must be a provider's name, or its name and a model.")


def validate_temperature(value: float) -> None:
    if not math.isfinite(value) or not 0.0 <= value <= 1.0:
        raise ValidationError(f"It must be between 0.0 and 1.0, not {value}.")


def validate_cost_cap(value: float) -> None:
    if not math.isfinite(value) or not 0 <= value <= limits.COST_CAP_USD:
        raise ValidationError(f"It must be between 0 and {limits.COST_CAP_USD:,} US dollars, not {value}.")


def _kind(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "a text", type(None): "nothing"}
    return names.get(type(value), repr(value))
