"""`manage.py beat`: the clock of VALIS in several processes."""

from typing import Any

from django.core.management.base import BaseCommand

from diagnostics.figures.reporting import Reporting


class Command(BaseCommand):
    help = "Send the periodic tasks. One of these is enough, more do no harm."

    # Ours alone: all the others load the pages, which this process never shows.
    requires_system_checks = ("valis",)

    def handle(self, **_: Any) -> None:
        from valis_site.serving.scheduler import run_scheduler  # noqa: PLC0415  (loads Celery)

        with Reporting("scheduler"):
            run_scheduler()
