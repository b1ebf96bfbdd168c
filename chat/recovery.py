"""Finding what died: turns whose worker is gone, and turns nobody was told of."""

import logging
import threading
import time
from datetime import timedelta

from django.db import Error, transaction

from chat import line, turns
from chat.announcing import announce_turn
from chat.dispatching import dispatch_next, dispatch_waiting
from chat.models import TurnStatus
from chat.noting import note_end_without_worker
from chat.selectors import find_turn, lost_turns
from usage.ledger import close_lost

logger = logging.getLogger(__name__)

LONG_SILENCE = 5.0
"""Seconds without an answer of the database after which leases may be over that nobody could renew."""

_SLEEP = turns.LEASE.total_seconds()


def release_lost_turns(*, at_once: bool = False) -> int:
    """Queue again or end every turn whose lease is over. Returns how many.

    `at_once` does not wait for the leases: only for a caller who knows that no worker can be running.
    """
    released = 0
    for turn in lost_turns(at_once=at_once):
        status = turns.release_lost(turn, at_once=at_once)
        if status is None:
            continue
        released += 1
        logger.warning("turn %s lost its worker and is %s now", turn.pk, status)
        if status is TurnStatus.INTERRUPTED:
            note_end_without_worker(turn, status)
        close_lost(turn.pk)
        announce_turn(find_turn(turn.pk))
        dispatch_next(turn)
    return released


def recover_at_start() -> None:
    """Put everything in order after a stop of any kind; nobody else may be running."""
    release_lost_turns(at_once=True)
    line.forget_waits()
    dispatch_waiting(at_once=True)


class Reaper:
    """Releases lost turns in the running system.

    After its own start, after an error or a long silence of the database, and after it was itself asleep
    or the clock was set, it first waits one lease: until then owners may not have been able to renew theirs.
    """

    def __init__(self, *, patience: timedelta = turns.LEASE) -> None:
        self._patience = patience.total_seconds()
        self._begins_at = time.monotonic() + self._patience
        self._last_look: tuple[float, float] | None = None
        self._is_at_work = threading.Lock()

    def reap(self) -> int:
        """Returns how many turns were released."""
        if not self._is_at_work.acquire(blocking=False):
            return 0
        try:
            return self._reap()
        except Error:
            self._wait_one_lease()
            raise
        finally:
            self._is_at_work.release()

    def _reap(self) -> int:
        if self._has_slept():
            self._wait_one_lease()
        if time.monotonic() < self._begins_at:
            return 0
        if _seconds_to_write() > LONG_SILENCE:
            self._wait_one_lease()
            return 0
        return release_lost_turns()

    def _has_slept(self) -> bool:
        """Since the look before this one, by the clock on the wall or by the other."""
        now = time.time(), time.monotonic()
        before, self._last_look = self._last_look, now
        if before is None:
            return False
        wall, steady = (new - old for new, old in zip(now, before, strict=True))
        return max(wall, steady) > _SLEEP or abs(wall - steady) > LONG_SILENCE

    def _wait_one_lease(self) -> None:
        self._begins_at = time.monotonic() + self._patience


def _seconds_to_write() -> float:
    """How long one waits now for the right to write: the owners of turns waited as long."""
    began = time.monotonic()
    with transaction.atomic():
        lost_turns().exists()
    return time.monotonic() - began
