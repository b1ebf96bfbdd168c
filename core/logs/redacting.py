"""Keys have no place in the log. Should one get there all the same, it is taken out."""

import re

REDACTED = "[redacted]"
SHORTEST = 12
"""No key is shorter, and most values of a line are."""

_KEYS = re.compile(
    r"""
      \b(?:sk|gsk|xai|hf)[-_][A-Za-z0-9_-]{12,}          # API keys of providers
    | \bvalis_[A-Za-z0-9]{6,}_[A-Za-z0-9_-]{16,}         # our own
    | \bAIza[A-Za-z0-9_-]{20,}
    | \beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]+           # signed tokens
    | (?<=Bearer\ )[^\s'"]+
    | (?<=://)[^/@\s]+(?=@)                             # name and password of an address
    """,
    re.VERBOSE,
)


def redacted(text: str) -> str:
    """The text without anything that looks like a key."""
    return text if len(text) < SHORTEST else _KEYS.sub(REDACTED, text)
