"""Telling workers of turns. Only a speed-up: the row is the outbox, and the sweeper reads it."""

import logging
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextvars import copy_context
from datetime import timedelta
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import Error

from chat import turns
from chat.models import Turn, TurnStatus

logger = logging.getLogger(__name__)

UNDISPATCHED = timedelta(seconds=30)
SWEEP_SIZE = 500
# A connection that was reset meanwhile is made anew; a broker that is away is not waited for.
_ONCE_MORE = {"max_retries": 1, "interval_start": 0, "interval_max": 0}
# A broker that does not answer keeps these threads waiting, and nobody else.
_senders = ThreadPoolExecutor(max_workers=8, thread_name_prefix="dispatch")
_PATIENCE = 0.5


def dispatch_next(session_id: UUID) -> None:
    """Tell a worker of the session's next turn, if there is one. Best effort."""
    try:
        waiting = Turn.objects.filter(session=session_id, status=TurnStatus.QUEUED).order_by("position")
        for turn_id, mode in waiting.values_list("pk", "session__mode")[:1]:
            dispatch(turn_id, mode)
    except Error:
        logger.warning("the next turn of a session was not looked up; the sweeper will", exc_info=True)


def dispatch_waiting(*, at_once: bool = False) -> int:
    """Tell workers of every turn that waits without anybody knowing. Returns how many."""
    age = timedelta() if at_once else UNDISPATCHED
    heads = list(turns.waiting_heads(undispatched_for=age).values_list("pk", "session__mode")[:SWEEP_SIZE])
    turns.mark_dispatched([turn_id for turn_id, _ in heads])
    for turn_id, mode in heads:
        dispatch(turn_id, mode)
    return len(heads)


def dispatch(turn_id: int, mode: str) -> None:
    """Tell a worker of a turn, by the mode of its session. Best effort.

    When others are before it, the worker finds that it cannot be taken yet; whoever ends the last of
    them dispatches it again.
    """
    sending = _senders.submit(copy_context().run, _send, turn_id, settings.TURN_HANDLERS[mode])
    try:
        sending.result(_PATIENCE)
    except FutureTimeoutError:
        sending.cancel()
        logger.warning("the broker does not take turn %s; the sweeper will try again", turn_id)


def _send(turn_id: int, task: str) -> None:
    try:
        current_app.send_task(task, args=[turn_id], retry=True, retry_policy=_ONCE_MORE)
    except Exception:
        logger.warning("turn %s was not dispatched; the sweeper will", turn_id, exc_info=True)
