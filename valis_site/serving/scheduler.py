"""The process that sends the periodic tasks. A second one does no harm: each task claims its work."""

import signal

from celery.beat import Scheduler, Service

from valis_site.celery import app


def run_scheduler() -> None:
    # Without a file of last runs: what is due is short of period, and late is as good as in time.
    service = Service(app, scheduler_cls=Scheduler)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop(wait=False))
    service.start()
