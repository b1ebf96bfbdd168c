"""Worker and scheduler as threads beside the web server."""

import threading
import time
from typing import Any

from celery.beat import Scheduler, Service

from chat import dispatching
from chat.recovery import recover_at_start
from chat.running import running_turns
from valis_site.celery import app
from valis_site.serving.lane import Lane
from valis_site.serving.warming import warm_up

WORKER_THREADS = 256
_STOP_SECONDS = 4.0


class Background:
    """The threads that answer turns and keep house."""

    def __init__(self) -> None:
        # The plain controller: the command line's one installs signal handlers, which only
        # the main thread may do.
        self._worker: Any = app.WorkController(
            pool_cls="threads",
            concurrency=WORKER_THREADS,
            queues=["people", "background", "housekeeping"],
            without_gossip=True,
            without_heartbeat=True,
            without_mingle=True,
        )
        self._lane = Lane(threads=WORKER_THREADS)
        self._beat: Any = Service(app, scheduler_cls=Scheduler)

    def start(self) -> None:
        """Put right what the last stop left behind, then begin to work."""
        recover_at_start()
        dispatching.use_taker(self._lane.take)
        jobs = {"worker": self._worker.start, "scheduler": self._beat.start, "warm-up": warm_up}
        for name, job in jobs.items():
            threading.Thread(target=job, name=name, daemon=True).start()

    def stop(self) -> None:
        """Begin nothing new, end what runs, and wait until it is saved."""
        running_turns.close()
        self._beat.stop(wait=False)
        ends_at = time.monotonic() + _STOP_SECONDS
        while running_turns.count() and time.monotonic() < ends_at:
            time.sleep(0.02)
