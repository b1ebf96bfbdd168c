"""`manage.py web`: pages, API and sockets, for VALIS in several processes."""

import argparse
import gc
from typing import Any

from django.core.management.base import BaseCommand

from diagnostics.activity.recording import Recording
from diagnostics.figures.reporting import Reporting
from valis_site.serving.ending import end_the_process
from valis_site.serving.guards import check_port
from valis_site.serving.limits import limit_statements


class Command(BaseCommand):
    help = "Serve pages, API and sockets. Any number of these may run, each on a port of its own."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="default: only this machine can connect")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, host: str, port: int, **_: Any) -> None:
        check_port(host, port)
        limit_statements()
        from valis_site.asgi import application  # noqa: PLC0415  (loads the reactor: only to serve)
        from valis_site.serving.web_server import WebServer  # noqa: PLC0415

        gc.freeze()
        with Reporting("web"), Recording():
            WebServer(host=host, port=port, application=application).run()
        end_the_process()
