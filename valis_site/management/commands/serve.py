"""`manage.py serve`: the whole of VALIS in one process."""

import argparse
import gc
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.first_people import FirstPerson, create_first_people
from accounts.models import User
from diagnostics.activity.recording import Recording
from diagnostics.figures.reporting import Reporting
from providers.addresses import is_loopback
from providers.engine_settings import current_limits
from providers.lineup import Candidate, line_up
from valis_site.serving.ending import end_the_process
from valis_site.serving.first_start import fill_when_empty
from valis_site.serving.guards import check_port, lock_data


class Command(BaseCommand):
    help = "Set up what is missing, then serve pages, API, sockets, worker and scheduler in one process."
    requires_system_checks = ()
    about: tuple[str, ...] = ()
    """More that people should know when it has started."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="default: only this machine can connect")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, host: str, port: int, **_: Any) -> None:
        check_port(host, port)
        lock = lock_data(settings.VALIS_DATA_DIR)
        self.run_system_checks()
        self._migrate()
        people = self.fill()
        from valis_site.asgi import application  # noqa: PLC0415  (loads the reactor: only to serve)
        from valis_site.serving.embedded_server import EmbeddedServer  # noqa: PLC0415

        server = EmbeddedServer(
            host=host,
            port=port,
            application=application,
            ready_callable=lambda: self.welcome(host, port, people),
        )
        gc.freeze()
        with Reporting("embedded"), Recording():
            server.run()
        self.stdout.write("VALIS has stopped.")
        self.stdout.flush()
        lock.close()
        end_the_process()

    def fill(self) -> list[FirstPerson]:
        """What an installation has from the beginning. Returns who was made just now."""
        fill_when_empty()
        return create_first_people(
            demo_password=settings.VALIS_DEMO_PASSWORD, staff_password=settings.VALIS_STAFF_PASSWORD
        )

    def run_system_checks(self) -> None:
        self.check(display_num_errors=False)

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Setting up the database …")
            call_command("migrate", interactive=False, verbosity=0)

    def welcome(self, host: str, port: int, people: list[FirstPerson]) -> None:
        shown = f"[{host}]" if ":" in host else host
        lines = [f"VALIS {settings.VALIS_VERSION} on http://{shown}:{port}/", "", "Accounts"]
        lines += [_account_line(person) for person in people] or [_known_people()]
        lines += ["", "Providers, in this order"]
        lines += [_provider_line(each) for each in line_up((), current_limits())]
        lines += ["", *self.about] if self.about else []
        lines += ["", "Ctrl+C stops it. Data lies in " + str(settings.VALIS_DATA_DIR)]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def _account_line(person: FirstPerson) -> str:
    shown = f"{person.password} (shown this once)" if person.password else "as you set it"
    password = f"password {shown}"
    return f"  {person.username:<10} {password:<42} {person.purpose}"


def _known_people() -> str:
    names = ", ".join(User.objects.order_by("pk").values_list("username", flat=True)[:5])
    return f"  {names} (a new password: manage.py changepassword NAME)"


def _provider_line(candidate: Candidate) -> str:
    name = candidate.config.name
    if candidate.is_fallback:
        return "  + fallback   the persona's own simple voice, when nobody else answers"
    if candidate.skip_reason:
        return f"  - {name:<10} {candidate.skip_reason}"
    if candidate.config.base_url and is_loopback(candidate.config.base_url):
        where = f"while something listens at {candidate.config.base_url}"
        return f"  + {name:<10} {candidate.config.model}, {where}"
    return f"  + {name:<10} {candidate.config.model}"
