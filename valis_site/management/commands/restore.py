"""`manage.py restore`: a back-up into the place of the database. VALIS has to be stopped."""

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from valis_site.backups.errors import Refused
from valis_site.backups.keeping import newest
from valis_site.backups.restoring import Restored, restore
from valis_site.serving.guards import lock_data


class Command(BaseCommand):
    help = "Restore a back-up, of this version or an earlier one, made on SQLite or PostgreSQL alike."

    # Ours alone: all the others load the pages.
    requires_system_checks = ("valis",)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the back-up, or a folder for its newest one")
        parser.add_argument("--yes", action="store_true", help="also when there are people in the database")

    def handle(self, *, file: Path, yes: bool, **_: Any) -> None:
        with ExitStack() as stack:
            if connection.vendor == "sqlite":
                stack.enter_context(lock_data(settings.VALIS_DATA_DIR))
            try:
                path = newest(file)
                self._say(path, restore(path, overwrite=yes))
            except (OSError, Refused) as error:
                raise CommandError(f"{error} Nothing was changed.") from None

    def _say(self, path: Path, restored: Restored) -> None:
        self.stdout.write(f"Restored {path.name}: {restored.rows:,} rows of {restored.head.made_at}.")
        if restored.replaced:
            self.stdout.write(f"What was there before is kept: {restored.replaced}")
        if restored.unreadable:
            self.stdout.write(restored.about_keys)
        self.stdout.write("Everybody has to log in again. Start VALIS: it takes up what was unanswered then.")
