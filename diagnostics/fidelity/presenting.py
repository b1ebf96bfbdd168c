"""The wire form of runs and reports."""

from typing import Any

from diagnostics.fidelity.comparing import Compare, Reply
from diagnostics.fidelity.models import FidelityRun
from diagnostics.fidelity.reporting import Compared, Report, Row
from personas.golden.drifting import Measure


def run_form(run: FidelityRun) -> dict[str, Any]:
    names = ("id", "persona_slug", "is_draft", "starter", "state", "calls", "started_at", "ended_at")
    return {name: getattr(run, name) for name in names}


def report_form(report: Report, comparisons: list[Compare]) -> dict[str, Any]:
    return run_form(report.run) | {
        "done": report.done,
        "current": report.current,
        "compared_with": report.before.pk if report.before else None,
        "speakers": [_row_form(each) for each in report.rows],
        "dialogues": [_comparison_form(each) for each in comparisons],
    }


def _row_form(row: Row) -> dict[str, Any]:
    names = ("name", "model", "label", "is_fallback")
    counts = {name: row.counts[name] for name in ("answered", "failed", "skipped", "waiting")}
    return {name: getattr(row.speaker, name) for name in names} | {
        **counts,
        "reason": row.reason,
        "word": row.word,
        "was": row.was.overall if row.was else None,
        "measures": {each.name: _compared_form(each) for each in row.measures} if row.drift else None,
    }


def _compared_form(compared: Compared) -> dict[str, Any]:
    form = _measure_form(compared.now) or {}
    return form | {"was": _measure_form(compared.was)}


def _measure_form(measure: Measure | None) -> dict[str, Any] | None:
    if measure is None:
        return None
    return {"amount": measure.amount, "word": measure.word, "figure": measure.figure}


def _comparison_form(compare: Compare) -> dict[str, Any]:
    dialogue = compare.dialogue
    return {
        "name": dialogue.name,
        "told": [{"role": each.role, "text": each.text} for each in dialogue.told],
        "question": dialogue.question,
        "declines": dialogue.declines,
        "golden": _reply_form(compare.golden),
        "replies": [_reply_form(each) for each in compare.replies],
    }


def _reply_form(reply: Reply) -> dict[str, Any]:
    speaker, answer, shown = reply.speaker, reply.answer, reply.shown
    return {
        "speaker": speaker.name if speaker else "",
        "model": speaker.model if speaker else "",
        "outcome": answer.outcome if answer else "answered",
        "reason": answer.reason if answer else "",
        "duration_ms": answer.duration_ms if answer else None,
        "text": reply.text,
        "words": shown.words if shown else 0,
        "phrases": list(shown.phrases) if shown else [],
        "markers": list(shown.markers) if shown else [],
        "avoided": list(shown.avoided) if shown else [],
        "declines": bool(shown and shown.declines),
    }
