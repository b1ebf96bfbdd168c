import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from core.errors import ValisError
from core.money import dollars
from diagnostics.fidelity.comparing import comparisons_of
from diagnostics.fidelity.holding import Held, let_go
from diagnostics.fidelity.planning import plan_of
from diagnostics.fidelity.presenting import report_form
from diagnostics.fidelity.reading import persona_for_fidelity, run_before, run_by_id
from diagnostics.fidelity.reporting import MEASURES, Report, report_of
from diagnostics.fidelity.running import go_through
from diagnostics.fidelity.starting import start_held_run, stop_run
from personas.golden.drifting import Word
from personas.models import Persona
from providers.stopping import StopSignal

DRIFTED, NOT_ASKED, INTERRUPTED = 1, 2, 130


class Command(BaseCommand):
    help = (
        "Put a persona's golden dialogues to every provider and the fallback voice, and show how far their "
        "replies drift. Exit code 1: a speaker drifted as far as --fail-on says; 2: one that was named "
        "answered nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("persona", help="its slug")
        parser.add_argument(
            "--provider", action="append", default=[], metavar="NAME", help="only this one; may be repeated"
        )
        parser.add_argument("--dry-run", action="store_true", help="who would be asked, and for how much")
        parser.add_argument("--json", action="store_true", help="the report as the API gives it")
        parser.add_argument("--fail-on", choices=[Word.DRIFTS.value, Word.OFF.value])

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            persona = persona_for_fidelity(options["persona"])
            if options["dry_run"]:
                self._plan(persona, options["provider"])
                return
            held = start_held_run(persona, only=options["provider"])
        except ValisError as error:
            raise CommandError(error.message) from error
        self._run(held)
        run = run_by_id(held.id)
        report = report_of(run, before=run_before(run))
        if options["json"]:
            form = report_form(report, comparisons_of(report.run))
            self.stdout.write(json.dumps(form, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
        else:
            self._show(report)
        if not report.run.state == "ended":
            raise CommandError(f"The run was {report.run.state}.", returncode=NOT_ASKED)
        self._judge(report, options["fail_on"], options["provider"])

    def _plan(self, persona: Persona, only: list[str]) -> None:
        plan = plan_of(persona, user_id=None, only=only)
        for each in plan.speakers:
            calls = f"{plan.dialogues} calls, {dollars(each.most_usd)}"
            told = f"would be skipped: {each.reason}" if each.reason else calls
            self.stdout.write(f"{each.speaker.entry}: {told}")
        self.stdout.write(f"{plan.calls} calls, {dollars(plan.most_usd)} at most where a price is known")

    def _run(self, held: Held) -> None:
        try:
            go_through(held, stop=StopSignal(), told=lambda: self._tell(held))
        except KeyboardInterrupt:
            stop_run(run_by_id(held.id), by=None)
            let_go(held)
            raise CommandError("Stopped.", returncode=INTERRUPTED) from None

    def _tell(self, held: Held) -> None:
        report = report_of(run_by_id(held.id), before=None)
        self.stderr.write(f"{report.done} of {report.total}, {report.current}", self.style.NOTICE)

    def _show(self, report: Report) -> None:
        table: list[tuple[str, ...]] = [("speaker", "answered", *MEASURES, "overall", "was")]
        for row in report.rows:
            answered = f"{row.counts['answered']} of {row.counts.total()}"
            words = [str(each.now.word) if each.now else "–" for each in row.measures]
            overall, was = str(row.word or "–"), str(row.was.overall if row.was else "–")
            name = f"{row.speaker.name} {row.speaker.model}".strip()
            table.append((name, answered, *words, overall, was))
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        for line in table:
            cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())
        for row in report.rows:
            for each in row.measures:
                if each.now and each.now.word is not Word.CLOSE:
                    self.stdout.write(f"{row.speaker.name}: {each.name}: {each.now.figure}")
            if row.reason:
                self.stdout.write(f"{row.speaker.name}: {row.reason}")

    def _judge(self, report: Report, fail_on: str | None, named: list[str]) -> None:
        if silent := [row for row in report.rows if row.speaker.name in named and not row.drift]:
            raise CommandError(f"{silent[0].speaker.name} answered nothing.", returncode=NOT_ASKED)
        if fail_on and (far := [row.speaker.name for row in report.rows if row.is_at(Word(fail_on))]):
            raise CommandError(f"At or past “{fail_on}”: {', '.join(far)}.", returncode=DRIFTED)
