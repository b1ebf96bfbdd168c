import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.errors import ValisError
from personas import limits
from personas.cards.services import Prepared, export_persona, import_persona, prepare_import
from personas.cards.writing import FORMS


class Command(BaseCommand):
    help = "Bring personas in from files, or write one to a file. What comes in is not active."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        brings = verbs.add_parser("import", help="make a persona from each file")
        brings.add_argument("files", nargs="+", type=Path)
        brings.add_argument("--dry-run", action="store_true", help="report, and save nothing")
        writes = verbs.add_parser("export", help="write a persona to a file")
        writes.add_argument("slug")
        writes.add_argument("--form", choices=FORMS, default="json")
        writes.add_argument("--to", type=Path, help="the file; standard output without it")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "export":
            self._export(options["slug"], options["form"], options["to"])
            return
        for path in options["files"]:
            self._import(path, is_dry_run=options["dry_run"])

    def _import(self, path: Path, *, is_dry_run: bool) -> None:
        try:
            with path.open("rb") as file:
                content = file.read(limits.CARD_BYTES + 1)
            prepared = prepare_import(content) if is_dry_run else import_persona(content, by=None)
        except (OSError, ValisError) as error:
            raise CommandError(f"{path}: {getattr(error, 'message', error)}") from error
        self._tell(prepared, "would come in" if is_dry_run else "came in, not active")

    def _tell(self, prepared: Prepared, what: str) -> None:
        report = prepared.report
        self.stdout.write(
            f"{prepared.persona.slug}: {what} ({report.form}, about {report.total_tokens} tokens)"
        )
        for each in report.suspicious:
            self.stdout.write(f"  looks like an instruction: {each['where']}: {each['words']!r}")
        for each in report.urls:
            self.stdout.write(f"  address: {each['where']}: {each['url']}")
        for each in report.unsupported:
            self.stdout.write(f"  {each['where']}: {each['what']}")

    def _export(self, slug: str, form: str, to: Path | None) -> None:
        try:
            file = export_persona(slug, form=form, by=None)
        except ValisError as error:
            raise CommandError(error.message) from error
        if to:
            to.write_bytes(file.content)
        else:
            sys.stdout.buffer.write(file.content)
