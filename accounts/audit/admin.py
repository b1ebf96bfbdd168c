"""What staff change in admin goes into the audit log, and they can read it there."""

import json
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import action

from accounts.audit.models import AuditEntry
from accounts.audit.recording import record
from accounts.guarded_admin import Guarded
from accounts.rights import Right
from core.events import emit

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object


class Audited(Base):
    """Comes first among the bases of every admin class that changes something."""

    tells_staff = False
    """Whether its changes are events for all who see how VALIS is doing, by the name of what was changed."""

    def audit_details(self, row: Any) -> dict[str, Any]:
        """What is worth knowing of a row as it is now, besides the names of changed fields."""
        return {}

    def audit_name(self, row: Any) -> str:
        return str(row)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        self._record("added", request, obj, message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        self._record("changed", request, obj, message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for obj in queryset:
            self._record("deleted", request, obj, [])
        return super().log_deletions(request, queryset)

    def _record(self, verb: str, request: HttpRequest, row: Model, message: Any) -> None:
        details = _told(message) | ({} if verb == "deleted" else self.audit_details(row))
        record(
            f"{row._meta.model_name}.{verb}",
            actor=request.user,
            target=row,
            name=self.audit_name(row),
            **details,
        )
        if self.tells_staff:
            kind, name = f"{row._meta.model_name}_{verb}", self.audit_name(row)
            transaction.on_commit(lambda: emit(kind, name=name))


def _told(message: Any) -> dict[str, Any]:
    """Names of the changed fields, or the sentence of an action; never a value."""
    if isinstance(message, str):
        return {"note": message} if message else {}
    fields = [name for each in message for change in each.values() for name in change.get("fields", ())]
    return {"fields": fields} if fields else {}


@admin.register(AuditEntry)
class AuditEntryAdmin(Guarded, ModelAdmin):
    view_right = Right.READ_AUDIT
    list_display = ("when", "who", "action", "target", "address")
    list_filter = ("action",)
    search_fields = ("actor", "target", "address", "request_id")
    date_hierarchy = "at"
    show_full_result_count = False
    actions_list = ("as_csv", "as_json_lines")
    fields = (
        *("when", "who", "action", "target", "target_type", "target_id"),
        *("what_else", "address", "client", "request_id"),
    )
    readonly_fields = ("when", "who", "what_else")

    @admin.display(description="when", ordering="pk")
    def when(self, entry: AuditEntry) -> str:
        """To the second, which admin's usual form of times leaves out."""
        return f"{timezone.localtime(entry.at):%Y-%m-%d %H:%M:%S}"

    @admin.display(description="who", ordering="actor")
    def who(self, entry: AuditEntry) -> str | None:
        return entry.actor or None

    @admin.display(description="details")
    def what_else(self, entry: AuditEntry) -> str | None:
        return json.dumps(entry.details, ensure_ascii=False) if entry.details else None

    @action(description="Export as CSV", permissions=["view"], icon="table")
    def as_csv(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(f"{reverse('api-1:audit-export')}?form=csv")

    @action(description="Export as JSON lines", permissions=["view"], icon="data_object")
    def as_json_lines(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(f"{reverse('api-1:audit-export')}?form=jsonl")
