"""Keeping events: whoever emits one only puts it into a queue, and a thread stores them in batches."""

import queue
import threading
import time
from typing import Any, Self

from django.db import Error, close_old_connections, connection, connections, transaction
from django.utils import timezone

from core import events, live
from core.logs import get_logger
from core.metrics import counter
from core.request_id import known_request_id
from diagnostics.models import Event

logger = get_logger(__name__)

TOPIC = "activity"
MOST_WAITING = 2_000
MOST_AT_ONCE = 200
RETRY_SECONDS = 0.5
LAST_SECONDS = 2.0
_ORDER_LOCK = 0x56414C49
"""Of PostgreSQL's advisory locks, the one of whoever adds events."""

LOST = counter("activity_lost", "Events for staff that too many waited for, or that could not be stored")


class Recording:
    """Stores the events of this process, and tells that there are new ones, from `with` to its end."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Event | None] = queue.Queue(MOST_WAITING)
        self._ends_at = float("inf")
        self._thread = threading.Thread(target=self._work, name="activity", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        events.listen(self.take)
        return self

    def __exit__(self, *_: object) -> None:
        events.ignore(self.take)
        self._ends_at = time.monotonic() + LAST_SECONDS
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            logger.warning("events for staff are left behind")
        self._thread.join(LAST_SECONDS)

    def take(self, kind: str, facts: dict[str, Any]) -> None:
        """Never waits: what there is no room for is counted and lost."""
        event = Event(kind=kind, facts=facts, request_id=known_request_id(), at=timezone.now())
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            LOST.inc()

    def _work(self) -> None:
        is_over = False
        while not is_over:
            batch = [self._waiting.get()]
            while len(batch) < MOST_AT_ONCE and not self._waiting.empty():
                batch.append(self._waiting.get())
            is_over = None in batch
            self._store([event for event in batch if event])
        connections.close_all()

    def _store(self, batch: list[Event]) -> None:
        """Waits for a database that is away; meanwhile the queue fills up to its bound."""
        if not batch:
            return
        while True:
            close_old_connections()
            try:
                store(batch)
            except Error:
                if time.monotonic() + RETRY_SECONDS >= self._ends_at:
                    LOST.inc(len(batch))
                    return
                logger.warning("events for staff wait for the database", exc_info=True)
                time.sleep(RETRY_SECONDS)
                continue
            except Exception:
                LOST.inc(len(batch))
                logger.exception("events for staff could not be stored")
            close_old_connections()
            return


def store(batch: list[Event]) -> None:
    """Add events so that the order of their ids is the order in which readers come to see them.

    Otherwise a reader who goes on after the last id could miss one that was given a lower id and
    committed later.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ORDER_LOCK])
        Event.objects.bulk_create(batch)
    live.publish(TOPIC, {"type": "activity"})
