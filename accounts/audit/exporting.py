"""The audit log page by page, and as a file for spreadsheets or programs."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet

from accounts.audit.models import AuditEntry

PAGE = 1_000
FIELDS = [field.name for field in AuditEntry._meta.fields]


def entries_after(entry_id: int, *, limit: int = PAGE) -> list[AuditEntry]:
    """The entries that follow this one, the oldest first."""
    return list(AuditEntry.objects.filter(pk__gt=entry_id).order_by("pk")[:limit])


def entries_before(entry_id: int | None, *, limit: int, **conditions: Any) -> list[AuditEntry]:
    """The newest entries before this one that meet the conditions, the newest first."""
    entries: QuerySet[AuditEntry] = AuditEntry.objects.filter(**conditions)
    if entry_id is not None:
        entries = entries.filter(pk__lt=entry_id)
    return list(entries[:limit])


def entry_form(entry: AuditEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in FIELDS} | {"at": entry.at.isoformat()}


def csv_head() -> str:
    return _csv_line(FIELDS)


def csv_lines(entries: list[AuditEntry]) -> str:
    forms = (entry_form(each) | {"details": json.dumps(each.details, sort_keys=True)} for each in entries)
    return "".join(_csv_line([_harmless(form[name]) for name in FIELDS]) for form in forms)


def json_lines(entries: list[AuditEntry]) -> str:
    return "".join(json.dumps(entry_form(each), ensure_ascii=False) + "\n" for each in entries)


def _harmless(value: Any) -> Any:
    """Spreadsheets run what begins like a formula, and names and clients are written by strangers."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


def _csv_line(values: list[Any]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()


Lines = Callable[[list[AuditEntry]], str]
FORMS: dict[str, tuple[str, str, Lines]] = {
    "csv": ("text/csv; charset=utf-8", csv_head(), csv_lines),
    "jsonl": ("application/jsonl; charset=utf-8", "", json_lines),
}
"""By name: media type, first line, and how entries become lines."""


def exported(form: str) -> Iterator[str]:
    """The whole log in pieces, so that it never has to fit into memory."""
    _, head, lines = FORMS[form]
    yield head
    last = 0
    while entries := entries_after(last):
        yield lines(entries)
        last = entries[-1].pk
