"""`manage.py worker`: answers turns, for VALIS in several processes."""

import argparse
import threading
from typing import Any

from django.core.management.base import BaseCommand

from diagnostics.activity.recording import Recording
from diagnostics.figures.reporting import Reporting
from valis_site.serving.ending import end_the_process
from valis_site.serving.limits import limit_statements


class Command(BaseCommand):
    help = "Answer people and do what waits in the background. Any number of these may run."

    # Ours alone: all the others load the pages, which this process never shows.
    requires_system_checks = ("valis",)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--threads", type=int, default=256, help="replies that are written at the same time (256)"
        )

    def handle(self, *, threads: int, **_: Any) -> None:
        limit_statements()
        from valis_site.serving.warming import warm_up  # noqa: PLC0415
        from valis_site.serving.worker import Worker  # noqa: PLC0415  (loads Celery's worker)

        threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
        with Reporting("worker"), Recording():
            Worker(queues=["people", "background"], threads=threads).run()
        end_the_process()
