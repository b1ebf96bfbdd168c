"""Live events: `publish` from any thread, `subscribe` on any loop.

Events are how one hears of a change; the database is the truth. So publishing never waits and never
raises into its caller, and a subscriber that missed something is told so and reads the database.
"""

import logging
from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from core.live.base import Backend, Entry, Event, Missed, Subscription
from core.live.counting import DROPPED, PUBLISHED

__all__ = [
    "Entry",
    "Event",
    "Missed",
    "Subscription",
    "close",
    "last_id",
    "newest_id",
    "publish",
    "subscribe",
]

logger = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def _backend() -> Backend:
    backend: Backend = import_string(settings.VALIS_LIVE_BACKEND)()
    return backend


def publish(topic: str, event: Event) -> None:
    """Tell everybody who listens to the topic, now or later by its log. Best effort."""
    PUBLISHED.inc()
    try:
        _backend().publish(topic, event)
    except Exception:
        DROPPED.inc()
        logger.exception("an event of %s was not published", topic.partition(":")[0])


async def subscribe(topic: str, *, after: str = "") -> Subscription:
    """Listen from now on, or from right after the entry `after` when the log still has it.

    While events are away it listens all the same, and raises `Missed` once they are back.
    """
    return await _backend().subscribe(topic, after=after)


def last_id(topic: str) -> str:
    """Id of the newest entry of the topic that this process knows to be published, or ''."""
    return _backend().last_id(topic)


def close(*, seconds: float = 2.0) -> None:
    """Before a process ends: publish what still waits, for so long at most."""
    _backend().close(seconds=seconds)


def newest_id(topic: str) -> str:
    """Id of the newest entry of the topic, whoever published it, or ''. May wait a moment for the answer.

    Never to be called on an event loop.
    """
    return _backend().newest_id(topic)
