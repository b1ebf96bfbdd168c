"""Counting by the minute, together with all processes that share the cache.

Minutes are those of the clock: at the turn of one, somebody may go on at once. When the cache is away
nothing is counted and nobody is refused, which the log says; it is asked again after a few seconds.
"""

import logging
import time
from dataclasses import dataclass

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

MINUTE = 60
AWAY_SECONDS = 5.0
_ask_again_at = 0.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """What somebody has left of this minute."""

    limit: int
    used: int
    resets_in: int

    @property
    def is_exceeded(self) -> bool:
        return self.used > self.limit

    @property
    def advice(self) -> str:
        return f"More than {self.limit} requests in a minute. Try again in {self.resets_in} s."

    @property
    def headers(self) -> dict[str, str]:
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "X-RateLimit-Reset": str(self.resets_in),
        }
        return headers | ({"Retry-After": str(self.resets_in)} if self.is_exceeded else {})


def count(bucket: str, *, limit: int) -> Allowance | None:
    """Count one more for this bucket. None when there is no limit (0), or nobody who counts."""
    global _ask_again_at  # noqa: PLW0603
    if limit <= 0 or time.monotonic() < _ask_again_at:
        return None
    minute, second = divmod(int(time.time()), MINUTE)
    try:
        used = _increment(f"rate:{bucket}:{minute}")
    except (RedisError, OSError) as error:
        _ask_again_at = time.monotonic() + AWAY_SECONDS
        logger.warning(
            "requests are not counted, because the cache does not answer: %s", type(error).__name__
        )
        return None
    return Allowance(limit, used, MINUTE - second)


def _increment(key: str) -> int:
    try:
        return cache.incr(key)
    except ValueError:
        # Whoever comes first. It outlives its minute, so that it cannot vanish between here and the count.
        cache.add(key, 0, timeout=2 * MINUTE)
        return cache.incr(key)
