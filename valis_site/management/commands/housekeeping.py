"""`manage.py housekeeping`: a worker that no number of replies can keep busy."""

from typing import Any

from django.core.management.base import BaseCommand

from diagnostics.activity.recording import Recording
from diagnostics.figures.reporting import Reporting
from valis_site.serving.ending import end_the_process
from valis_site.serving.limits import limit_statements


class Command(BaseCommand):
    help = "Find lost and waiting turns, and tidy up. One of these is enough, more do no harm."

    # Ours alone: all the others load the pages, which this process never shows.
    requires_system_checks = ("valis",)

    def handle(self, **_: Any) -> None:
        limit_statements()
        from valis_site.serving.worker import Worker  # noqa: PLC0415  (loads Celery's worker)

        with Reporting("housekeeping"), Recording():
            Worker(queues=["housekeeping"], threads=4).run()
        end_the_process()
