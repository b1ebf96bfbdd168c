"""A worker process: threads that wait for the database, one loop that waits for the network."""

import logging
import signal
import threading
from typing import Any

from celery.worker import state
from django.conf import settings

from chat.running import running_turns
from core import live
from valis_site.celery import app
from valis_site.serving.web_server import end_the_process_after

logger = logging.getLogger(__name__)

_SAVE_SECONDS = 10.0


class Worker:
    """Takes tasks from some queues until it is told to end, then finishes what it has begun."""

    def __init__(self, *, queues: list[str], threads: int) -> None:
        self._worker: Any = app.WorkController(
            pool_cls="threads",
            concurrency=threads,
            queues=queues,
            without_gossip=True,
            without_heartbeat=True,
            without_mingle=True,
        )
        self._is_ending = False

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        self._worker.start()
        live.close()

    def _end(self, *_: object) -> None:
        """The first signal lets running replies come to their end for a while, the second one does not."""
        patience = 0.0 if self._is_ending else float(settings.VALIS_DRAIN_SECONDS)
        self._is_ending = True
        state.should_stop = 0  # type: ignore[assignment]  # its exit code
        last_call = threading.Timer(patience, running_turns.close)
        last_call.daemon = True
        last_call.start()
        end_the_process_after(patience + _SAVE_SECONDS)
