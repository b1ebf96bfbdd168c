"""Telling staff what happens: lower layers emit, the activity stream listens.

Best effort, like every announcement: an event that cannot be told never harms what it tells of.
"""

import logging
from collections.abc import Callable
from typing import Any

logger = logging.getLogger(__name__)

Listener = Callable[[str, dict[str, Any]], None]

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Have every event of this process told to `listener(kind, facts)`, in the thread that emits it."""
    if listener not in _listeners:
        _listeners.append(listener)


def ignore(listener: Listener) -> None:
    """Tell it nothing more."""
    if listener in _listeners:
        _listeners.remove(listener)


def emit(kind: str, **facts: Any) -> None:
    """Tell that something has happened. `kind` is in the past tense, as `circuit_opened`.

    Facts are plain JSON values: names and numbers, never the text of a message or a key. Emit after the
    commit of what is told; not once a token.
    """
    for listener in tuple(_listeners):
        try:
            listener(kind, facts)
        except Exception:
            logger.warning("event %s was not told", kind, exc_info=True)
