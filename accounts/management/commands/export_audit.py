"""`manage.py export_audit`: the whole audit log as a file."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.audit.exporting import FORMS, exported
from accounts.audit.recording import record
from core.callers import Caller, start_call


class Command(BaseCommand):
    help = "Write the whole audit log, the oldest entry first, to a file or to the output."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--form", choices=sorted(FORMS), default="csv")
        parser.add_argument("--to", type=Path, help="a new file, which only you can read")

    def handle(self, *, form: str, to: Path | None, **_: Any) -> None:
        start_call(Caller(client="manage.py export_audit"))
        record("audit.exported", actor=None, form=form)
        if to is None:
            sys.stdout.writelines(exported(form))
            return
        try:
            handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{to} cannot be made: {error.strerror}.") from None
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.writelines(exported(form))
