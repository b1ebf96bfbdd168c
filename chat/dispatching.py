"""Telling workers of turns. Only a speed-up: the row is the outbox, and the sweeper reads it."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextvars import copy_context
from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.db import Error
from django.db.models import QuerySet

from chat import line
from chat.models import Turn
from providers.engine_settings import current_limits

logger = logging.getLogger(__name__)

UNDISPATCHED = timedelta(seconds=30)
SWEEP_SIZE = 500
# A connection that was reset meanwhile is made anew; a broker that is away is not waited for.
_ONCE_MORE = {"max_retries": 1, "interval_start": 0, "interval_max": 0}
# A broker that does not answer keeps these threads waiting, and nobody else.
_senders = ThreadPoolExecutor(max_workers=8, thread_name_prefix="dispatch")
_PATIENCE = 0.5
_take: Callable[[str, int], None] | None = None


def use_taker(take: Callable[[str, int], None]) -> None:
    """Have turns taken by `take(task, turn_id)`, which does not wait, in place of a broker."""
    global _take  # noqa: PLW0603
    _take = take


def dispatch_next(turn: Turn) -> None:
    """Tell workers who may go on now that this turn has ended. Best effort."""
    try:
        for turn_id, mode in line.next_after(session_id=turn.session_id):
            dispatch(turn_id, mode)
    except Error:
        logger.warning("the next turn of a session was not looked up; the sweeper will", exc_info=True)


def dispatch_first_of_line(places: int) -> None:
    """Tell a worker of the turn whose time has come, if a place is free."""
    _dispatch(line.first_of_line(places))


def dispatch_waiting(*, at_once: bool = False) -> int:
    """Tell workers of every turn that waits without anybody knowing. Returns how many.

    Those in the line for a place, too, as far as there are places or they have waited long enough.
    """
    limits = current_limits()
    age = timedelta() if at_once else UNDISPATCHED
    heads = list(line.waiting_heads(undispatched_for=age).values_list("pk", "session__mode")[:SWEEP_SIZE])
    line.mark_dispatched([turn_id for turn_id, _ in heads])
    for turn_id, mode in heads:
        dispatch(turn_id, mode)
    in_line = line.waiting_for_place()
    free = max(0, limits.max_concurrent_requests - line.busy_places())
    told = _dispatch(in_line[:free]) + _dispatch(
        in_line.filter(line.is_overdue(limits.longest_wait))[:SWEEP_SIZE]
    )
    return len(heads) + told


def _dispatch(waiting: QuerySet[Turn]) -> int:
    heads = list(waiting.values_list("pk", "session__mode"))
    for turn_id, mode in heads:
        dispatch(turn_id, mode)
    return len(heads)


def dispatch(turn_id: int, mode: str) -> None:
    """Tell a worker of a turn, by the mode of its session. Best effort.

    When others are before it, the worker finds that it cannot be taken yet; whoever ends the last of
    them dispatches it again.
    """
    task = settings.TURN_HANDLERS[mode]
    if _take:
        _take(task, turn_id)
        return
    sending = _senders.submit(copy_context().run, _send, turn_id, task)
    try:
        sending.result(_PATIENCE)
    except FutureTimeoutError:
        sending.cancel()
        logger.warning("the broker does not take turn %s; the sweeper will try again", turn_id)


def hand_over(task: str, row_id: int) -> None:
    """Have something done about a row, mostly a turn, that may as well be left undone. Waits for nothing."""
    _senders.submit(copy_context().run, _send, row_id, task)


def _send(row_id: int, task: str) -> None:
    try:
        current_app.send_task(task, args=[row_id], retry=True, retry_policy=_ONCE_MORE)
    except Exception:
        logger.warning("no worker was told of %s %s", task, row_id, exc_info=True)
