"""Whether data from a file stays within what may be kept: JSON only, and not too much of it."""

import json
import math
from typing import Any

from core.errors import InvalidInput, TooLarge
from core.text import is_storable
from personas import limits


def broken(message: str, **details: Any) -> InvalidInput:
    return InvalidInput(message, code="card_unreadable", **details)


def too_large(message: str) -> TooLarge:
    return TooLarge(message, code="card_too_large")


def json_of(text: str) -> Any:
    """Raises `InvalidInput` or `TooLarge`, which say why it cannot be used."""
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise _too_deep() from error
    except json.JSONDecodeError as error:
        raise broken(f"This is not JSON: {error.msg}, line {error.lineno}, column {error.colno}.") from error
    except ValueError as error:
        raise broken("It contains a number that is too long.") from error
    return checked(value)


def checked(value: Any) -> Any:
    """The same value, when it consists of a bearable amount of what JSON can hold."""
    waiting = [(value, 1)]
    seen = 0
    while waiting:
        each, depth = waiting.pop()
        seen += 1
        if depth > limits.CARD_DEPTH:
            raise _too_deep()
        if isinstance(each, dict):
            inner = [*each, *each.values()]
        elif isinstance(each, list):
            inner = each
        else:
            _check_plain(each)
            continue
        if seen + len(waiting) + len(inner) > limits.CARD_VALUES:
            raise too_large(f"The file holds more than {limits.CARD_VALUES:,} values.")
        if isinstance(each, dict) and not all(isinstance(key, str) for key in each):
            raise broken("Every key must be a text.")
        waiting += ((one, depth + 1) for one in inner)
    return value


def _check_plain(value: Any) -> None:
    if isinstance(value, str) and not is_storable(value):
        raise broken("It contains characters that are not text (NUL or half of a surrogate pair).")
    if isinstance(value, float) and not math.isfinite(value):
        raise broken("It contains a number that is not finite.")
    if not isinstance(value, str | int | float | None):
        raise broken(f"It contains a value that JSON cannot hold ({type(value).__name__}).")


def _too_deep() -> TooLarge:
    return too_large(f"The file is nested more than {limits.CARD_DEPTH} levels deep.")
