"""`manage.py rotate_field_keys`: encrypt all stored secrets with the first of `VALIS_FIELD_KEYS`."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.audit.recording import record
from core.callers import Caller, start_call
from core.rotation import Column, encrypted_columns, look_through, rotate


class Command(BaseCommand):
    help = (
        "Encrypt all stored secrets with the first of VALIS_FIELD_KEYS. It may be interrupted and run again, "
        "while VALIS runs too."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; fail while an older key is still needed"
        )

    def handle(self, *, check: bool, **_: Any) -> None:
        columns = [
            look_through(each) if check else rotate(each, tell=self._tell) for each in encrypted_columns()
        ]
        old = sum(each.old for each in columns)
        unreadable = sum(each.unreadable for each in columns)
        if check:
            for column in columns:
                self._tell(column)
        else:
            start_call(Caller(client="manage.py rotate_field_keys"))
            record("fieldkeys.rotated", actor=None, encrypted_anew=old, unreadable=unreadable)
        if unreadable:
            raise CommandError(
                f"{unreadable} stored secrets cannot be read with any key of VALIS_FIELD_KEYS. Add the key "
                "they were encrypted with and run this again, or enter them anew in admin."
            )
        if check and old:
            raise CommandError("An older key is still needed. Run this without --check.")
        self.stdout.write("All stored secrets are encrypted with the first key. Older keys may go.")

    def _tell(self, column: Column) -> None:
        self.stdout.write(
            f"{column}: {column.current} with the first key, {column.old} with an older one, "
            f"{column.unreadable} with none that is known"
        )
        self.stdout.flush()
