from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.errors import ValisError
from personas.loading import load_shipped, reset_to_shipped


class Command(BaseCommand):
    help = "Create the personas VALIS comes with. Safe to run again: personas that exist are kept."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--reset", metavar="SLUG", help="put one back to its shipped values")
        which.add_argument("--reset-all", action="store_true", help="put every shipped persona back")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["reset"]:
                persona = reset_to_shipped(options["reset"])
                self.stdout.write(f"reset: {persona.slug}")
                return
            report = load_shipped(overwrite=options["reset_all"])
        except ValisError as error:
            raise CommandError(error.message) from error
        for word in ("created", "reset", "kept"):
            if slugs := getattr(report, word):
                self.stdout.write(f"{word}: {', '.join(slugs)}")
