"""`manage.py engine_config`: the configuration to and from its file."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.callers import Caller, start_call
from core.errors import ValisError
from diagnostics.configuration.changing import apply
from diagnostics.configuration.comparing import FILE
from diagnostics.configuration.moving import export_to_file, plan_of_file


class Command(BaseCommand):
    help = "Export the engine's settings and the providers (without keys) to the file, check it, or load it."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("action", choices=("export", "check", "load"))

    def handle(self, *, action: str, **_: Any) -> None:
        start_call(Caller(client="manage.py engine_config"))
        try:
            if action == "export":
                self.stdout.write(f"Written: {export_to_file(by=None)}")
                return
            planned = plan_of_file()
            planned.check()
            if action == "load":
                apply(planned, by=None, how=FILE)
        except ValisError as error:
            raise CommandError(error.message) from None
        done = "Changed" if action == "load" else "Would change"
        for each in planned.changes:
            self.stdout.write(f"{done}: {each.key} from {each.before} to {each.after}")
        for note in planned.notes:
            self.stdout.write(f"Note: {note}")
        if not planned.changes:
            self.stdout.write("Nothing differs from what is in force.")
