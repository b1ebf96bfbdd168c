"""`manage.py backup`: the whole database into one file, while VALIS runs."""

import argparse
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from valis_site.backups.errors import Refused
from valis_site.backups.keeping import newest, prune
from valis_site.backups.making import make_backup
from valis_site.backups.restoring import verify as try_out


class Command(BaseCommand):
    help = "Back up the database while VALIS runs, or try a back-up out in a database that is thrown away."

    # Ours alone: all the others load the pages.
    requires_system_checks = ("valis",)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        folder = settings.VALIS_DATA_DIR / "backups"
        parser.add_argument("--to", type=Path, default=folder, metavar="FOLDER", help=f"default: {folder}")
        parser.add_argument("--keep", type=int, metavar="DAYS", help="then delete those that are older")
        parser.add_argument(
            "--verify",
            type=Path,
            metavar="FILE",
            help="restore it for a test, or a folder's newest",
        )

    def handle(self, *, to: Path, keep: int | None, verify: Path | None, **_: Any) -> None:
        if keep is not None and keep < 1:
            raise CommandError("--keep takes a number of days, at least 1.")
        try:
            if verify:
                self._verify(verify)
            else:
                self._back_up(to, keep)
        except (OSError, Refused) as error:
            raise CommandError(str(error)) from None

    def _back_up(self, folder: Path, keep: int | None) -> None:
        made = make_backup(folder)
        size = made.path.stat().st_size
        self.stdout.write(f"{made.path}: {made.rows:,} rows, {size:,} bytes")
        self.stdout.write(
            "The field keys are not in it. Keep them elsewhere: without them provider keys are lost."
        )
        for path in prune(folder, days=keep) if keep else []:
            self.stdout.write(f"deleted {path.name}")

    def _verify(self, path: Path) -> None:
        file = newest(path)
        restored = try_out(file)
        self.stdout.write(
            f"{file} is good: {restored.rows:,} rows of {restored.head.made_at} restored for a test."
        )
        if restored.unreadable:
            raise CommandError(restored.about_keys)
