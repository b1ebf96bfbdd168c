"""Looking into data of strangers without trusting its shape."""

from typing import Any

MOST_TOKENS = 500_000_000


def mapping_in(data: dict[str, Any], name: str) -> dict[str, Any]:
    """The object at `name`, or an empty one."""
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def count_in(data: dict[str, Any], name: str) -> int:
    """The number of tokens at `name`, or 0 where there is none that could be true."""
    value = data.get(name)
    return value if type(value) is int and 0 <= value <= MOST_TOKENS else 0
